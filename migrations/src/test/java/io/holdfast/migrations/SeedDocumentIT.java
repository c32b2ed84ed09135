package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The statements of the seed document, to the letter, on the migrated database. */
class SeedDocumentIT {

  /** A part of the seed document as it stands there. */
  static String text(String file) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(SeedDocumentIT.class.getResourceAsStream("/seed/" + file))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static List<String> statements(String file) throws IOException {
    return Stream.of(text(file).split(";[^\\n]*\\n|;\\z", -1))
        .map(String::strip)
        .filter(s -> s.lines().anyMatch(line -> !line.isBlank() && !line.startsWith("--")))
        .toList();
  }

  /** PREPARE takes the text with its $1 as it stands. */
  private static int run(Connection connection, String sql, String arguments) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("PREPARE seed AS " + sql);
      boolean rows =
          statement.execute("EXECUTE seed" + (arguments.isEmpty() ? "" : "(" + arguments + ")"));
      int count = 0;
      if (rows) {
        try (ResultSet result = statement.getResultSet()) {
          while (result.next()) {
            count++;
          }
        }
      } else {
        count = statement.getUpdateCount();
      }
      statement.execute("DEALLOCATE seed");
      return count;
    }
  }

  @Test
  void the_queries_for_clients_run_unchanged_as_a_client() throws Exception {
    try (MigratedDatabase database = MigratedDatabase.create();
        Connection client = database.connect()) {
      String job = database.job("alpha", "home");
      database.execute(
          "INSERT INTO schedules (job_id, schedule_type, cron_expression) VALUES (?::uuid, 'cron', '0 2 * * *')",
          job);
      try (Statement role = client.createStatement()) {
        role.execute("SET ROLE " + MigratedDatabase.SHARED_CLIENT);
      }
      List<String> seed = statements("queries-for-client.sql");
      assertThat(seed).hasSize(7);

      assertThat(run(client, seed.get(0), "'alpha'")).isEqualTo(1);
      assertThat(run(client, seed.get(1), "'alpha'")).isEqualTo(1);
      assertThat(run(client, seed.get(2), "'alpha'")).isEqualTo(7);
      assertThat(run(client, seed.get(3), "'" + job + "', 'alpha', 'schedule'")).isEqualTo(1);
      Object id = database.value("SELECT id FROM runs");
      assertThat(
              run(
                  client,
                  seed.get(4),
                  "now() + interval '90 s', 'success', 0, NULL, 1, 2, 3, 4096, 'caf83f73', 'out', 'err', "
                      + id))
          .isEqualTo(1);
      assertThat(run(client, seed.get(5), "now(), now() + interval '1 day', '" + job + "'"))
          .isEqualTo(1);
      assertThat(run(client, seed.get(6), "'alpha', 'alpha.example', '{\"version\": \"1\"}'"))
          .isEqualTo(1);

      Map<String, Object> run = database.rows("SELECT * FROM runs").getFirst();
      assertThat(run)
          .containsEntry("status", "success")
          .containsEntry("outcome", "success")
          .containsEntry("job_name", "home")
          .containsEntry("files_unmodified", 3L)
          .containsEntry("snapshot_id", "caf83f73");
      assertThat((Integer) run.get("duration_seconds")).isBetween(89, 91);
    }
  }

  @Test
  void the_views_can_be_defined_as_the_seed_defines_them_and_ours_have_their_columns()
      throws Exception {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      List<Map<String, Object>> ours = columns(database);
      // The seed's CREATE VIEW cannot stand beside ours, so ours make room first.
      database.execute("DROP VIEW job_summary");
      database.execute("DROP VIEW latest_runs");
      List<String> seed = statements("views.sql");
      assertThat(seed).hasSize(4);
      for (String statement : seed) {
        database.execute(statement);
      }
      assertThat(ours).containsAll(columns(database));
    }
  }

  /** View, name, type and place of every column. */
  private static List<Map<String, Object>> columns(MigratedDatabase database) throws SQLException {
    return database.rows(
        "SELECT table_name::text, column_name::text, data_type::text, ordinal_position::int"
            + " FROM information_schema.columns WHERE table_name IN ('latest_runs', 'job_summary')");
  }

  @Test
  void the_default_settings_are_those_of_the_seed() throws Exception {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      String values =
          "SELECT key, value FROM settings WHERE key <> 'repository_auto_init' ORDER BY key";
      List<Map<String, Object>> ours = database.rows(values);
      database.execute("SET holdfast.allow_bulk = on");
      database.execute("DELETE FROM settings");
      for (String statement : statements("default-settings.sql")) {
        database.execute(statement);
      }
      assertThat(database.rows(values)).hasSize(6).isEqualTo(ours);
    }
  }

  @Test
  void the_clean_up_removes_what_is_old_and_has_ended() throws Exception {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      String job = database.job("alpha", "home");
      database.execute(
          "INSERT INTO runs (job_id, device_id, start_time, end_time, status)"
              + " SELECT ?::uuid, 'alpha', t, t, 'success' FROM (VALUES (now() - interval '91 days'), (now())) v (t)",
          job);
      for (String statement : statements("run-history-cleanup.sql")) {
        database.as("backup_admin", statement);
      }
      assertThat(database.rows("SELECT FROM runs")).hasSize(1);
    }
  }
}
