package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.embedded.TestPostgres;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An admin's dump, restored elsewhere, is a control plane that works. */
class DumpIT {

  private static final String ADMIN = "dump_test_admin";
  private static final String PASSWORD = "dump-test";

  @TempDir private Path directory;

  /** Runs a program of PostgreSQL against that database, as that user. */
  private void run(String program, String database, String user, String... arguments)
      throws Exception {
    URI url = URI.create(TestPostgres.shared().jdbcUrl(database).substring("jdbc:".length()));
    List<String> command = new ArrayList<>(List.of(program, "--no-password"));
    command.addAll(List.of(arguments));
    File errors = directory.resolve(program + ".err").toFile();
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(errors);
    builder
        .environment()
        .putAll(
            Map.of(
                "PGHOST", url.getHost(),
                "PGPORT", String.valueOf(url.getPort()),
                "PGDATABASE", database,
                "PGUSER", user,
                "PGPASSWORD", PASSWORD));
    Process process = builder.start();
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(errors.toPath())).isZero();
  }

  @Test
  void a_dump_by_an_admin_is_whole_and_what_is_restored_goes_on() throws Exception {
    Path dump = directory.resolve("dump.sql");
    String role;
    try (MigratedDatabase database = MigratedDatabase.create()) {
      database.execute(
          """
          DO $$
          BEGIN
            CREATE ROLE dump_test_admin LOGIN PASSWORD 'dump-test' IN ROLE backup_admin;
          EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
          END
          $$
          """);
      String job = database.job("alpha", "home");
      database.execute(
          "INSERT INTO schedules (job_id, schedule_type, cron_expression) VALUES (?::uuid, 'cron', '0 2 * * *')",
          job);
      database.execute(
          "INSERT INTO runs (job_id, device_id, start_time, end_time, status) VALUES (?::uuid, 'alpha', now(), now(), 'success')",
          job);
      database.execute("UPDATE settings SET value = 'plugh' WHERE key = 'repository_password'");
      role =
          String.valueOf(
              database.value(
                  "SELECT holdfast.issue_login('alpha', NULL, NULL, 'SCRAM-SHA-256$4096:' || repeat('A', 24)"
                      + " || '$' || repeat('B', 43) || '=:' || repeat('C', 43) || '=', interval '1 hour')"));
      run("pg_dump", database.name(), ADMIN, "--enable-row-security", "--file=" + dump);
      // The other server has never heard of the device.
      database.execute("DROP ROLE " + role);
    }
    try (MigratedDatabase restored = MigratedDatabase.empty()) {
      String superuser = String.valueOf(restored.value("SELECT current_user"));
      run("psql", restored.name(), superuser, "-X", "-v", "ON_ERROR_STOP=1", "-f", dump.toString());
      assertThat(restored.value("SELECT holdfast.recreate_logins()")).isEqualTo(1);
      assertThat(restored.migrate()).as("nothing is left to migrate").isZero();
      assertThat(restored.rows("SELECT device_id, status FROM runs"))
          .containsExactly(Map.of("device_id", "alpha", "status", "success"));
      assertThat(restored.value("SELECT value FROM settings WHERE key = 'repository_password'"))
          .isEqualTo("plugh");
      assertThat(restored.value("SELECT count(*) FROM audit_log")).isNotEqualTo(0L);
      restored.execute("SET SESSION AUTHORIZATION " + role);
      assertThat(restored.rows("SELECT id FROM devices")).containsExactly(Map.of("id", "alpha"));
      assertThat(
              restored.value(
                  "SELECT holdfast.agent_sync('alpha', 'a', 'linux', 'h', '{}', '') ->> 'revision' IS NOT NULL"))
          .isEqualTo(true);
      restored.execute("RESET SESSION AUTHORIZATION");
      restored.execute(
          "INSERT INTO runs (job_id, device_id, start_time, status) SELECT id, device_id, now(), 'running' FROM"
              + " backup_jobs");
      assertThat(restored.value("SELECT count(*) FROM runs")).isEqualTo(2L);
      restored.execute("DROP OWNED BY " + role);
      restored.execute("DROP ROLE " + role);
    }
  }
}
