package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.testing.Campaign;
import io.holdfast.agent.testing.ControlPlane;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What the daily questions cost: counted in pages of 8 KiB that PostgreSQL looks at, which is the
 * same on every machine. In the suite for a fleet of 1,000 devices with 100,000 runs, in a long
 * campaign for 10,000 with a million. A question about one device has the same bar in both, one
 * about the fleet a bar that goes by the number of its jobs.
 */
@Campaign
class CostIT {

  private static final int DEVICES = Campaign.Size.of(1_000, 10_000);
  private static final int JOBS_PER_DEVICE = 2;
  private static final int RUNS_PER_JOB = 50;

  private static final ControlPlane PSQL = ControlPlane.fresh();
  private static final String SOME_DEVICE = "device-471";

  private static Connection device;
  private static Connection admin;

  @BeforeAll
  static void aFleet() throws SQLException {
    try (Connection superuser = connect(PSQL.address());
        Statement statement = superuser.createStatement()) {
      // The triggers' work is done below for all rows at once, as the migrations do it.
      statement.execute("SET session_replication_role = replica");
      statement.execute(
          "INSERT INTO devices (id, name, platform, last_seen) SELECT 'device-' || n, 'Device ' || n,"
              + " 'linux', now() FROM generate_series(1, "
              + DEVICES
              + ") n");
      statement.execute(
          "INSERT INTO backup_jobs (device_id, name, source_paths) SELECT d.id, 'job ' || n, '{/srv}'"
              + " FROM devices d, generate_series(1, "
              + JOBS_PER_DEVICE
              + ") n");
      statement.execute(
          "INSERT INTO schedules (job_id, schedule_type, cron_expression) SELECT id, 'cron',"
              + " '0 2 * * *' FROM backup_jobs");
      statement.execute(
          "INSERT INTO runs (run_uuid, job_id, device_id, job_name, status, outcome, start_time,"
              + " end_time, data_added_bytes, snapshot_id)"
              + " SELECT gen_random_uuid(), j.id, j.device_id, j.name, o.outcome, o.outcome, t.start,"
              + " t.start + interval '5 minutes', 1000, 'snap'"
              + " FROM generate_series(1, "
              + RUNS_PER_JOB
              + ") n, backup_jobs j,"
              + " LATERAL (SELECT CASE WHEN (n + abs(hashtext(j.id::text))) % 50 = 0 THEN 'failed' ELSE"
              + " 'success' END AS outcome) o,"
              + " LATERAL (SELECT now() - n * interval '1 day' AS start) t");
      statement.execute(
          "INSERT INTO job_days (job_id, day, device_id, runs, successes, failures, added_bytes)"
              + " SELECT job_id, (start_time AT TIME ZONE 'UTC')::date, min(device_id), count(*),"
              + " count(*) FILTER (WHERE outcome = 'success'), count(*) FILTER (WHERE outcome ="
              + " 'failed'), sum(data_added_bytes) FROM runs GROUP BY 1, 2");
      statement.execute(
          "INSERT INTO job_hours (job_id, week, weekday, hour, runs, successes) SELECT job_id,"
              + " date_trunc('week', start_time)::date, extract(isodow FROM start_time), extract(hour"
              + " FROM start_time), count(*), count(*) FILTER (WHERE outcome = 'success') FROM runs"
              + " GROUP BY 1, 2, 3, 4");
      statement.execute("SELECT count(holdfast.refresh_job_state(id)) FROM backup_jobs");
      statement.execute("UPDATE schedules SET next_run_at = now() + id * interval '1 minute'");
      statement.execute(
          "INSERT INTO snapshots (repository_id, id, time, job_id, device_id, run_uuid, host, paths,"
              + " tags, files, bytes, added_bytes, told)"
              + " SELECT 'repository', md5(run_uuid::text) || md5(run_uuid::text), start_time, job_id,"
              + " device_id, run_uuid, device_id, '{/srv}', ARRAY['backup:' || job_id,"
              + " 'backup_name=' || job_name, 'device=' || device_id, 'run=' || run_uuid], 10, 1000,"
              + " 100, true FROM runs WHERE outcome = 'success'");
      statement.execute(
          "INSERT INTO verifications (id, job_id, job_name, device_id, triggered_by, start_time,"
              + " end_time, outcome, code) SELECT gen_random_uuid(), job_id, job_name, device_id,"
              + " 'schedule', start_time, end_time, outcome, 'ok' FROM runs");
      statement.execute("SET session_replication_role = origin");
      statement.execute("VACUUM ANALYZE");
    }
    device = connect(PSQL.client("device-password", SOME_DEVICE));
    admin = connect(PSQL.member("backup_admin", "admin-password"));
  }

  @AfterAll
  static void close() throws SQLException {
    device.close();
    admin.close();
  }

  private static Connection connect(DatabaseAddress address) throws SQLException {
    return DriverManager.getConnection(address.jdbcUrl(), Database.credentials(address));
  }

  /** Pages that the statement looks at, when it runs for the second time. */
  private static long pages(Connection connection, String sql) throws Exception {
    explained(connection, sql);
    JsonNode plan = explained(connection, sql).path("Plan");
    long pages = plan.path("Shared Hit Blocks").asLong() + plan.path("Shared Read Blocks").asLong();
    System.out.println(pages + " pages: " + sql);
    return pages;
  }

  private static JsonNode explained(Connection connection, String sql) throws Exception {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) " + sql)) {
      row.next();
      return new ObjectMapper().readTree(row.getString(1)).get(0);
    }
  }

  @Test
  void there_is_a_fleet() {
    assertThat(PSQL.row("SELECT count(*) AS n FROM runs"))
        .containsEntry("n", (long) DEVICES * JOBS_PER_DEVICE * RUNS_PER_JOB);
    assertThat(PSQL.row("SELECT count(*) AS n FROM job_state"))
        .containsEntry("n", (long) DEVICES * JOBS_PER_DEVICE);
  }

  @Test
  void a_sync_of_one_device_looks_at_few_pages_whatever_the_fleet() throws Exception {
    String sync =
        "SELECT holdfast.agent_sync('" + SOME_DEVICE + "', 'D', 'linux', 'h', '{}', '%s')";
    assertThat(pages(device, sync.formatted(""))).as("with the configuration").isLessThan(150);
    assertThat(pages(device, sync.formatted("0.1"))).as("unchanged").isLessThan(40);
  }

  @Test
  void a_device_without_a_condition_of_its_own_is_not_shown_the_fleet_slowly() throws Exception {
    assertThat(pages(device, "SELECT * FROM backup_jobs")).isLessThan(40);
    assertThat(pages(device, "SELECT * FROM schedules")).isLessThan(120);
    assertThat(pages(device, "SELECT * FROM runs ORDER BY start_time DESC LIMIT 20"))
        .isLessThan(200);
  }

  @Test
  void the_newest_runs_of_one_device_are_found_at_once() throws Exception {
    String condition = " WHERE device_id = '" + SOME_DEVICE + "'";
    assertThat(pages(admin, "SELECT * FROM latest_runs" + condition)).isLessThan(60);
    assertThat(pages(admin, "SELECT * FROM job_summary" + condition)).isLessThan(100);
    assertThat(pages(device, "SELECT * FROM latest_runs" + condition)).isLessThan(400);
  }

  /** Some pages for each job of the fleet, and none of the runs. */
  @Test
  void what_a_dashboard_asks_does_not_read_the_history() throws Exception {
    int jobs = DEVICES * JOBS_PER_DEVICE;
    assertThat(pages(admin, "SELECT * FROM failure_streaks")).isLessThan(jobs / 4);
    assertThat(pages(admin, "SELECT * FROM overdue_jobs")).isLessThan(8L * jobs);
    assertThat(pages(admin, "SELECT * FROM device_health")).isLessThan(20L * DEVICES);
    assertThat(
            pages(
                admin,
                "SELECT day, sum(added_bytes) FROM storage_growth_daily WHERE day > current_date - 30"
                    + " GROUP BY day"))
        .isLessThan(5L * jobs / 4);
    assertThat(pages(admin, "SELECT weekday, hour, sum(runs) FROM success_heatmap GROUP BY 1, 2"))
        .isLessThan(5L * jobs / 4);
    assertThat(
            pages(
                admin,
                "SELECT * FROM success_heatmap WHERE job_id = (SELECT id FROM backup_jobs LIMIT 1)"))
        .isLessThan(60);
  }

  @Test
  void the_fleet_at_a_glance_does_not_read_the_history() throws Exception {
    int jobs = DEVICES * JOBS_PER_DEVICE;
    assertThat(pages(admin, "SELECT * FROM fleet_status")).isLessThan(20L * jobs);
    assertThat(pages(admin, "SELECT * FROM upcoming LIMIT 20")).isLessThan(400);
    assertThat(pages(admin, "SELECT * FROM jobs_without_schedule")).isLessThan(5L * jobs);
    assertThat(pages(admin, "SELECT * FROM jobs_without_policy")).isLessThan(jobs);
    assertThat(pages(admin, "SELECT * FROM last_restore_tests")).isLessThan(15L * jobs);
    assertThat(pages(admin, "SELECT * FROM devices_by_version")).isLessThan(DEVICES);
    // Of the snapshots a row each is read, in the order in which they lie there.
    assertThat(pages(admin, "SELECT * FROM job_sizes")).isLessThan(15L * jobs);
    assertThat(pages(admin, "SELECT * FROM snapshots_of_deleted_jobs")).isLessThan(8L * jobs);
    assertThat(pages(admin, "SELECT * FROM snapshot_copies")).isLessThan(8L * jobs);
  }

  @Test
  void a_run_that_arrives_costs_the_same_whatever_the_history() throws Exception {
    // Taken back, so that the fleet is the same for every test, whichever comes first.
    device.setAutoCommit(false);
    try {
      assertThat(
              pages(
                  device,
                  "INSERT INTO runs (run_uuid, job_id, device_id, status, start_time, end_time)"
                      + " SELECT gen_random_uuid(), id, device_id, 'success', now(), now() FROM backup_jobs"
                      + " WHERE device_id = '"
                      + SOME_DEVICE
                      + "' LIMIT 1"))
          .isLessThan(400);
      assertThat(
              pages(
                  device,
                  "INSERT INTO runs (run_uuid, job_id, device_id, status, start_time, end_time, snapshot_id)"
                      + " SELECT gen_random_uuid(), id, device_id, 'success', now(), now(), md5(random()::text)"
                      + " || md5(random()::text) FROM backup_jobs WHERE device_id = '"
                      + SOME_DEVICE
                      + "' LIMIT 1"))
          .as("that tells of a snapshot")
          .isLessThan(400);
    } finally {
      device.rollback();
      device.setAutoCommit(true);
    }
  }
}
