package io.holdfast.agent.daemon;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole agent on real parts, with a clock that the test moves. */
class AgentClockIT {

  @TempDir private Path directory;

  @Test
  void a_cron_schedule_fires_at_its_time_in_its_zone_over_the_night_when_the_clocks_are_set()
      throws Exception {
    // In Berlin 02:30 does not exist on 29 March 2026.
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.catchUpAtOnce();
      UUID job = psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      int berlin = psql.cron(job, "30 2 * * *");
      UUID other = psql.job(Site.DEVICE, "other", site.source("other", 2).toString());
      int utc = psql.cron(other, "30 2 * * *");
      psql.execute("UPDATE schedules SET timezone = 'UTC' WHERE id = ?", utc);
      try (ClockedAgent agent = new ClockedAgent(site, "2026-03-28T00:00:00Z")) {
        eventually().until(() -> "2026-03-28T01:30:00Z".equals(nextRun(psql, berlin)));
        assertThat(nextRun(psql, utc)).isEqualTo("2026-03-28T02:30:00Z");

        agent.set("2026-03-28T01:30:01Z");
        assertThat(site.awaitRuns("home", 1)).containsEntry("outcome", "success");
        assertThat(scheduledFor(psql, "home")).isEqualTo("2026-03-28T01:30:00Z");
        eventually().until(() -> "2026-03-29T01:00:00Z".equals(nextRun(psql, berlin)));
        assertThat(site.runs("other")).isEmpty();

        agent.set("2026-03-29T00:59:59Z");
        site.awaitRuns("other", 1);
        assertThat(site.runs("home")).hasSize(1);

        agent.set("2026-03-29T01:00:00Z");
        site.awaitRuns("home", 2);
        assertThat(scheduledFor(psql, "home")).isEqualTo("2026-03-29T01:00:00Z");
        eventually().until(() -> "2026-03-30T00:30:00Z".equals(nextRun(psql, berlin)));
        Map<String, Object> row = site.runs("home").getLast();
        assertThat(
                psql.row(
                    "SELECT start_time = end_time AND start_time = '2026-03-29T01:00:00Z' AS by_the_clock FROM runs WHERE id = ?",
                    row.get("id")))
            .containsEntry("by_the_clock", true);
        Books.balance(site);
      }
    }
  }

  @Test
  void a_job_runs_on_both_of_its_schedules() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      UUID job = psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      int interval = psql.everySeconds(job, 3600);
      int cron = psql.cron(job, "* * * * *");
      try (ClockedAgent agent = new ClockedAgent(site, "2026-03-28T00:00:30Z")) {
        assertThat(site.awaitRuns("home", 1))
            .containsEntry("outcome", "success")
            .containsEntry("triggered_by", "schedule")
            .containsEntry("schedule_id", interval);
        eventually().until(() -> "2026-03-28T00:01:00Z".equals(nextRun(psql, cron)));
        agent.set("2026-03-28T00:01:00Z");
        assertThat(site.awaitRuns("home", 2))
            .containsEntry("outcome", "success")
            .containsEntry("triggered_by", "schedule")
            .containsEntry("schedule_id", cron);
        assertThat(psql.rows("SELECT FROM schedules WHERE last_run_at IS NOT NULL")).hasSize(2);
        Books.balance(site);
      }
    }
  }

  @Test
  void proofs_are_made_by_schedule_and_stand_on_the_snapshot() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      UUID job = psql.job(Site.DEVICE, "home", site.source("home", 3).toString());
      assertThat(site.holdfast("backup", "home").exitCode()).isZero();
      psql.execute("UPDATE backup_jobs SET verify_schedule = '* * * * *' WHERE id = ?", job);
      String thisMinute = Instant.now().truncatedTo(ChronoUnit.MINUTES).toString();
      try (ClockedAgent agent = new ClockedAgent(site, thisMinute)) {
        // From then on its times count.
        eventually().until(() -> Files.exists(site.state().resolve("proofs.json")));
        assertThat(psql.rows("SELECT FROM verifications")).isEmpty();
        agent.move(Duration.ofMinutes(1));
        eventually()
            .until(() ->
                !psql.rows(
                        "SELECT FROM verifications WHERE outcome = 'success' AND triggered_by = 'schedule'")
                    .isEmpty());
        assertThat(psql.row("SELECT verified, verified_at IS NOT NULL AS told FROM snapshots"))
            .containsEntry("verified", true)
            .containsEntry("told", true);
      }
    }
  }

  private static String nextRun(ControlPlane psql, int schedule) {
    return utc(psql, "SELECT next_run_at AS t FROM schedules WHERE id = " + schedule);
  }

  private static String scheduledFor(ControlPlane psql, String job) {
    return utc(psql, "SELECT max(scheduled_for) AS t FROM runs WHERE job_name = '" + job + "'");
  }

  private static String utc(ControlPlane psql, String query) {
    return String.valueOf(
        psql.row(
                "SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS t FROM ("
                    + query
                    + ") q")
            .get("t"));
  }
}
