package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.BreakableServer;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.HeldRestic;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The primary dies, and its standby takes over; the agent's URL names both. */
class DatabaseFailoverIT {

  @TempDir private Path directory;
  private BreakableServer primary;
  private BreakableServer standby;
  private ControlPlane psql;
  private Site site;

  @BeforeEach
  void start() throws IOException {
    primary = BreakableServer.startIn(directory.resolve("primary"));
    standby = primary.standbyIn(directory.resolve("standby"));
    psql = primary.controlPlaneWith(standby);
    site =
        new Site(
            directory,
            ResticBinaries.current(),
            psql,
            "targetServerType=primary&hostRecheckSeconds=1&connectTimeout=2&socketTimeout=4");
  }

  @AfterEach
  void end() {
    site.close();
    standby.close();
    primary.close();
  }

  @Test
  void runs_before_between_and_after_have_their_rows_on_the_new_primary() throws Exception {
    psql.everySeconds(psql.job(Site.DEVICE, "home", site.source("home", 3).toString()), 2);
    Process daemon = site.daemon();
    site.awaitRuns("home", 2);
    primary.awaitCaughtUp(standby);
    primary.kill();

    eventually().until(() -> site.log().contains("cannot be reached"));
    long before = Snapshots.count(site);
    eventually().until(() -> Snapshots.count(site) >= before + 1);
    standby.promote();
    long between = Snapshots.count(site);
    site.awaitRuns("home", (int) between + 1);

    Site.stop(daemon);
    Books.balance(site);
  }

  @Test
  void what_the_dead_primary_had_accepted_and_not_passed_on_is_delivered_again() throws Exception {
    UUID tick = psql.job(Site.DEVICE, "tick", site.source("tick", 3).toString());
    HeldRestic held = new HeldRestic(directory, ResticBinaries.current(), "home");
    site.writeConfig(held.binary().toString());
    FaultyJobs jobs = new FaultyJobs(site);
    jobs.due(jobs.job("home"));
    site.daemon();
    eventually().until(() -> statuses("home").equals(List.of("running")));
    primary.awaitCaughtUp(standby);
    standby.stopReplication();
    held.letGo();
    assertThat(site.holdfast("backup", "tick").exitCode()).isZero();
    assertThat(site.awaitRuns("home", 1)).containsEntry("outcome", "success");
    eventually().until(() -> Books.waiting(site).isEmpty());

    primary.kill();
    // Before it is promoted: from then on the agent may deliver at any moment.
    assertThat(standby.controlPlaneOnStandby().rows("SELECT job_name, status FROM runs"))
        .containsExactly(Map.of("job_name", "home", "status", "running"));
    standby.promote();
    assertThat(psql.rows("SELECT FROM backup_jobs WHERE id = ?", tick)).hasSize(1);
    eventually().until(() -> statuses("home").equals(List.of("success")));
    eventually().until(() -> statuses("tick").equals(List.of("success")));
    Books.balance(site);
  }

  private List<Object> statuses(String job) {
    return site.runs(job).stream().map(row -> row.get("status")).toList();
  }
}
