package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.embedded.TestPostgres;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A control plane that was made from the seed's document, with a fleet in it, is migrated. */
class SeedMigrationIT {

  private static MigratedDatabase seeded() throws SQLException, IOException {
    MigratedDatabase database = MigratedDatabase.empty();
    database.execute("SET ROLE " + TestPostgres.OWNER);
    for (String part : List.of("schema.sql", "default-settings.sql", "views.sql")) {
      database.execute(SeedDocumentIT.text(part));
    }
    database.execute("RESET ROLE");
    return database;
  }

  private static final List<String> TABLES = List.of("devices", "backup_jobs", "schedules", "runs");

  @Test
  void a_thousand_devices_with_a_hundred_thousand_runs_lose_no_row() throws Exception {
    try (MigratedDatabase database = seeded()) {
      database.execute(
          "INSERT INTO devices (id, name, platform, hostname, last_seen) SELECT 'device-' || n, 'Device ' || n,"
              + " 'linux', 'host-' || n, now() FROM generate_series(1, 1000) n");
      database.execute(
          "INSERT INTO backup_jobs (device_id, name, source_paths, tags, restic_args) SELECT d.id, 'job ' ||"
              + " n, '{/srv}', '{a}', '[\"--exclude-caches\"]' FROM devices d, generate_series(1, 2) n");
      database.execute(
          "INSERT INTO schedules (job_id, schedule_type, cron_expression, last_run_at) SELECT id, 'cron',"
              + " '0 2 * * *', now() FROM backup_jobs");
      database.execute(
          "INSERT INTO runs (job_id, device_id, start_time, end_time, status, files_new, data_added_bytes,"
              + " snapshot_id, triggered_by, restic_output) SELECT j.id, j.device_id, now() - n * interval '1"
              + " day', now() - n * interval '1 day' + interval '5 minutes', CASE WHEN n % 10 = 0 THEN"
              + " 'failed' ELSE 'success' END, n, 1000 * n, 'snap' || n, 'schedule', '{}' FROM backup_jobs j,"
              + " generate_series(1, 50) n");
      database.execute("UPDATE settings SET value = '/repo' WHERE key = 'repository_url'");
      database.execute(
          "INSERT INTO settings (device_id, key, value) VALUES ('device-7', 'max_concurrent_backups', '3')");

      assertThat(database.migrate()).isPositive();

      assertThat(database.value("SELECT count(*) FROM runs")).isEqualTo(100_000L);
      for (String table : TABLES) {
        assertThat(
                database.rows(
                    "SELECT id FROM seed." + table + " EXCEPT SELECT id FROM public." + table))
            .as(table)
            .isEmpty();
      }
      assertThat(
              database.rows(
                  "SELECT id, job_id, device_id, start_time, end_time, status, files_new, data_added_bytes,"
                      + " snapshot_id, triggered_by, restic_output FROM seed.runs EXCEPT SELECT id, job_id,"
                      + " device_id, start_time, end_time, status, files_new, data_added_bytes, snapshot_id,"
                      + " triggered_by, restic_output FROM public.runs"))
          .as("what the runs say")
          .isEmpty();
      assertThat(
              database.rows(
                  "SELECT id, device_id, name, source_paths, tags, restic_args, enabled, created_at FROM"
                      + " seed.backup_jobs EXCEPT SELECT id, device_id, name, source_paths, tags, restic_args,"
                      + " enabled, created_at FROM public.backup_jobs"))
          .as("what the jobs say")
          .isEmpty();
      assertThat(
              database.rows(
                  "SELECT device_id, key, value FROM seed.settings EXCEPT SELECT device_id, key, value FROM"
                      + " public.settings"))
          .as("settings")
          .isEmpty();
      assertThat(database.value("SELECT count(*) FROM job_state WHERE last_outcome = 'success'"))
          .isEqualTo(2000L);
      assertThat(database.value("SELECT sum(runs) FROM job_days")).isEqualTo(100_000L);

      // The seed's statements go on, and the numbers with them.
      database.execute(
          "INSERT INTO runs (job_id, device_id, start_time, status, triggered_by) SELECT id, device_id, now(),"
              + " 'running', 'manual' FROM backup_jobs LIMIT 1");
      assertThat(database.value("SELECT max(id) FROM runs")).isEqualTo(100_001L);
      assertThat(database.migrate()).as("once").isZero();
      assertThat(database.value("SELECT count(*) FROM runs")).isEqualTo(100_001L);
    }
  }

  @Test
  void a_device_with_its_own_url_keeps_the_fleets_password_that_it_used() throws Exception {
    try (MigratedDatabase database = seeded()) {
      database.execute("INSERT INTO devices (id, name, platform) VALUES ('own', 'Own', 'linux')");
      database.execute("DELETE FROM settings");
      database.execute(
          "INSERT INTO settings (device_id, key, value) VALUES (NULL, 'repository_password', 'plugh'),"
              + " ('own', 'repository_url', '/own')");
      database.migrate();
      assertThat(
              database.rows(
                  "SELECT value FROM settings WHERE device_id = 'own' AND key = 'repository_password'"))
          .containsExactly(Map.of("value", "plugh"));
    }
  }

  @Test
  void what_the_seed_let_in_is_taken_over_and_put_right_where_it_must_be() throws Exception {
    try (MigratedDatabase database = seeded()) {
      database.execute(
          "INSERT INTO devices (id, name, platform) VALUES (' odd id', 'Odd', 'amiga')");
      database.execute(
          "INSERT INTO backup_jobs (device_id, name, source_paths, restic_args) VALUES (' odd id', 'bad',"
              + " '{}', '{\"a\": 1}')");
      database.execute(
          "INSERT INTO schedules (job_id, schedule_type, cron_expression) SELECT id, 'cron', 'every night' FROM"
              + " backup_jobs");
      database.execute(
          "INSERT INTO settings (key, value) VALUES ('repository_url', '/first'), ('repository_url', '/last'),"
              + " ('unknown_key', 'x')");
      database.execute(
          "INSERT INTO runs (job_id, device_id, start_time, end_time, status, duration_seconds, triggered_by,"
              + " restic_output) SELECT id, device_id, now() - interval '1 hour', now() - interval '2 hours',"
              + " 'success', -3600, 'remote', repeat('x', 100000) FROM backup_jobs");
      database.execute(
          "INSERT INTO runs (job_id, device_id, start_time, status) SELECT id, device_id, now() - n * interval"
              + " '1 minute', 'running' FROM backup_jobs, generate_series(1, 3) n");
      database.execute(
          "INSERT INTO runs (job_id, device_id, start_time, status) SELECT id, device_id, now() - interval '9"
              + " hours', 'failed' FROM backup_jobs");

      database.migrate();

      assertThat(database.rows("SELECT id, platform FROM devices"))
          .containsExactly(Map.of("id", " odd id", "platform", "amiga"));
      assertThat(database.value("SELECT cron_expression FROM schedules")).isEqualTo("every night");
      assertThat(database.value("SELECT value FROM settings WHERE key = 'repository_url'"))
          .isEqualTo("/last");
      assertThat(database.value("SELECT count(*) FROM settings WHERE key = 'unknown_key'"))
          .isEqualTo(1L);
      assertThat(database.value("SELECT count(*) FROM runs")).isEqualTo(5L);
      assertThat(database.value("SELECT count(*) FROM runs WHERE status = 'running'"))
          .isEqualTo(1L);
      assertThat(
              database.rows(
                  "SELECT end_time = start_time AS ends, duration_seconds, metadata ->> 'triggered_by' AS by FROM"
                      + " runs WHERE status = 'success'"))
          .containsExactly(Map.of("ends", true, "duration_seconds", 0, "by", "remote"));
      assertThat(database.value("SELECT count(*) FROM seed.runs")).as("untouched").isEqualTo(5L);
    }
  }

  @Test
  void a_database_that_is_empty_or_ours_has_no_seed() throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      assertThat(database.value("SELECT to_regnamespace('seed') IS NULL")).isEqualTo(true);
      assertThat(database.migrate()).isZero();
    }
  }
}
