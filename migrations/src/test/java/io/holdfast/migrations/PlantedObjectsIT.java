package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.migrations.Wall.Part;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Somebody lays temporary types, tables, functions and operators of every name that the schema
 * could mean into its way, and then calls all that he may call: nothing of his is ever used. That
 * nobody may make temporary objects at all is another wall, which is opened here.
 */
class PlantedObjectsIT {

  private static Wall opened() throws SQLException, IOException {
    Wall wall = Wall.create();
    String name = wall.database().name();
    wall.database().execute("GRANT TEMPORARY ON DATABASE " + name + " TO PUBLIC");
    wall.database().execute("ALTER DATABASE " + name + " SET track_functions = 'all'");
    return wall;
  }

  @ParameterizedTest
  @EnumSource(names = {"DEVICE", "VIEWER", "ADMIN"})
  void nothing_that_a_caller_has_laid_out_is_used(Part part) throws Exception {
    try (Wall wall = opened();
        Connection clean = wall.connect(part);
        Connection planted = wall.connect(part)) {
      assertThat(plant(planted)).isGreaterThan(1000L);
      List<String> differing = new ArrayList<>();
      List<String> statements = statements(wall, part);
      for (String statement : statements) {
        String undisturbed = outcome(clean, statement);
        String disturbed = outcome(planted, statement);
        if (!undisturbed.equals(disturbed)) {
          differing.add(statement + ": " + undisturbed + " became " + disturbed);
        }
        if (sprung(planted)) {
          differing.add(statement + ": used what the caller has laid out");
        }
      }
      assertThat(differing).isEmpty();
    }
  }

  @Test
  void the_traps_are_good_for_something() throws Exception {
    try (Wall wall = opened();
        Connection planted = wall.connect(Part.DEVICE)) {
      for (String weak :
          List.of(
              "holdfast.devices_check()",
              "holdfast.count_run(runs, integer)",
              "holdfast.require_own(varchar)",
              "holdfast.runs_keep_history()")) {
        wall.database().execute("ALTER FUNCTION " + weak + " SET search_path = pg_catalog");
      }
      plant(planted);
      List<String> caught = new ArrayList<>();
      try (Connection clean = wall.connect(Part.DEVICE)) {
        for (String statement : statements(wall, Part.DEVICE)) {
          boolean differs = !outcome(clean, statement).equals(outcome(planted, statement));
          if (sprung(planted) || differs) {
            caught.add(statement);
          }
        }
      }
      assertThat(caught)
          .anyMatch(statement -> statement.startsWith("SELECT holdfast.agent_sync("))
          .anyMatch(statement -> statement.startsWith("INSERT INTO public.runs"))
          .anyMatch(statement -> statement.startsWith("UPDATE public.runs"));
    }
  }

  @Test
  void every_function_of_the_schema_is_among_what_is_called() throws Exception {
    try (Wall wall = opened()) {
      for (Part part : List.of(Part.DEVICE, Part.VIEWER, Part.ADMIN)) {
        try (Connection connection = wall.connect(part)) {
          for (String statement : statements(wall, part)) {
            outcome(connection, statement);
          }
        }
      }
      // Those that only the owner calls, at a migration.
      try (Connection owner = wall.database().connect()) {
        for (String statement : Wall.lines("/wall/owner.sql")) {
          outcome(owner, statement);
        }
      }
      assertThat(
              wall
                  .database()
                  .rows(
                      "SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'holdfast'::regnamespace"
                          + " AND NOT EXISTS (SELECT FROM pg_stat_user_functions s WHERE s.funcid = p.oid)"
                          + " ORDER BY p.proname")
                  .stream()
                  .map(row -> String.valueOf(row.get("proname"))))
          .as("add a statement to src/test/resources/wall that calls it")
          .isEmpty();
    }
  }

  private static long plant(Connection connection) throws SQLException, IOException {
    try (Statement statement = connection.createStatement()) {
      // In the caller's own statements PostgreSQL's own names come first, so that only functions
      // of the schema can step into anything.
      statement.execute("SET search_path = pg_catalog, pg_temp");
      long planted = 0;
      boolean rows = statement.execute(Wall.text("/wall/plant.sql"));
      while (rows || statement.getUpdateCount() >= 0) {
        if (rows) {
          try (var result = statement.getResultSet()) {
            result.next();
            planted = result.getLong(1);
          }
        }
        rows = statement.getMoreResults();
      }
      return planted;
    }
  }

  private static boolean sprung(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        var result = statement.executeQuery("SELECT is_called FROM pg_temp.sprung")) {
      result.next();
      boolean sprung = result.getBoolean(1);
      if (sprung) {
        statement.execute("SELECT pg_catalog.setval('pg_temp.sprung', 1, false)");
      }
      return sprung;
    }
  }

  /** Undone again, so that every statement finds the same rows. */
  private static String outcome(Connection connection, String statement) throws SQLException {
    connection.setAutoCommit(false);
    String outcome = Wall.outcome(connection, "SET CONSTRAINTS ALL IMMEDIATE; " + statement);
    connection.rollback();
    connection.setAutoCommit(true);
    // What differs from one call to the next is no matter.
    return outcome
        .replaceAll("\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d\\S*", "TIME")
        .replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID")
        .replaceAll("\\d+", "N");
  }

  private static List<String> statements(Wall wall, Part part) throws SQLException, IOException {
    String resource = "/wall/" + part.name().toLowerCase(Locale.ROOT) + ".sql";
    return Stream.concat(
            Wall.lines(resource).stream()
                .map(line -> line.replace("%unbound", wall.login(Part.UNBOUND))),
            calls(wall, wall.login(part)).stream())
        .toList();
  }

  private static final Map<String, String> ARGUMENTS =
      Map.ofEntries(
          Map.entry("character varying", "'alpha'::varchar"),
          Map.entry("text", "'x'::text"),
          Map.entry("name", "'x'::name"),
          Map.entry("uuid", "'00000000-0000-0001-0000-000000000001'::uuid"),
          Map.entry("uuid[]", "'{00000000-0000-0001-0000-000000000001}'::uuid[]"),
          Map.entry("integer", "60"),
          Map.entry("bigint", "1::bigint"),
          Map.entry("boolean", "true"),
          Map.entry("jsonb", "'{}'::jsonb"),
          Map.entry("text[]", "'{x}'::text[]"),
          Map.entry("integer[]", "'{1}'::int4[]"),
          Map.entry("interval", "'1 hour'::interval"),
          Map.entry("timestamp with time zone", "pg_catalog.now()"),
          Map.entry("runs", "NULL::public.runs"));

  /** One call of every function that the login may call. */
  private static List<String> calls(Wall wall, String login) throws SQLException {
    List<String> calls = new ArrayList<>();
    for (Map<String, Object> function :
        wall.database()
            .rows(
                "SELECT p.proname, coalesce(array_to_string(ARRAY(SELECT format_type(t, NULL)"
                    + " FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (t, n) ORDER BY n), ';'), '') AS arguments"
                    + " FROM pg_proc p WHERE p.pronamespace = 'holdfast'::regnamespace"
                    + " AND p.prorettype <> 'trigger'::regtype AND has_function_privilege('"
                    + login
                    + "', p.oid, 'EXECUTE') ORDER BY 1, 2")) {
      List<String> arguments = new ArrayList<>();
      for (String type : String.valueOf(function.get("arguments")).split(";", -1)) {
        if (!type.isEmpty()) {
          assertThat(ARGUMENTS).as("a value for an argument").containsKey(type);
          arguments.add(ARGUMENTS.get(type));
        }
      }
      calls.add(
          "SELECT holdfast." + function.get("proname") + "(" + String.join(", ", arguments) + ")");
    }
    return calls;
  }
}
