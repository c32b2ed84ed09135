package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.testing.ControlPlane;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** The views that say whether all is well, what runs next and what was forgotten. */
class FleetAtAGlanceIT {

  private static final String REPOSITORY = "a".repeat(64);
  private static final String OTHER_REPOSITORY = "b".repeat(64);

  private static final List<String> VIEWS =
      List.of(
          "fleet_status",
          "upcoming",
          "jobs_without_schedule",
          "jobs_without_policy",
          "last_restore_tests",
          "job_sizes",
          "devices_by_version",
          "snapshots_of_deleted_jobs");

  private final ControlPlane psql = ControlPlane.fresh();
  private UUID job = new UUID(0, 0);

  /** A device that was just heard of, and its job, which has a schedule and has just run. */
  @BeforeEach
  void aFleetInOrder() {
    psql.execute(
        "INSERT INTO devices (id, name, platform, last_seen, metadata) VALUES ('web-01', 'Web 1',"
            + " 'linux', now(), '{\"agent_version\": \"0.1.0\", \"restic_version\": \"0.18.0\"}')");
    job = psql.job("web-01", "www", "/srv/www");
    psql.cron(job, "0 2 * * *");
    run(job, "web-01", "success");
  }

  private void run(UUID job, String device, String outcome) {
    psql.execute(
        "INSERT INTO runs (job_id, device_id, status, start_time, end_time) VALUES (?, ?, ?,"
            + " now() - interval '1 minute', now())",
        job,
        device,
        outcome);
  }

  private void snapshot(String repository, String id, UUID job, String hoursAgo, long bytes) {
    psql.execute(
        "INSERT INTO snapshots (repository_id, id, time, job_id, device_id, host, files, bytes,"
            + " added_bytes, told) VALUES (?, ?, now() - make_interval(hours => CAST(? AS integer)),"
            + " ?, 'web-01', 'Web 1', 3, ?, 10, true)",
        repository,
        id,
        hoursAgo,
        job,
        bytes);
  }

  private Map<String, Object> status() {
    return psql.row("SELECT * FROM fleet_status");
  }

  @Test
  void a_fleet_in_order_is_well() {
    assertThat(status())
        .containsEntry("all_is_well", true)
        .containsEntry("summary", "all is well")
        .containsEntry("devices", 1L)
        .containsEntry("jobs", 1L)
        .containsEntry("jobs_without_policy", 1L);
    assertThat(status().get("last_success_at")).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "UPDATE devices SET last_seen = now() - interval '2 days' | devices silent for a day: 1",
        "UPDATE devices SET last_seen = NULL, created_at = now() - interval '2 days' | devices silent for a day: 1",
        "UPDATE schedules SET enabled = false | jobs without a schedule: 1",
        "UPDATE backup_jobs SET enabled = false | no job is enabled",
        "UPDATE devices SET enabled = false | no job is enabled",
        "UPDATE job_state SET last_success_at = now() - interval '2 days' | jobs overdue: 1",
        "UPDATE job_state SET failures = 2 | jobs failing: 1",
        "UPDATE backup_jobs SET verify_schedule = '@hourly', created_at = now() - interval '2 days'"
            + " | jobs without a good restore test: 1",
        "INSERT INTO housekeeping (kind, schedule_type, interval_seconds, created_at)"
            + " VALUES ('prune', 'interval', 3600, now() - interval '1 day') | housekeeping overdue: 1",
        "INSERT INTO problems (device_id, source, subject, code, message, remedy)"
            + " VALUES ('web-01', 'config', 'device', 'x', 'm', 'r') | errors in problems: 1",
      })
  void whatever_is_not_well_is_named(String change, String summary) {
    psql.execute(change);
    assertThat(status()).containsEntry("all_is_well", false).containsEntry("summary", summary);
  }

  @Test
  void several_causes_are_named_together() {
    psql.execute("UPDATE devices SET last_seen = now() - interval '2 days'");
    psql.execute("DELETE FROM schedules");
    assertThat(status())
        .containsEntry("summary", "devices silent for a day: 1, jobs without a schedule: 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO devices (id, name, platform) VALUES ('new', 'its token was made just now', 'linux')",
        "INSERT INTO problems (device_id, source, subject, code, severity, message, remedy)"
            + " VALUES ('web-01', 'config', 'device', 'x', 'warning', 'm', 'r')",
        // Nobody has asked for restore tests.
        "UPDATE backup_jobs SET created_at = now() - interval '1 year'",
        // Run by hand, and overdue_jobs looks after it.
        "INSERT INTO backup_jobs (device_id, name, source_paths, rpo_seconds) VALUES ('web-01', 'by hand', '{/srv}', 86400)",
        "INSERT INTO backup_jobs (device_id, name, source_paths, enabled) VALUES ('web-01', 'paused', '{/srv}', false)",
        "INSERT INTO devices (id, name, platform, enabled, last_seen)"
            + " VALUES ('retired', 'r', 'linux', false, now() - interval '1 year')",
      })
  void what_is_no_fault_leaves_all_well(String change) {
    psql.execute(change);
    assertThat(status()).containsEntry("summary", "all is well").containsEntry("all_is_well", true);
  }

  @Test
  void what_a_paused_device_left_behind_does_not_count() {
    psql.execute(
        "INSERT INTO devices (id, name, platform, last_seen) VALUES ('old', 'Old', 'linux', now())");
    UUID old = psql.job("old", "www", "/srv");
    run(old, "old", "failed");
    psql.execute("UPDATE backup_jobs SET verify_schedule = '@hourly' WHERE id = ?", old);
    psql.execute("UPDATE backup_jobs SET created_at = now() - interval '1 year' WHERE id = ?", old);
    psql.execute(
        "INSERT INTO problems (device_id, source, subject, code, message, remedy)"
            + " VALUES ('old', 'config', 'device', 'x', 'm', 'r')");
    assertThat(status()).containsEntry("all_is_well", false);
    psql.execute("UPDATE devices SET enabled = false WHERE id = 'old'");
    assertThat(status()).containsEntry("summary", "all is well");
    psql.execute(
        "INSERT INTO problems (device_id, source, subject, code, message, remedy)"
            + " VALUES ('old', 'repository', 'repository 1234, check', 'repository-damaged', 'm', 'r')");
    assertThat(status())
        .as("a repository is damaged, whoever has found it")
        .containsEntry("summary", "errors in problems: 1");
  }

  @Test
  void the_next_due_times_come_in_their_order_and_none_of_what_is_paused() {
    UUID second = psql.job("web-01", "mail", "/srv/mail");
    int often = psql.everySeconds(second, 3600);
    psql.execute("UPDATE schedules SET next_run_at = now() + interval '5 hours'");
    psql.execute(
        "UPDATE schedules SET next_run_at = now() + interval '1 hour' WHERE id = ?", often);
    assertThat(psql.rows("SELECT job_name, schedule FROM upcoming"))
        .containsExactly(
            Map.of("job_name", "mail", "schedule", "every 3600 s"),
            Map.of("job_name", "www", "schedule", "0 2 * * *"));
    assertThat(
            psql.row(
                "SELECT next_due_at = (SELECT min(due_at) FROM upcoming) AS same FROM fleet_status"))
        .containsEntry("same", true);
    psql.execute("UPDATE backup_jobs SET enabled = false WHERE id = ?", second);
    assertThat(psql.rows("SELECT job_name FROM upcoming"))
        .containsExactly(Map.of("job_name", "www"));
    psql.execute("UPDATE devices SET enabled = false");
    assertThat(psql.rows("SELECT FROM upcoming")).isEmpty();
  }

  @Test
  void a_job_without_a_policy_is_listed_until_there_is_one_for_it() {
    assertThat(psql.row("SELECT job_name, device_name FROM jobs_without_policy"))
        .containsEntry("job_name", "www")
        .containsEntry("device_name", "Web 1");
    psql.execute("INSERT INTO retention_policies (name, keep_daily) VALUES ('own', 7)");
    assertThat(psql.rows("SELECT FROM jobs_without_policy")).hasSize(1);
    psql.execute("UPDATE backup_jobs SET retention_policy = 'own'");
    assertThat(psql.rows("SELECT FROM jobs_without_policy")).isEmpty();
    psql.execute("UPDATE backup_jobs SET retention_policy = NULL");
    psql.execute("UPDATE retention_policies SET is_default = true");
    assertThat(psql.rows("SELECT FROM jobs_without_policy")).isEmpty();
  }

  @Test
  void every_job_has_its_last_restore_test_and_its_last_good_one() {
    psql.job("web-01", "untested", "/srv");
    for (String test : List.of("5 success", "3 failed", "1 cancelled")) {
      psql.execute(
          "INSERT INTO verifications (id, job_id, job_name, device_id, triggered_by, start_time,"
              + " end_time, outcome, code) SELECT gen_random_uuid(), ?, 'www', 'web-01', 'manual', t,"
              + " t, split_part(?, ' ', 2), 'ok' FROM (SELECT now() - make_interval(hours =>"
              + " split_part(?, ' ', 1)::integer) AS t) x",
          job,
          test,
          test);
    }
    assertThat(
            psql.rows(
                "SELECT job_name, coalesce(outcome, '-') AS outcome, coalesce(extract(hour FROM"
                    + " tested_at - last_good_at)::integer, -1) AS after FROM last_restore_tests"
                    + " ORDER BY job_name"))
        .containsExactly(
            Map.of("job_name", "untested", "outcome", "-", "after", -1),
            Map.of("job_name", "www", "outcome", "failed", "after", 2));
  }

  @Test
  void a_job_is_as_large_as_its_newest_snapshot_and_copies_do_not_count() {
    psql.execute(
        "INSERT INTO copy_targets (name, repository_url, repository_password) VALUES ('offsite', '/second', 'p')");
    psql.execute("UPDATE copy_targets SET repository_id = ?", OTHER_REPOSITORY);
    snapshot(REPOSITORY, "1".repeat(64), job, "3", 1000);
    snapshot(REPOSITORY, "2".repeat(64), job, "2", 3000);
    snapshot(OTHER_REPOSITORY, "3".repeat(64), job, "1", 9000);
    snapshot(REPOSITORY, "4".repeat(64), job, "1", 7000);
    psql.execute("UPDATE snapshots SET told = false WHERE id = ?", "4".repeat(64));
    assertThat(psql.row("SELECT job_name, files, bytes, snapshots, added_bytes FROM job_sizes"))
        .isEqualTo(
            Map.of(
                "job_name",
                "www",
                "files",
                3L,
                "bytes",
                3000L,
                "snapshots",
                2L,
                "added_bytes",
                20L));
  }

  @Test
  void devices_are_counted_by_what_they_run() {
    psql.execute(
        "INSERT INTO devices (id, name, platform, metadata) SELECT 'd-' || n, 'D ' || n, 'linux',"
            + " '{\"agent_version\": \"0.1.0\", \"restic_version\": \"0.14.0\"}' FROM generate_series(1, 30) n");
    assertThat(
            psql.rows(
                "SELECT restic_version, devices, cardinality(device_ids) AS named FROM"
                    + " devices_by_version ORDER BY 1"))
        .containsExactly(
            Map.of("restic_version", "0.14.0", "devices", 30L, "named", 20),
            Map.of("restic_version", "0.18.0", "devices", 1L, "named", 1));
  }

  @Test
  void the_snapshots_of_a_deleted_job_keep_its_name() {
    snapshot(REPOSITORY, "1".repeat(64), job, "3", 1000);
    snapshot(REPOSITORY, "2".repeat(64), UUID.randomUUID(), "2", 1000);
    psql.execute(
        "UPDATE snapshots SET tags = '{device=web-01,backup_name=from another control plane}'"
            + " WHERE id = ?",
        "2".repeat(64));
    assertThat(psql.rows("SELECT job_name FROM snapshots_of_deleted_jobs"))
        .containsExactly(Map.of("job_name", "from another control plane"));
    psql.execute("DELETE FROM backup_jobs WHERE id = ?", job);
    List<Map<String, Object>> named =
        List.of(Map.of("job_name", "from another control plane"), Map.of("job_name", "www"));
    assertThat(psql.rows("SELECT job_name FROM snapshots_of_deleted_jobs ORDER BY 1"))
        .isEqualTo(named);
    assertThat(psql.rows("SELECT job_name FROM snapshot_copies ORDER BY 1")).isEqualTo(named);
  }

  @Test
  void a_job_is_found_by_its_device_and_its_name() {
    assertThat(psql.row("SELECT holdfast.job('web-01', 'www') AS id")).containsEntry("id", job);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "web-01 | wwww | device web-01 has no job \"wwww\" | Did you mean \"www\"?",
        "web-01 | mail | device web-01 has no job \"mail\""
            + " | SELECT name FROM backup_jobs WHERE device_id = 'web-01' lists its jobs.",
        "WEB-01 | www  | there is no device \"WEB-01\" | Did you mean \"web-01\"?",
        "Web 1  | www  | there is no device \"Web 1\" | Did you mean \"web-01\"?",
        "printer | www | there is no device \"printer\" | SELECT id, name FROM devices lists them.",
      })
  void a_job_that_is_not_there_is_an_error_that_says_what_there_is(
      String device, String name, String message, String hint) {
    assertThatThrownBy(() -> psql.row("SELECT holdfast.job(?, ?)", device, name))
        .rootCause()
        .isInstanceOfSatisfying(
            PSQLException.class,
            e -> {
              assertThat(said(e).getMessage()).isEqualTo(message);
              assertThat(said(e).getHint()).isEqualTo(hint);
            });
  }

  private static ServerErrorMessage said(PSQLException refusal) {
    return Objects.requireNonNull(refusal.getServerErrorMessage());
  }

  @Test
  void a_viewer_sees_them_all_and_a_device_none() throws SQLException {
    snapshot(REPOSITORY, "1".repeat(64), job, "3", 1000);
    try (Connection viewer = connect(psql.member("backup_viewer", "viewer-password"));
        Connection device = connect(psql.client("device-password", "web-01"))) {
      for (String view : VIEWS) {
        read(viewer, "SELECT * FROM " + view);
        assertThatThrownBy(() -> read(device, "SELECT * FROM " + view))
            .as(view)
            .hasMessageContaining("permission denied");
      }
      assertThat(read(viewer, "SELECT holdfast.job('web-01', 'www')")).isEqualTo(job.toString());
      assertThatThrownBy(() -> read(viewer, "SELECT holdfast.forget_repository('aaaaaaaa')"))
          .hasMessageContaining("permission denied");
    }
  }

  private static Connection connect(DatabaseAddress address) throws SQLException {
    return DriverManager.getConnection(address.jdbcUrl(), Database.credentials(address));
  }

  /** The first column of the first row, if there is one. */
  private static String read(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? String.valueOf(row.getString(1)) : "";
    }
  }

  // ---- A repository that is gone.

  private void aSecondRepository() {
    snapshot(OTHER_REPOSITORY, "1".repeat(64), job, "30", 1000);
    snapshot(REPOSITORY, "2".repeat(64), job, "1", 1000);
    psql.execute(
        "INSERT INTO holdfast.repository_leases (repository_id, expires_at) VALUES (?, '-infinity')",
        OTHER_REPOSITORY);
    psql.execute(
        "INSERT INTO holdfast.told_snapshots (snapshot_id, device_id, job_id) VALUES (?, 'web-01', ?), (?, 'web-01', ?)",
        "1".repeat(64),
        job,
        "2".repeat(64),
        job);
    psql.execute(
        "INSERT INTO housekeeping (id, kind, schedule_type, interval_seconds) VALUES (77, 'prune', 'interval', 3600)");
    psql.execute(
        "INSERT INTO devices (id, name, platform, enabled) VALUES ('keeper', 'K', 'linux', false)");
    psql.execute(
        "INSERT INTO housekeeping_runs (run_uuid, kind, repository_id, device_id, housekeeping_id,"
            + " triggered_by, lease_token, start_time, end_time, status) SELECT gen_random_uuid(),"
            + " 'prune', ?, 'keeper', 77, 'schedule', 1, t, t, 'success' FROM (SELECT now() - interval '2 days' AS t) x",
        OTHER_REPOSITORY);
    psql.execute(
        "INSERT INTO problems (device_id, source, subject, code, message, remedy)"
            + " VALUES ('keeper', 'repository', 'repository bbbbbbbb, check', 'repository-damaged', 'm', 'r'),"
            + " ('keeper', 'repository', 'repository aaaaaaaa, check', 'repository-damaged', 'm', 'r')");
  }

  @Test
  void a_repository_that_is_gone_is_forgotten_in_every_table() {
    aSecondRepository();
    assertThat(psql.rows("SELECT FROM housekeeping_overdue")).hasSize(1);
    assertThat(psql.row("SELECT holdfast.forget_repository('bbbbbbbb') AS n"))
        .containsEntry("n", 1L);
    for (Map<String, Object> table :
        psql.rows(
            "SELECT a.attrelid::regclass::text AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
                + " WHERE a.attname = 'repository_id' AND c.relkind = 'r'")) {
      assertThat(
              psql.rows(
                  "SELECT FROM " + table.get("name") + " WHERE repository_id = ?",
                  OTHER_REPOSITORY))
          .as("%s", table.get("name"))
          .isEmpty();
    }
    assertThat(psql.rows("SELECT FROM housekeeping_overdue WHERE repository_id IS NOT NULL"))
        .isEmpty();
    assertThat(psql.rows("SELECT id FROM snapshots")).containsExactly(Map.of("id", "2".repeat(64)));
    assertThat(psql.rows("SELECT snapshot_id FROM holdfast.told_snapshots"))
        .containsExactly(Map.of("snapshot_id", "2".repeat(64)));
    assertThat(psql.rows("SELECT subject FROM problems"))
        .containsExactly(Map.of("subject", "repository aaaaaaaa, check"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "SELECT 1 | aaaaaaaa | devices were last seen in repository aaaaaaaa: web-01",
        "SELECT 1 | cccccccc | no known repository's id begins with \"cccccccc\"",
        "SELECT 1 | bbbb     | no known repository's id begins with \"bbbb\"",
        "UPDATE snapshots SET repository_id = 'bbbbbbbbb' WHERE repository_id LIKE 'a%'"
            + " | bbbbbbbb | the ids of several repositories begin with \"bbbbbbbb\"",
        "UPDATE holdfast.repository_leases SET expires_at = now() + interval '1 minute'"
            + " | bbbbbbbb | somebody is at work in repository bbbbbbbb",
        "INSERT INTO copy_targets (name, repository_url, repository_password) VALUES ('offsite', '/second', 'p');"
            + " UPDATE copy_targets SET repository_id = repeat('b', 64)"
            + " | bbbbbbbb | repository bbbbbbbb is the copy target offsite",
      })
  void a_repository_that_is_still_in_use_is_not_forgotten(
      String before, String repository, String message) {
    aSecondRepository();
    psql.execute(before);
    assertThatThrownBy(() -> psql.row("SELECT holdfast.forget_repository(?)", repository))
        .rootCause()
        .isInstanceOfSatisfying(
            PSQLException.class,
            e -> {
              assertThat(said(e).getMessage()).isEqualTo(message);
              assertThat(said(e).getHint()).isNotBlank();
            });
  }
}
