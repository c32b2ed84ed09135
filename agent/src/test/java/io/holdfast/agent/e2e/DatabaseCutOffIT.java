package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.BreakableServer;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.CuttableNetwork;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.HeldRestic;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.WantsRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packets to the database vanish: nothing is refused, nothing is ever answered. */
@WantsRoot
class DatabaseCutOffIT {

  /** What systemd gives a service to stop unless it is told otherwise. */
  private static final int STOP_SECONDS = 90;

  @TempDir private Path directory;
  private final CuttableNetwork network = CuttableNetwork.connected();
  private BreakableServer server;
  private ControlPlane psql;
  private Site site;

  @BeforeEach
  void start() throws IOException {
    server = BreakableServer.startIn(directory.resolve("server"), network);
    psql = server.controlPlane();
    // The server is on another machine, as far as anybody can see, and this is not about TLS.
    site =
        new Site(
            directory,
            ResticBinaries.current(),
            psql,
            "connectTimeout=2&socketTimeout=4&sslmode=disable");
  }

  @AfterEach
  void end() {
    site.close();
    server.close();
    network.close();
  }

  @Test
  void runs_go_on_and_status_says_so_and_the_heartbeat_comes_back() throws Exception {
    psql.setting("sync_interval_seconds", "5");
    psql.setting("max_concurrent_backups", "2");
    HeldRestic held = new HeldRestic(directory, ResticBinaries.current(), "home");
    site.writeConfig(held.binary().toString());
    FaultyJobs jobs = new FaultyJobs(site);
    jobs.due(jobs.job("home"));
    psql.everySeconds(psql.job(Site.DEVICE, "tick", site.source("tick", 2).toString()), 2);
    Process daemon = site.daemon();
    eventually().until(() -> statuses("home").equals(List.of("running")));
    network.cut();
    held.letGo();

    long before = Snapshots.count(site);
    eventually().until(() -> Snapshots.count(site) >= before + 3);
    assertThat(statuses("home")).containsExactly("running");
    Result status = site.holdfast("status");
    assertThat(status.exitCode()).isEqualTo(6);
    assertThat(status.out())
        .contains("not reachable")
        .contains("records wait for the control plane")
        .contains("cannot be reached");

    eventually().until(() -> site.log().contains("cannot be reached"));
    Object lastSeen = psql.row("SELECT last_seen FROM devices").get("last_seen");
    network.mend();
    eventually()
        .until(() -> !psql.rows("SELECT FROM devices WHERE last_seen > ?", lastSeen).isEmpty());
    assertThat(site.awaitRuns("home", 1)).containsEntry("outcome", "success");
    eventually().until(() -> site.log().contains("no longer a problem"));
    Site.stop(daemon);
    Books.balance(site);
  }

  @Test
  void a_daemon_that_is_cut_off_stops_in_time_and_its_run_is_closed_later() throws Exception {
    new FaultyJobs(site).slowEvery(3600, "home", 300);
    Process daemon = site.daemon();
    eventually().until(() -> RunningRestic.isAtWork(site));
    eventually().until(() -> statuses("home").equals(List.of("running")));
    network.cut();
    daemon.destroy();
    assertThat(daemon.waitFor(STOP_SECONDS, TimeUnit.SECONDS)).as("stopped").isTrue();

    network.mend();
    psql.execute("UPDATE backup_jobs SET enabled = false");
    site.daemon();
    assertThat(site.awaitRuns("home", 1)).containsEntry("outcome", "cancelled");
    Books.balance(site);
  }

  @Test
  void a_record_whose_receipt_was_lost_is_not_doubled() throws Exception {
    new FaultyJobs(site).slowEvery(3600, "home", 1);
    String committing =
        "CONSTRAINT TRIGGER gate AFTER INSERT OR UPDATE OF outcome ON runs DEFERRABLE"
            + " INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status <> 'running')";
    try (Gate gate = Gate.before(psql, committing)) {
      site.daemon();
      gate.awaitSomebody();
      network.cutAnswers();
    }
    // The control plane has the record, and the agent does not know it.
    eventually().until(() -> statuses("home").equals(List.of("success")));
    assertThat(Books.waiting(site)).isNotEmpty();
    network.mend();
    Books.balance(site);
    assertThat(statuses("home")).containsExactly("success");
  }

  @Test
  void a_transaction_left_open_by_a_machine_that_moved_on_does_not_lock_it_out() throws Exception {
    psql.everySeconds(psql.job(Site.DEVICE, "home", site.source("home", 2).toString()), 2);
    Process daemon;
    try (Gate gate = Gate.before(psql, "TRIGGER gate BEFORE UPDATE ON devices FOR EACH ROW")) {
      daemon = site.daemon();
      gate.awaitSomebody();
      network.cut();
    }
    eventually()
        .until(() ->
            !psql.rows("SELECT FROM pg_stat_activity WHERE state = 'idle in transaction'")
                .isEmpty());
    network.mendElsewhere();
    site.awaitRuns("home", 1);
    Site.stop(daemon);
    Books.balance(site);
  }

  private List<Object> statuses(String job) {
    return site.runs(job).stream().map(row -> row.get("status")).toList();
  }
}
