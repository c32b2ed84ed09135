package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** What the seed allowed and should not have, and what we promise besides. */
class ControlPlaneIT {

  private static final String RUNNING =
      "INSERT INTO runs (job_id, device_id, start_time, status) VALUES (?::uuid, ?, now(),"
          + " 'running')";

  private MigratedDatabase database;

  @BeforeEach
  void migrate() throws SQLException {
    database = MigratedDatabase.create();
  }

  @AfterEach
  void close() throws SQLException {
    database.close();
  }

  @Test
  void a_global_setting_exists_once() throws SQLException {
    assertThatThrownBy(() ->
            database.execute(
                "INSERT INTO settings (device_id, key, value) VALUES (NULL,"
                    + " 'sync_interval_seconds', '60')"))
        .hasMessageContaining("there is one already with no device_id");
    database.execute(
        "INSERT INTO settings (device_id, key, value) VALUES (NULL, 'sync_interval_seconds', '60')"
            + " ON CONFLICT (device_id, key) DO UPDATE SET value = excluded.value");
    assertThat(database.rows("SELECT value FROM settings WHERE key = 'sync_interval_seconds'"))
        .isEqualTo(List.of(Map.of("value", "60")));
  }

  @Test
  void a_run_belongs_to_a_job_of_its_device() throws SQLException {
    String job = database.job("alpha", "home");
    database.job("bravo", "other");
    assertThatThrownBy(() -> database.execute(RUNNING, job, "bravo"))
        .hasMessageContaining("does not belong to device bravo");
  }

  @Test
  void a_job_has_one_running_run_and_a_new_start_closes_the_one_that_a_crash_left_open()
      throws SQLException {
    String job = database.job("alpha", "home");
    database.execute(RUNNING, job, "alpha");
    database.execute(RUNNING, job, "alpha");
    assertThat(database.rows("SELECT status, outcome, error_message FROM runs ORDER BY id"))
        .satisfiesExactly(
            old ->
                assertThat(old)
                    .containsEntry("status", "failed")
                    .containsEntry("outcome", "failed")
                    .containsEntry(
                        "error_message",
                        "the agent started the job again without having ended this run"),
            fresh -> assertThat(fresh).containsEntry("status", "running"));
  }

  @Test
  void a_client_cannot_change_a_run_that_has_ended_and_an_admin_can() throws SQLException {
    String job = database.job("alpha", "home");
    database.execute(RUNNING, job, "alpha");
    database.as(
        MigratedDatabase.SHARED_CLIENT, "UPDATE runs SET status = 'success', end_time = now()");
    assertThatThrownBy(() ->
            database.as(
                MigratedDatabase.SHARED_CLIENT,
                "UPDATE runs SET status = 'failed', outcome = 'failed'"))
        .hasMessageContaining("has ended and cannot be changed");
    database.as("backup_admin", "UPDATE runs SET status = 'failed', outcome = 'failed'");
  }

  @Test
  void a_run_from_the_future_is_kept_at_our_time_so_that_it_is_not_the_latest_until_then()
      throws SQLException {
    String job = database.job("alpha", "home");
    database.execute(
        "INSERT INTO runs (job_id, device_id, start_time, end_time, status) VALUES (?::uuid,"
            + " 'alpha', now() + interval '7 days', now() + interval '8 days', 'success')",
        job);
    assertThat(
            database.rows(
                "SELECT start_time <= clock_timestamp() AS started, end_time <= clock_timestamp()"
                    + " AS ended, (metadata ->> 'device_start_time')::timestamptz > now() +"
                    + " interval '6 days' AS said FROM runs"))
        .containsExactly(Map.of("started", true, "ended", true, "said", true));
  }

  @Test
  void a_run_that_was_closed_without_its_devices_word_is_put_right_by_it() throws SQLException {
    String job = database.job("alpha", "home");
    for (int i = 0; i < 2; i++) {
      database.execute(
          "INSERT INTO runs (job_id, device_id, start_time, status)"
              + " VALUES (?::uuid, 'alpha', now(), 'running')",
          job);
    }
    database.as(
        MigratedDatabase.SHARED_CLIENT,
        "UPDATE runs SET status = 'success', outcome = 'success', metadata = metadata -"
            + " 'provisional' WHERE metadata ->> 'code' = 'superseded'");
    assertThat(database.rows("SELECT status FROM runs ORDER BY id"))
        .containsExactly(Map.of("status", "success"), Map.of("status", "running"));
    assertThatThrownBy(() ->
            database.as(
                MigratedDatabase.SHARED_CLIENT,
                "UPDATE runs SET status = 'failed', outcome = 'failed' WHERE status = 'success'"))
        .hasMessageContaining("has ended and cannot be changed");
  }

  @Test
  void a_request_finds_its_device_and_a_mistake_in_it_is_answered() throws SQLException {
    String job = database.job("alpha", "home");
    database.as(
        "backup_admin", "INSERT INTO requests (kind, job_id) SELECT 'backup', id FROM backup_jobs");
    assertThat(database.rows("SELECT device_id, status FROM requests"))
        .containsExactly(Map.of("device_id", "alpha", "status", "pending"));
    assertThatThrownBy(() -> database.execute("INSERT INTO requests (kind) VALUES ('backup')"))
        .hasMessageContaining("a backup needs a job_id");
    assertThatThrownBy(() -> database.execute("INSERT INTO requests (kind) VALUES ('cancel')"))
        .hasMessageContaining("a cancel needs a run_uuid or a job_id");
    assertThatThrownBy(() -> database.execute("INSERT INTO requests (kind) VALUES ('sync')"))
        .hasMessageContaining("it names no device");
    assertThatThrownBy(() ->
            database.execute(
                "INSERT INTO requests (kind, run_uuid) VALUES ('cancel', gen_random_uuid())"))
        .hasMessageContaining("there is no run");
    database.device("bravo");
    assertThatThrownBy(() ->
            database.execute(
                "INSERT INTO requests (kind, device_id, job_id) VALUES ('backup', 'bravo',"
                    + " ?::uuid)",
                job))
        .hasMessageContaining("is not one of device bravo");
  }

  @Test
  void a_request_that_was_answered_stays_answered() throws SQLException {
    database.device("alpha");
    database.execute(
        "INSERT INTO requests (device_id, kind, status, finished_at) VALUES ('alpha', 'sync',"
            + " 'done', now())");
    assertThatThrownBy(() ->
            database.as(
                MigratedDatabase.SHARED_CLIENT,
                "UPDATE requests SET status = 'pending', finished_at = NULL"))
        .hasMessageContaining("cannot be opened again");
  }

  @Test
  void what_only_time_can_end_is_ended_by_any_device() throws SQLException {
    String job = database.job("alpha", "home");
    database.execute(
        "INSERT INTO requests (kind, job_id, expires_at) VALUES ('backup', ?::uuid, now() +"
            + " interval '2 minutes'), ('backup', ?::uuid, now() + interval '3 minutes')",
        job,
        job);
    database.execute("UPDATE requests SET expires_at = expires_at - interval '150 seconds'");
    database.execute(
        "INSERT INTO runs (job_id, device_id, start_time, status)"
            + " VALUES (?::uuid, 'alpha', now() - interval '2 days', 'running')",
        job);
    database.execute("UPDATE devices SET last_seen = now() - interval '2 days'");
    database.as(MigratedDatabase.SHARED_CLIENT, "SELECT holdfast.sweep()");
    // Received just now: a device that delivers is not away.
    assertThat(database.rows("SELECT status FROM runs"))
        .containsExactly(Map.of("status", "running"));
    database.execute("ALTER TABLE runs DISABLE TRIGGER runs_guard");
    database.execute("UPDATE runs SET received_at = now() - interval '2 days'");
    database.execute("ALTER TABLE runs ENABLE TRIGGER runs_guard");
    // It is looked for once a minute.
    database.execute("UPDATE holdfast.last_sweep SET stale_at = '-infinity'");
    database.as(MigratedDatabase.SHARED_CLIENT, "SELECT holdfast.sweep()");
    assertThat(database.rows("SELECT status, metadata ->> 'code' AS code FROM runs"))
        .containsExactly(Map.of("status", "failed", "code", "device-away"));
    assertThat(database.rows("SELECT status FROM requests ORDER BY expires_at"))
        .containsExactly(Map.of("status", "expired"), Map.of("status", "pending"));
  }

  @Test
  void a_device_clock_that_is_behind_loses_no_result() throws SQLException {
    String job = database.job("alpha", "home");
    database.execute(RUNNING, job, "alpha");
    database.execute(
        "UPDATE runs SET end_time = start_time - interval '7 min', status = 'success',"
            + " duration_seconds = -420");
    assertThat(database.rows("SELECT duration_seconds, end_time = start_time AS same FROM runs"))
        .isEqualTo(List.of(Map.of("duration_seconds", 0, "same", true)));
  }

  @Test
  void counts_beyond_an_integer_are_kept() throws SQLException {
    String job = database.job("alpha", "home");
    database.execute(RUNNING, job, "alpha");
    database.execute(
        "UPDATE runs SET files_unmodified = 3000000000, status = 'success', end_time = now()");
    assertThat(database.value("SELECT files_unmodified FROM runs")).isEqualTo(3_000_000_000L);
  }

  @Test
  void history_outlives_a_job_and_keeps_a_device_from_being_deleted() throws SQLException {
    String job = database.job("alpha", "home");
    database.execute(RUNNING, job, "alpha");
    database.execute("UPDATE runs SET status = 'success', end_time = now()");
    database.as("backup_admin", "DELETE FROM backup_jobs");
    assertThat(database.rows("SELECT job_name, job_id FROM runs").getFirst())
        .containsEntry("job_name", "home")
        .containsEntry("job_id", null);
    assertThatThrownBy(() -> database.execute("DELETE FROM devices"))
        .hasMessageContaining("device \"alpha\" cannot be deleted: rows of runs refer to it");
  }

  @Test
  void a_changed_job_says_when_and_a_heartbeat_is_no_change() throws SQLException {
    database.job("alpha", "home");
    database.execute("UPDATE backup_jobs SET description = 'x'");
    assertThat(database.value("SELECT updated_at > created_at FROM backup_jobs")).isEqualTo(true);
    database.execute("UPDATE devices SET last_seen = now(), hostname = 'h', metadata = '{}'");
    assertThat(database.value("SELECT updated_at = created_at FROM devices")).isEqualTo(true);
  }

  @Test
  void a_viewer_sees_everything_but_secrets() throws SQLException {
    database.execute("UPDATE settings SET value = 'hunter2' WHERE key = 'repository_password'");
    database.execute(
        "UPDATE settings SET value = 'rest:https://u:hunter2@host/r' WHERE key = 'repository_url'");
    // As before the schema refused what it does not know.
    database.execute("ALTER TABLE settings DISABLE TRIGGER settings_check");
    database.execute("INSERT INTO settings (key, value) VALUES ('repository_pasword', 'hunter2')");
    assertThat(database.rows("SELECT value FROM settings_public").toString())
        .doesNotContain("hunter2")
        .contains("rest:https://u:********@host/r");
    database.as(
        "backup_viewer",
        "SELECT * FROM settings_public",
        "SELECT * FROM runs",
        "SELECT * FROM problems",
        "SELECT * FROM job_summary",
        "SELECT * FROM latest_runs",
        "SELECT * FROM devices",
        "SELECT * FROM control_plane_version");
    assertThatThrownBy(() -> database.as("backup_viewer", "SELECT * FROM settings"))
        .hasMessageContaining("permission denied");
    assertThatThrownBy(() -> database.as("backup_viewer", "DELETE FROM runs"))
        .hasMessageContaining("permission denied");
  }

  @Test
  void a_client_changes_nothing_that_is_an_admins() throws SQLException {
    database.job("alpha", "home");
    for (String forbidden :
        List.of(
            "UPDATE backup_jobs SET enabled = false",
            "INSERT INTO settings (key, value) VALUES ('x', 'y')",
            "UPDATE devices SET enabled = true",
            "UPDATE schedules SET enabled = false",
            "DELETE FROM runs",
            "DELETE FROM devices",
            "UPDATE control_plane_version SET schema_version = 1",
            "CREATE TABLE mine (id int)")) {
      assertThatThrownBy(() -> database.as(MigratedDatabase.SHARED_CLIENT, forbidden))
          .as(forbidden)
          .hasMessageContaining("permission denied");
    }
  }

  @Test
  void an_admin_may_do_all_that_the_documents_show() throws SQLException {
    database.as(
        "backup_admin",
        "INSERT INTO devices (id, name, platform) VALUES ('alpha', 'Alpha', 'linux')",
        "INSERT INTO backup_jobs (device_id, name, source_paths) VALUES ('alpha', 'home',"
            + " ARRAY['C:\\Users\\me'])",
        "INSERT INTO schedules (job_id, schedule_type, cron_expression) SELECT id, 'cron', '0 2 * *"
            + " *' FROM backup_jobs",
        "UPDATE settings SET value = '60' WHERE key = 'sync_interval_seconds'",
        "UPDATE devices SET enabled = false",
        "DELETE FROM schedules",
        "DELETE FROM backup_jobs");
  }

  @Test
  void the_newest_run_shows_in_the_views() throws SQLException {
    String job = database.job("alpha", "home");
    database.execute(
        "INSERT INTO runs (job_id, device_id, start_time, end_time, status, outcome, error_message)"
            + " VALUES (?::uuid, 'alpha', now() - interval '2 h', now(), 'success', 'success',"
            + " NULL), (?::uuid, 'alpha', now() - interval '1 h', now(), 'failed', 'partial', 'a"
            + " file')",
        job,
        job);
    assertThat(database.rows("SELECT status, outcome FROM latest_runs"))
        .isEqualTo(List.of(Map.of("status", "failed", "outcome", "partial")));
    assertThat(
            database.rows(
                "SELECT last_run_status, last_run_outcome, last_run_error FROM job_summary"))
        .isEqualTo(
            List.of(
                Map.of(
                    "last_run_status",
                    "failed",
                    "last_run_outcome",
                    "partial",
                    "last_run_error",
                    "a file")));
  }

  @Test
  void every_change_of_configuration_notifies_the_device_that_it_concerns_and_nothing_else_does()
      throws SQLException {
    String job = database.job("alpha", "home");
    String other = database.job("bravo", "other");
    try (Connection listener = database.connect();
        Statement listen = listener.createStatement()) {
      database.execute(
          "INSERT INTO holdfast.channels (device_id, channel) VALUES ('alpha', 'of_alpha'),"
              + " ('bravo', 'of_bravo')");
      listen.execute("LISTEN of_alpha; LISTEN of_bravo");
      database.execute(
          "INSERT INTO schedules (job_id, schedule_type, interval_seconds) VALUES (?::uuid,"
              + " 'interval', 60)",
          job);
      assertThat(heard(listener)).containsExactly("alpha");
      database.execute("UPDATE schedules SET interval_seconds = 61");
      assertThat(heard(listener)).containsExactly("alpha");
      database.execute("UPDATE schedules SET timezone = 'Europe/Berlin'");
      assertThat(heard(listener)).containsExactly("alpha");
      database.execute("UPDATE schedules SET job_id = ?::uuid", other);
      assertThat(heard(listener)).containsExactlyInAnyOrder("alpha", "bravo");
      database.execute("UPDATE backup_jobs SET enabled = false WHERE name = 'home'");
      assertThat(heard(listener)).containsExactly("alpha");
      database.execute("UPDATE devices SET enabled = false WHERE id = 'bravo'");
      assertThat(heard(listener)).containsExactly("bravo");
      database.execute("UPDATE settings SET value = '60' WHERE key = 'sync_interval_seconds'");
      assertThat(heard(listener)).containsExactlyInAnyOrder("alpha*", "bravo*");
      database.execute(
          "INSERT INTO settings (device_id, key, value) VALUES ('alpha', 'sync_interval_seconds',"
              + " '5')");
      assertThat(heard(listener)).containsExactly("alpha");
      database.execute("DELETE FROM schedules");
      assertThat(heard(listener)).containsExactly("bravo");
      database.execute("DELETE FROM backup_jobs WHERE name = 'home'");
      assertThat(heard(listener)).containsExactly("alpha");

      database.execute("UPDATE devices SET last_seen = now(), metadata = '{}', hostname = 'x'");
      database.execute(
          "INSERT INTO schedules (job_id, schedule_type, interval_seconds) VALUES (?::uuid,"
              + " 'interval', 60)",
          other);
      assertThat(heard(listener)).containsExactly("bravo");
      database.execute("UPDATE schedules SET last_run_at = now(), next_run_at = now()");
      assertThat(heard(listener)).isEmpty();
    }
  }

  /** A round trip hands over all that was notified before it. */
  private static List<String> heard(Connection listener) throws SQLException {
    try (Statement statement = listener.createStatement()) {
      statement.execute("SELECT 1");
    }
    PGNotification[] heard = listener.unwrap(PGConnection.class).getNotifications();
    return heard == null
        ? List.of()
        : Stream.of(heard).map(one -> one.getName().substring(3) + one.getParameter()).toList();
  }
}
