package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.embedded.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A control plane with a fleet's rows in it is upgraded from each schema that there ever was to the
 * newest: no row is lost, agents go on, and those of an age that the newest schema says it serves
 * find all that they had.
 */
class UpgradeIT {

  private static final Path ROWS = Path.of("src/test/resources/upgrade/rows.sql");
  private static final Pattern SECTION = Pattern.compile("^-- (?<version>\\d{3})$");

  /** What the migrations themselves fill: reference data and counters. */
  private static final String OURS =
      "('setting_keys', 'restic_arguments', 'control_plane_version', 'last_sweep', 'fleet_revision')";

  private static final String TABLES =
      "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
          + " WHERE schemaname IN ('public', 'holdfast') AND tablename <> 'flyway_schema_history'"
          + " AND tablename NOT IN "
          + OURS;

  /** What members of the role may do to which column, and which of our functions they may call. */
  private static final String RIGHTS =
      "SELECT format('%s %I.%I', privilege, c.relname, a.attname) AS name"
          + " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped,"
          + "   unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) privilege"
          + " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')"
          + "   AND has_column_privilege('backup_client', c.oid, a.attnum, privilege)"
          + " UNION ALL SELECT 'EXECUTE ' || p.oid::regprocedure FROM pg_proc p"
          + " WHERE p.pronamespace = to_regnamespace('holdfast') AND p.prorettype <> 'trigger'::regtype"
          + "   AND has_function_privilege('backup_client', p.oid, 'EXECUTE')";

  /** No agent ever made use of these: a view for people, and what a trigger calls. */
  private static final Pattern TAKEN_BACK =
      Pattern.compile("SELECT settings_public\\..*|EXECUTE holdfast\\.notify_device\\(.*");

  private static String stage = "";
  private static Map<Integer, String> rows = Map.of();

  @BeforeAll
  static void start() throws SQLException, IOException {
    stage = TestPostgres.shared().createDatabase();
    rows = sections(Files.readAllLines(ROWS));
  }

  private static Map<Integer, String> sections(List<String> lines) {
    Map<Integer, String> sections = new TreeMap<>();
    int version = 0;
    for (String line : lines) {
      Matcher section = SECTION.matcher(line);
      if (section.matches()) {
        version = Integer.parseInt(section.group("version"));
      } else {
        sections.merge(version, line + "\n", String::concat);
      }
    }
    return sections;
  }

  /** All versions from the first that has jobs. */
  private static List<Integer> versions() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("sql"))) {
      int newest =
          files
              .map(file -> file.getFileName().toString())
              .filter(file -> file.startsWith("V"))
              .mapToInt(file -> Integer.parseInt(file.substring(1, 4)))
              .max()
              .orElseThrow();
      return IntStream.rangeClosed(3, newest).boxed().toList();
    }
  }

  /** The versions come in their order, so each costs the stage one migration. */
  private static MigratedDatabase at(int version) throws SQLException {
    MigratedDatabase.flyway(TestPostgres.shared().jdbcUrl(stage))
        .target(String.valueOf(version))
        .load()
        .migrate();
    MigratedDatabase database = MigratedDatabase.copyOf(stage);
    for (Map.Entry<Integer, String> section : rows.entrySet()) {
      if (section.getKey() <= version) {
        database.execute(section.getValue());
      }
    }
    return database;
  }

  private static List<String> names(MigratedDatabase database, String sql) throws SQLException {
    return database.rows(sql).stream().map(row -> String.valueOf(row.get("name"))).toList();
  }

  @ParameterizedTest
  @MethodSource("versions")
  void an_upgrade_loses_no_row_and_agents_go_on(int version) throws Exception {
    try (MigratedDatabase database = at(version)) {
      List<String> tables = names(database, TABLES);
      List<String> rights = names(database, RIGHTS);
      database.execute("CREATE SCHEMA before");
      database.execute("CREATE TABLE before.rows (name text, content jsonb)");
      for (String table : tables) {
        database.execute(
            "INSERT INTO before.rows SELECT '" + table + "', to_jsonb(t) FROM " + table + " t");
      }

      database.migrate();

      assertThat(database.migrate()).as("migrations of a second run").isZero();
      for (String table : tables) {
        assertThat(
                database.rows(
                    "SELECT content FROM before.rows WHERE name = ? AND NOT EXISTS (SELECT FROM "
                        + table
                        + " t WHERE to_jsonb(t) @> content)",
                    table))
            .as("rows of %s that are lost or changed", table)
            .isEmpty();
      }
      syncs(database);
      if (oldestAgent(database) <= version) {
        assertThat(names(database, RIGHTS))
            .as("what agents for schema %d are still served with", version)
            .containsAll(
                rights.stream().filter(right -> !TAKEN_BACK.matcher(right).matches()).toList());
      }
    }
  }

  private static int oldestAgent(MigratedDatabase database) throws SQLException {
    return (Integer) database.value("SELECT oldest_agent_schema FROM control_plane_version");
  }

  /** By a login of the device's own, which sees its jobs and writes a run. */
  private static void syncs(MigratedDatabase database) throws SQLException {
    String role =
        String.valueOf(
            database.value(
                "SELECT holdfast.issue_login('web-01', NULL, NULL, 'SCRAM-SHA-256$4096:' || repeat('A', 24)"
                    + " || '$' || repeat('B', 43) || '=:' || repeat('C', 43) || '=', interval '1 hour')"));
    try (Connection agent = database.connect()) {
      MigratedDatabase.execute(agent, "SET SESSION AUTHORIZATION " + role);
      assertThat(
              MigratedDatabase.rows(
                  agent,
                  "SELECT job ->> 'name' AS name FROM jsonb_array_elements("
                      + "holdfast.agent_sync('web-01', 'Web 1', 'linux', 'web-01', '{}', '') -> 'jobs') job"))
          .containsExactly(Map.of("name", "www"));
      MigratedDatabase.execute(
          agent,
          "INSERT INTO runs (run_uuid, job_id, device_id, job_name, start_time, status, triggered_by)"
              + " SELECT gen_random_uuid(), id, device_id, name, now(), 'running', 'schedule'"
              + " FROM backup_jobs");
    }
    assertThat(database.value("SELECT count(*) FROM runs WHERE device_id = 'web-01'"))
        .isEqualTo(rowsOfTheFleet(database) + 1);
    database.execute("DROP OWNED BY " + role);
    database.execute("DROP ROLE " + role);
  }

  private static long rowsOfTheFleet(MigratedDatabase database) throws SQLException {
    return (Long)
        database.value(
            "SELECT count(*) FROM before.rows WHERE name = 'public.runs' AND content ->> 'device_id' = 'web-01'");
  }

  @Test
  void the_fleet_has_rows_in_every_table() throws Exception {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      for (String section : rows.values()) {
        database.execute(section);
      }
      for (String table : names(database, TABLES)) {
        assertThat(database.value("SELECT count(*) FROM " + table))
            .as("rows of %s: put some into upgrade/rows.sql", table)
            .isNotEqualTo(0L);
      }
    }
  }
}
