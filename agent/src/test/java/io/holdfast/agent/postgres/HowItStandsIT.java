package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What dashboards ask, and what is left of history. */
class HowItStandsIT {

  private final ControlPlane psql = ControlPlane.fresh();
  private UUID job = new UUID(0, 0);

  @BeforeEach
  void aDeviceWithAJob() {
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web', 'Web', 'linux')");
    job = psql.job("web", "www", "/srv");
  }

  private UUID run(String outcome, String start) {
    UUID run = UUID.randomUUID();
    boolean running = outcome.equals("running");
    psql.execute(
        "INSERT INTO runs (run_uuid, job_id, device_id, status, outcome, start_time, end_time,"
            + " data_added_bytes, error_message, snapshot_id) VALUES (?, ?, 'web', ?, ?, now() + CAST(? AS interval), "
            + (running ? "NULL" : "now() + CAST(? AS interval)")
            + ", 100, ?, ?)",
        running
            ? new Object[] {run, job, "running", null, start, null, null}
            : new Object[] {
              run,
              job,
              outcome.equals("partial") ? "failed" : outcome,
              outcome,
              start,
              start,
              outcome.equals("success") ? null : "it " + outcome,
              outcome.equals("success") ? "snap" : null
            });
    return run;
  }

  private Map<String, Object> state() {
    return psql.row("SELECT * FROM job_state WHERE job_id = ?", job);
  }

  @Test
  void the_state_of_a_job_is_that_of_its_newest_run_in_whatever_order_they_arrive() {
    run("failed", "-1 hour");
    run("success", "-3 hours");
    run("failed", "-2 hours");
    run("cancelled", "-30 minutes");
    assertThat(state())
        .containsEntry("last_outcome", "cancelled")
        .containsEntry("failures", 2)
        .containsEntry("last_snapshot_id", "snap");
    assertThat(psql.rows("SELECT failures, last_error FROM failure_streaks"))
        .containsExactly(Map.of("failures", 2, "last_error", "it cancelled"));
    run("success", "-10 minutes");
    assertThat(state()).containsEntry("last_outcome", "success").containsEntry("failures", 0);
    assertThat(psql.rows("SELECT FROM failure_streaks")).isEmpty();
  }

  @Test
  void a_run_that_is_put_right_is_counted_once() {
    UUID run = run("failed", "-1 hour");
    psql.execute("UPDATE runs SET metadata = '{\"provisional\": true}' WHERE run_uuid = ?", run);
    psql.execute(
        "UPDATE runs SET status = 'success', outcome = 'success', error_message = NULL WHERE run_uuid = ?",
        run);
    assertThat(psql.rows("SELECT runs, successes, failures, added_bytes FROM job_days"))
        .containsExactly(Map.of("runs", 1, "successes", 1, "failures", 0, "added_bytes", 100L));
    assertThat(psql.rows("SELECT runs, successes FROM success_heatmap"))
        .containsExactly(Map.of("runs", 1, "successes", 1));
    assertThat(state()).containsEntry("failures", 0);
  }

  @Test
  void progress_counts_nothing_and_the_end_counts_once() {
    UUID run = run("running", "-1 hour");
    assertThat(state()).containsEntry("last_outcome", "running");
    psql.execute("UPDATE runs SET progress = '{\"percent_done\": 5}' WHERE run_uuid = ?", run);
    assertThat(psql.rows("SELECT FROM job_days")).isEmpty();
    psql.execute("UPDATE runs SET status = 'success', end_time = now() WHERE run_uuid = ?", run);
    assertThat(psql.row("SELECT runs, successes FROM job_days"))
        .containsEntry("runs", 1)
        .containsEntry("successes", 1);
  }

  @Test
  void a_job_is_overdue_by_its_own_limit_else_by_what_its_schedules_promise() {
    assertThat(psql.rows("SELECT FROM overdue_jobs")).as("nothing is promised").isEmpty();
    run("success", "-3 hours");
    psql.cron(job, "0 * * * *");
    assertThat(psql.row("SELECT promised_seconds, device_name FROM overdue_jobs"))
        .containsEntry("promised_seconds", 5400)
        .containsEntry("device_name", "Web");
    psql.execute("UPDATE backup_jobs SET rpo_seconds = 14400");
    assertThat(psql.rows("SELECT FROM overdue_jobs")).isEmpty();
    psql.execute("UPDATE backup_jobs SET rpo_seconds = 3600");
    run("failed", "-1 minute");
    assertThat(psql.row("SELECT last_outcome FROM overdue_jobs"))
        .containsEntry("last_outcome", "failed");
    psql.execute("UPDATE devices SET enabled = false");
    assertThat(psql.rows("SELECT FROM overdue_jobs")).as("paused").isEmpty();
  }

  @Test
  void a_job_that_never_had_a_success_is_overdue_from_its_making_on() {
    psql.everySeconds(job, 3600);
    assertThat(psql.rows("SELECT FROM overdue_jobs")).isEmpty();
    psql.execute("UPDATE backup_jobs SET created_at = now() - interval '2 hours'");
    assertThat(psql.rows("SELECT FROM overdue_jobs")).hasSize(1);
  }

  @Test
  void the_promise_of_a_cron_expression_is_what_restricts_it() {
    for (Map.Entry<String, Integer> promise :
        Map.of(
                "*/5 * * * *", 3600,
                "0 2 * * *", 86_400,
                "@daily", 86_400,
                "@hourly", 3600,
                "0 2 * * mon-fri", 604_800,
                "@weekly", 604_800,
                "0 2 1 * *", 2_678_400,
                "@monthly", 2_678_400,
                "0 2 1 1 *", 31_622_400,
                "@yearly", 31_622_400)
            .entrySet()) {
      assertThat(psql.row("SELECT holdfast.cron_seconds(?) AS s", promise.getKey()))
          .as(promise.getKey())
          .containsEntry("s", promise.getValue());
    }
  }

  @Test
  void a_device_is_late_by_its_own_sync_interval() {
    assertThat(health()).isEqualTo("never seen");
    psql.setting("sync_interval_seconds", "60");
    psql.execute("UPDATE devices SET last_seen = now() - interval '10 minutes'");
    assertThat(health()).isEqualTo("late");
    psql.execute(
        "INSERT INTO settings (device_id, key, value) VALUES ('web', 'sync_interval_seconds', '600')");
    assertThat(health()).isEqualTo("ok");
    psql.execute("UPDATE devices SET last_seen = now() - interval '2 days'");
    assertThat(health()).isEqualTo("lost");
    psql.execute("UPDATE devices SET enabled = false");
    assertThat(health()).isEqualTo("paused");
  }

  private Object health() {
    return String.valueOf(psql.row("SELECT state FROM device_health").get("state"));
  }

  @Test
  void proofs_go_with_the_history_and_never_the_newest_good_one() {
    psql.execute("UPDATE settings SET value = '30' WHERE key = 'run_retention_days'");
    for (String days : List.of("-70", "-60", "-10")) {
      psql.execute(
          "INSERT INTO verifications (id, job_id, job_name, device_id, triggered_by, start_time, end_time, outcome, code)"
              + " SELECT gen_random_uuid(), j.id, j.name, j.device_id, 'manual', t, t,"
              + " CASE WHEN ? = '-10' THEN 'failed' ELSE 'success' END, 'ok'"
              + " FROM backup_jobs j, (SELECT now() + make_interval(days => ?::integer) AS t) x LIMIT 1",
          days,
          days);
    }
    assertThat(psql.row("SELECT holdfast.clean_up() AS n")).containsEntry("n", 1);
    assertThat(
            psql.rows(
                "SELECT outcome FROM verifications WHERE end_time > now() - interval '65 days' ORDER BY end_time"))
        .isEqualTo(List.of(Map.of("outcome", "success"), Map.of("outcome", "failed")));
  }

  @Test
  void history_goes_in_batches_and_never_the_newest_success_nor_what_goes_on() {
    psql.execute("UPDATE settings SET value = '30' WHERE key = 'run_retention_days'");
    run("running", "-50 days");
    run("success", "-70 days");
    UUID newestSuccess = run("success", "-60 days");
    run("failed", "-55 days");
    run("failed", "-40 days");
    UUID young = run("failed", "-10 days");
    assertThat(psql.row("SELECT holdfast.clean_up(1) AS n")).containsEntry("n", 1);
    assertThat(psql.row("SELECT holdfast.clean_up() AS n")).containsEntry("n", 2);
    assertThat(psql.row("SELECT holdfast.clean_up() AS n")).containsEntry("n", 0);
    assertThat(psql.rows("SELECT run_uuid FROM runs WHERE status <> 'running' ORDER BY start_time"))
        .isEqualTo(List.of(Map.of("run_uuid", newestSuccess), Map.of("run_uuid", young)));
    assertThat(psql.rows("SELECT FROM runs WHERE status = 'running'")).hasSize(1);
    assertThat(state()).containsEntry("last_snapshot_id", "snap");
  }
}
