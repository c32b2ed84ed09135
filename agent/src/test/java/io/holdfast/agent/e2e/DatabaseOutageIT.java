package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.BreakableServer;
import io.holdfast.agent.testing.Campaign;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.HeldRestic;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.Steadily;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database is stopped, in every moment of a run, and for many runs. */
class DatabaseOutageIT {

  private static final int RUNS_IN_A_LONG_OUTAGE = Campaign.Size.of(3, 10);

  @TempDir private Path directory;
  private BreakableServer server;
  private ControlPlane psql;
  private Site site;
  private HeldRestic held;

  @BeforeEach
  void start() throws IOException {
    server = BreakableServer.startIn(directory.resolve("server"));
    psql = server.controlPlane();
    held = new HeldRestic(directory, ResticBinaries.current(), "held");
    site = new Site(directory, held.binary(), psql, "connectTimeout=2&socketTimeout=4");
  }

  @AfterEach
  void end() {
    site.close();
    server.close();
  }

  @Test
  @Campaign
  void the_runs_of_a_long_outage_arrive_in_order_and_with_their_own_times() throws Exception {
    psql.everySeconds(psql.job(Site.DEVICE, "home", site.source("home", 3).toString()), 2);
    Process daemon = site.daemon();
    site.awaitRuns("home", 1);

    server.stop();
    long before = Snapshots.count(site);
    Steadily.reaches(before + RUNS_IN_A_LONG_OUTAGE, () -> Snapshots.count(site));
    Set<String> made = Snapshots.times(site).keySet();
    server.start();
    Steadily.reaches(made.size(), () -> made.stream().filter(ended()::contains).count());

    Site.stop(daemon);
    Books.balance(site);
    List<Map<String, Object>> rows = psql.rows("SELECT * FROM runs ORDER BY id");
    assertThat(rows).extracting(row -> time(row, "start_time")).isSorted();
    assertThat(rows)
        .extracting(row -> time(row, "scheduled_for"))
        .isSorted()
        .doesNotHaveDuplicates();
    Snapshots.times(site)
        .forEach((run, taken) ->
            assertThat(taken).isBetween(time(row(run), "start_time"), time(row(run), "end_time")));
  }

  @Test
  void a_run_that_begins_without_the_database_is_seen_running_when_that_is_back() throws Exception {
    // Due for the first time when the database is away already.
    psql.everySeconds(new FaultyJobs(site).job("held"), 12);
    psql.execute("UPDATE schedules SET last_run_at = now()");
    // Each of its records wakes the delivery, which otherwise tries again some seconds later.
    psql.setting("max_concurrent_backups", "2");
    psql.everySeconds(psql.job(Site.DEVICE, "tick", site.source("tick", 1).toString()), 2);
    Process daemon = site.daemon();
    site.awaitRuns("tick", 1);
    server.stopImmediately();
    eventually().until(() -> site.log().contains("job \"held\""));
    server.start();
    eventually().until(() -> statuses().equals(List.of("running")));
    held.letGo();
    assertThat(site.awaitRuns("held", 1)).containsEntry("outcome", "success");
    Site.stop(daemon);
    Books.balance(site);
  }

  @Test
  void a_run_during_which_the_database_was_killed_is_closed_when_that_is_back() throws Exception {
    due();
    site.daemon();
    eventually().until(() -> statuses().equals(List.of("running")));
    server.kill();
    held.letGo();
    eventually().until(() -> Snapshots.count(site) == 1);
    eventually().until(() -> !Books.waiting(site).isEmpty());
    server.start();
    assertThat(site.awaitRuns("held", 1)).containsEntry("outcome", "success");
    Books.balance(site);
    assertThat(statuses()).containsExactly("success");
  }

  @Test
  void a_run_whose_record_was_on_its_way_when_the_database_was_stopped_is_delivered_again()
      throws Exception {
    due();
    site.daemon();
    eventually().until(() -> statuses().equals(List.of("running")));
    String ending = "TRIGGER gate BEFORE UPDATE OF outcome ON runs FOR EACH ROW";
    try (Gate gate = Gate.before(psql, ending)) {
      held.letGo();
      gate.awaitSomebody();
      server.stop();
    }
    server.start();
    assertThat(site.awaitRuns("held", 1)).containsEntry("outcome", "success");
    Books.balance(site);
    assertThat(statuses()).containsExactly("success");
  }

  @Test
  void a_database_that_hangs_holds_up_neither_the_run_nor_status() throws Exception {
    due();
    site.daemon();
    eventually().until(() -> statuses().equals(List.of("running")));
    server.freeze();
    held.letGo();
    eventually().until(() -> Snapshots.count(site) == 1);
    Result status = site.holdfast("status");
    assertThat(status.exitCode()).isEqualTo(6);
    assertThat(status.out()).contains("not reachable");
    eventually().until(() -> site.log().contains("cannot be reached"));
    server.thaw();
    assertThat(site.awaitRuns("held", 1)).containsEntry("outcome", "success");
    Books.balance(site);
  }

  @Test
  void a_daemon_that_starts_without_the_database_works_from_what_it_knew_last() throws Exception {
    psql.everySeconds(psql.job(Site.DEVICE, "home", site.source("home", 3).toString()), 2);
    Process first = site.daemon();
    site.awaitRuns("home", 1);
    Site.stop(first);

    server.stop();
    long before = Snapshots.count(site);
    Process second = site.daemon();
    eventually().until(() -> Snapshots.count(site) >= before + 2);
    Set<String> made = Snapshots.times(site).keySet();
    server.start();
    eventually().until(() -> ended().containsAll(made));
    Site.stop(second);
    Books.balance(site);
  }

  /** The job whose run lasts until it is let go. */
  private void due() throws IOException {
    FaultyJobs jobs = new FaultyJobs(site);
    jobs.due(jobs.job("held"));
  }

  private List<Object> statuses() {
    return site.runs("held").stream().map(row -> row.get("status")).toList();
  }

  private List<String> ended() {
    return psql.rows("SELECT run_uuid::text AS run FROM runs WHERE status <> 'running'").stream()
        .map(row -> (String) row.get("run"))
        .toList();
  }

  private Map<String, Object> row(String run) {
    return psql.row("SELECT * FROM runs WHERE run_uuid::text = ?", run);
  }

  private static Instant time(Map<String, Object> row, String column) {
    return ((Timestamp) requireNonNull(row.get(column))).toInstant();
  }
}
