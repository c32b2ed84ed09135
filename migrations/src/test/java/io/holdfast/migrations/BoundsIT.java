package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.migrations.Wall.Part;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How much a device or an admin can write, how far into the future, and what they can hold up. */
class BoundsIT {

  private static final String JOB = "'00000000-0000-0001-0000-000000000001'";

  private Wall wall;
  private Connection device;

  @BeforeEach
  void create() throws SQLException, IOException {
    wall = Wall.create();
    wall.database()
        .execute(
            "INSERT INTO restores (id, device_id, target, start_time, status)"
                + " VALUES (gen_random_uuid(), 'alpha', '/srv/back', now(), 'running')");
    device = wall.connect(Part.DEVICE);
  }

  @AfterEach
  void close() throws SQLException {
    device.close();
    wall.close();
  }

  /** For each table that devices add rows to, a row that is taken. */
  private static final Map<String, Map<String, String>> ROWS =
      Map.of(
          "devices",
          Map.of("id", "'alpha'", "name", "'x'", "platform", "'linux'"),
          "runs",
          Map.of(
              "run_uuid",
              "gen_random_uuid()",
              "job_id",
              JOB,
              "device_id",
              "'alpha'",
              "status",
              "'failed'",
              "start_time",
              "now()",
              "end_time",
              "now()"),
          "missed_runs",
          Map.of(
              "id",
              "gen_random_uuid()",
              "device_id",
              "'alpha'",
              "job_name",
              "'x'",
              "due_at",
              "now()",
              "last_due_at",
              "now()",
              "reason",
              "'away'",
              "message",
              "'x'"),
          "problems",
          Map.of(
              "device_id",
              "'alpha'",
              "source",
              "'run'",
              "subject",
              "'x'",
              "code",
              "gen_random_uuid()",
              "message",
              "'x'",
              "remedy",
              "'x'"),
          "restores",
          Map.of(
              "id",
              "gen_random_uuid()",
              "device_id",
              "'alpha'",
              "target",
              "'/x'",
              "start_time",
              "now()",
              "end_time",
              "now()",
              "status",
              "'failed'"),
          "verifications",
          Map.of(
              "id",
              "gen_random_uuid()",
              "job_name",
              "'x'",
              "device_id",
              "'alpha'",
              "triggered_by",
              "'manual'",
              "start_time",
              "now()",
              "end_time",
              "now()",
              "outcome",
              "'failed'",
              "code",
              "'x'"),
          "housekeeping_runs",
          Map.of(
              "run_uuid",
              "gen_random_uuid()",
              "kind",
              "'prune'",
              "repository_id",
              "'repo'",
              "device_id",
              "'alpha'",
              "triggered_by",
              "'manual'",
              "lease_token",
              "1",
              "start_time",
              "now()",
              "status",
              "'running'"));

  private static final Map<String, String> TOO_MUCH =
      Map.of(
          "text", "repeat('x', 3000000)",
          "varchar", "repeat('x', 3000000)",
          "jsonb", "jsonb_build_object('a', repeat('x', 3000000))",
          "_text", "array_fill(repeat('x', 30000), ARRAY[100])",
          "timestamptz", "'infinity'");

  private static String within(String column, String type) {
    return type.equals("timestamptz")
        ? "coalesce(" + column + " < now() + interval '11 years', true)"
        : "coalesce(octet_length(" + column + "::text) < 1100000, true)";
  }

  /** What else has to change with a column, so that nothing but the value can be refused. */
  private static final Map<String, Map<String, String>> TOGETHER =
      Map.of(
          "housekeeping_runs.end_time", Map.of("status", "'failed'"),
          "requests.finished_at", Map.of("status", "'failed'"),
          "restores.end_time", Map.of("status", "'failed'"),
          "runs.end_time", Map.of("status", "'failed'"),
          "missed_runs.due_at", Map.of("last_due_at", "'infinity'"));

  /** A value that is refused for something else says nothing of a bound. */
  private static final Pattern FOR_ITS_SIZE =
      Pattern.compile(
          "row of \\w+ refused|value too long for type|is longer than [0-9]+ bytes|\\w+_text_bounded");

  @Test
  void nothing_that_a_device_writes_is_without_a_bound() throws SQLException {
    List<String> unbounded = new ArrayList<>();
    int tried = 0;
    for (Map<String, Object> column :
        wall.database()
            .rows(
                "SELECT c.relname, a.attname, t.typname, has_column_privilege('backup_client', c.oid, a.attnum, 'INSERT') AS"
                    + " inserts, has_column_privilege('backup_client', c.oid, a.attnum, 'UPDATE') AS updates FROM"
                    + " pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid WHERE"
                    + " c.relkind = 'r' AND c.relnamespace IN ('public'::regnamespace, 'holdfast'::regnamespace) AND"
                    + " a.attnum > 0 AND NOT a.attisdropped AND t.typname NOT IN ('uuid', 'int4', 'int8', 'bool')"
                    + " ORDER BY 1, 2")) {
      String table = String.valueOf(column.get("relname"));
      String name = String.valueOf(column.get("attname"));
      String type = String.valueOf(column.get("typname"));
      boolean inserts = Boolean.TRUE.equals(column.get("inserts"));
      boolean updates = Boolean.TRUE.equals(column.get("updates"));
      if (!inserts && !updates) {
        continue;
      }
      String tooMuch = Objects.requireNonNull(TOO_MUCH.get(type), "too much of " + type);
      List<String> statements = new ArrayList<>();
      Map<String, String> values = new LinkedHashMap<>(Map.of(name, tooMuch));
      values.putAll(TOGETHER.getOrDefault(table + "." + name, Map.of()));
      if (inserts) {
        assertThat(ROWS).as("add a row that is taken").containsKey(table);
        // The device is there already: what its trigger makes of the new row shows all the same.
        statements.add(
            insert(table, values)
                + (table.equals("devices") && updates
                    ? " ON CONFLICT (id) DO UPDATE SET " + name + " = excluded." + name
                    : ""));
      }
      if (updates) {
        statements.add("UPDATE " + table + " SET " + assigned(values) + own(table));
      }
      for (String statement : statements) {
        tried++;
        String outcome = rolledBack(statement + " RETURNING " + within(name, type));
        if (!outcome.startsWith("t ") && !FOR_ITS_SIZE.matcher(outcome).find()) {
          unbounded.add(statement + ": " + outcome);
        }
      }
    }
    assertThat(unbounded).isEmpty();
    assertThat(tried).isGreaterThan(100);
  }

  /**
   * Finding L9: a job with a million patterns kept a session in a trigger that nobody could end.
   */
  @Test
  void nothing_that_an_admin_writes_is_without_a_bound() throws SQLException {
    wall.database()
        .execute(
            "INSERT INTO password_rotations (id, repository_id, old_key) VALUES (gen_random_uuid(), 'repo', 'old')"
                + " ON CONFLICT DO NOTHING");
    List<String> unbounded = new ArrayList<>();
    int tried = 0;
    try (Connection admin = wall.connect(Part.ADMIN)) {
      for (Map<String, Object> column :
          wall.database()
              .rows(
                  "SELECT c.relname, a.attname, t.typname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
                      + " JOIN pg_type t ON t.oid = a.atttypid WHERE c.relkind = 'r' AND c.relnamespace IN"
                      + " ('public'::regnamespace, 'holdfast'::regnamespace) AND a.attnum > 0 AND NOT a.attisdropped AND"
                      + " t.typname IN ('text', 'varchar', 'jsonb', '_text') AND has_column_privilege('backup_admin',"
                      + " c.oid, a.attnum, 'UPDATE') ORDER BY 1, 2")) {
        String table = String.valueOf(column.get("relname"));
        String name = String.valueOf(column.get("attname"));
        for (String tooMuch :
            Objects.requireNonNull(
                TOO_MUCH_OF_AN_ADMIN.get(String.valueOf(column.get("typname"))), name)) {
          tried++;
          String statement = "UPDATE " + table + " SET " + name + " = " + tooMuch;
          String outcome =
              rolledBack(
                  admin, statement + " RETURNING octet_length(" + name + "::text) < 1100000");
          if (!outcome.startsWith("t ") && !FOR_ITS_SIZE.matcher(outcome).find()) {
            unbounded.add(statement + ": " + outcome);
          }
        }
      }
      assertThat(
              rolledBack(
                  admin,
                  "INSERT INTO backup_jobs (device_id, name, source_paths, exclude_patterns)"
                      + " VALUES ('alpha', 'million', '{/srv}', array_fill('*.x'::text, ARRAY[1000000]))"))
          .contains("row of backup_jobs refused");
    }
    assertThat(unbounded).isEmpty();
    assertThat(tried).isGreaterThan(60);
  }

  private static final Map<String, List<String>> TOO_MUCH_OF_AN_ADMIN =
      Map.of(
          "text",
          List.of("repeat('x', 3000000)"),
          "varchar",
          List.of("repeat('x', 3000000)"),
          "jsonb",
          List.of(
              "jsonb_build_object('a', repeat('x', 3000000))",
              "to_jsonb(array_fill('--verbose'::text, ARRAY[1000000]))"),
          "_text",
          List.of(
              "array_fill(repeat('x', 30000), ARRAY[100])",
              "array_fill('/x'::text, ARRAY[1000000])"));

  @Test
  void the_rows_that_bounds_are_tried_on_are_taken_themselves() throws SQLException {
    for (String table : ROWS.keySet()) {
      String statement = insert(table, Map.of());
      assertThat(
              rolledBack(
                  table.equals("devices") ? statement + " ON CONFLICT DO NOTHING" : statement))
          .as(statement)
          .endsWith(" rows changed\n");
    }
    for (String table :
        List.of("devices", "schedules", "requests", "restores", "runs", "problems")) {
      assertThat(rolledBack("SELECT 1 FROM " + table + own(table))).as(table).contains("row seen");
    }
  }

  private static String own(String table) {
    return switch (table) {
      case "devices" -> " WHERE id = 'alpha'";
      case "schedules" -> " WHERE id = 1";
      case "requests" -> " WHERE status = 'pending'";
      case "restores", "housekeeping_runs", "runs" -> " WHERE status = 'running'";
      default -> " WHERE device_id = 'alpha'";
    };
  }

  private static String assigned(Map<String, String> values) {
    return values.entrySet().stream()
        .map(value -> value.getKey() + " = " + value.getValue())
        .collect(Collectors.joining(", "));
  }

  private static String insert(String table, Map<String, String> values) {
    Map<String, String> row = new LinkedHashMap<>(ROWS.getOrDefault(table, Map.of()));
    row.putAll(values);
    return "INSERT INTO "
        + table
        + " ("
        + String.join(", ", row.keySet())
        + ") VALUES ("
        + row.values().stream().collect(Collectors.joining(", "))
        + ")";
  }

  private String rolledBack(String statement) throws SQLException {
    return rolledBack(device, statement);
  }

  private static String rolledBack(Connection connection, String statement) throws SQLException {
    connection.setAutoCommit(false);
    String outcome = Wall.outcome(connection, statement);
    connection.rollback();
    connection.setAutoCommit(true);
    return outcome;
  }

  /** Finding H8: a row so large that no dump and no admin can read the table. */
  @Test
  void a_problem_of_600_megabytes_is_one_of_a_few_thousand_characters() throws SQLException {
    device.setAutoCommit(true);
    Wall.outcome(
        device,
        "INSERT INTO problems (device_id, source, subject, code, message, remedy)"
            + " VALUES ('alpha', 'config', 'device', 'big', repeat('x', 60000000), '')");
    Wall.outcome(device, "UPDATE problems SET remedy = repeat('y', 60000000) WHERE code = 'big'");
    assertThat(
            wall.database()
                .rows(
                    "SELECT length(message) AS m, length(remedy) AS r FROM problems WHERE code = 'big'"))
        .containsExactly(Map.of("m", 4000, "r", 4000));
  }

  /** What restic lists anybody may have put into the repository. */
  @Test
  void what_a_housekeeper_reads_in_the_repository_is_bounded_too() throws SQLException {
    String outcome =
        Wall.outcome(
            device,
            "SELECT holdfast.catalogue_put('alpha', 'repo', now(), jsonb_build_array(jsonb_build_object('id', 'big', 'time', now(),"
                + " 'host', repeat('h', 3000000), 'paths', array_fill(repeat('p', 30000), ARRAY[200]), 'tags',"
                + " array_fill(repeat('t', 30000), ARRAY[200]))))");
    assertThat(outcome).doesNotStartWith("refused");
    assertThat(
            wall.database()
                .value("SELECT octet_length(s::text) < 250000 FROM snapshots s WHERE id = 'big'"))
        .isEqualTo(true);
  }

  /** Finding H7: whoever may UPDATE or DELETE in a whole table may lock it, and everybody out. */
  @Test
  void a_device_locks_no_table() throws SQLException {
    assertThat(
            wall.database()
                .rows(
                    "SELECT c.relname, p FROM pg_class c, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE',"
                        + " 'REFERENCES', 'TRIGGER']) p, unnest(ARRAY['backup_client', 'backup_shared_client']) g WHERE"
                        + " c.relkind IN ('r', 'v') AND c.relnamespace IN ('public'::regnamespace,"
                        + " 'holdfast'::regnamespace) AND has_table_privilege(g, c.oid, p)"))
        .isEmpty();
    List<String> locked = new ArrayList<>();
    for (Map<String, Object> table :
        wall.database()
            .rows(
                "SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relkind IN ('r', 'v') AND c.relnamespace IN"
                    + " ('public'::regnamespace, 'holdfast'::regnamespace)")) {
      for (String mode :
          List.of("ROW SHARE", "ROW EXCLUSIVE", "SHARE", "EXCLUSIVE", "ACCESS EXCLUSIVE")) {
        String statement = "LOCK TABLE " + table.get("name") + " IN " + mode + " MODE";
        if (!rolledBack(statement).startsWith("refused: 42501")) {
          locked.add(statement);
        }
      }
    }
    assertThat(locked).isEmpty();
  }

  @Test
  void a_ceiling_is_told_when_it_is_reached_and_holds_whatever_time_zone_a_session_has()
      throws SQLException {
    String proofs =
        insert("verifications", Map.of()).replace(") VALUES (", ") SELECT ").replaceAll("\\)$", "")
            + " FROM generate_series(1, %d)";
    assertThat(Wall.outcome(device, String.format(proofs, 999))).isEqualTo("999 rows changed\n");
    assertThat(limits()).isEmpty();
    assertThat(Wall.outcome(device, String.format(proofs, 1))).isEqualTo("1 rows changed\n");
    assertThat(limits()).containsExactly("ceiling-verifications");
    for (String zone : List.of("Etc/GMT+12", "Etc/GMT-14", "UTC")) {
      Wall.outcome(device, "SET timezone = '" + zone + "'");
      assertThat(Wall.outcome(device, String.format(proofs, 1)))
          .as(zone)
          .startsWith("refused: 53400");
    }
    assertThat(Wall.outcome(device, "DELETE FROM problems WHERE source = 'limit'"))
        .startsWith("refused");
    assertThat(Wall.outcome(device, "SELECT holdfast.problems_gone('alpha', 'limit', NULL, '{}')"))
        .doesNotStartWith("refused");
    assertThat(limits()).containsExactly("ceiling-verifications");
    // Tomorrow.
    wall.database().execute("UPDATE holdfast.device_counts SET day = day - 1");
    assertThat(Wall.outcome(device, String.format(proofs, 1))).isEqualTo("1 rows changed\n");
    wall.database()
        .execute(
            "UPDATE problems SET seen_at = now() - interval '25 hours' WHERE source = 'limit'");
    Wall.outcome(device, "SELECT holdfast.sweep()");
    assertThat(limits()).isEmpty();
  }

  private List<String> limits() throws SQLException {
    return wall
        .database()
        .rows("SELECT code FROM problems WHERE device_id = 'alpha' AND source = 'limit'")
        .stream()
        .map(row -> String.valueOf(row.get("code")))
        .toList();
  }

  @Test
  void a_run_that_names_one_snapshot_after_the_other_comes_to_an_end() throws SQLException {
    String name =
        "UPDATE runs SET snapshot_id = repeat('%s', 64) WHERE run_uuid = '00000000-0000-0001-0000-000000000012'";
    assertThat(Wall.outcome(device, String.format(name, "a"))).isEqualTo("1 rows changed\n");
    wall.database()
        .execute("UPDATE holdfast.device_counts SET written = 9999 WHERE kind = 'snapshots'");
    assertThat(Wall.outcome(device, String.format(name, "b"))).isEqualTo("1 rows changed\n");
    assertThat(limits()).containsExactly("ceiling-snapshots");
    assertThat(Wall.outcome(device, String.format(name, "c"))).startsWith("refused: 53400");
    assertThat(Wall.outcome(device, String.format(name, "b")))
        .as("a record that comes twice")
        .isEqualTo("1 rows changed\n");
  }

  /** Finding L5: 2,000 by one SELECT. */
  @Test
  void a_device_names_a_hundred_repositories_a_day_and_those_that_nobody_uses_go()
      throws SQLException {
    String enter =
        "SELECT count(holdfast.backup_enters('alpha', '%s' || i, gen_random_uuid(), 3600)) FROM generate_series(1, %d) i";
    assertThat(Wall.outcome(device, String.format(enter, "r", 2000))).startsWith("refused: 53400");
    assertThat(Wall.outcome(device, String.format(enter, "r", 100))).doesNotStartWith("refused");
    assertThat(Wall.outcome(device, String.format(enter, "r", 100)))
        .as("known ones")
        .doesNotStartWith("refused");
    assertThat(Wall.outcome(device, String.format(enter, "s", 1))).startsWith("refused: 53400");
    assertThat(limits()).containsExactly("ceiling-repositories");
    wall.database()
        .execute(
            "UPDATE holdfast.repository_users SET since = now() - interval '8 days', expires_at = '-infinity'");
    Wall.outcome(device, "SELECT holdfast.sweep()");
    assertThat(wall.database().rows("SELECT * FROM holdfast.repository_leases")).isEmpty();
  }

  @Test
  void a_device_has_a_thousand_problems_at_most() throws SQLException {
    String tell =
        "INSERT INTO problems (device_id, source, subject, code, message, remedy)"
            + " SELECT 'alpha', 'run', 'x', 'c' || i, 'm', 'r' FROM generate_series(%d, %d) i";
    // One is there already.
    assertThat(Wall.outcome(device, String.format(tell, 1, 999))).isEqualTo("999 rows changed\n");
    assertThat(limits()).containsExactly("ceiling-problems");
    assertThat(Wall.outcome(device, String.format(tell, 1000, 1000))).startsWith("refused: 53400");
  }

  @Test
  void what_admins_load_is_not_counted() throws SQLException {
    try (Connection admin = wall.connect(Part.ADMIN)) {
      assertThat(
              Wall.outcome(
                  admin,
                  "INSERT INTO runs (job_id, device_id, status, start_time, end_time) SELECT id, 'alpha', 'failed', now(),"
                      + " now() FROM backup_jobs WHERE name = 'home'"))
          .isEqualTo("1 rows changed\n");
    }
    assertThat(wall.database().rows("SELECT * FROM holdfast.device_counts")).isEmpty();
  }

  /** Finding M10: a run that says of itself that it is provisional could be rewritten for ever. */
  @Test
  void what_a_device_itself_calls_provisional_it_may_put_right_for_a_day() throws SQLException {
    String run = "run_uuid = '00000000-0000-0001-0000-000000000012'";
    Wall.outcome(
        device,
        "UPDATE runs SET status = 'failed', outcome = 'failed', end_time = now(), metadata = '{\"provisional\": true,"
            + " \"provisional_until\": \"infinity\"}' WHERE "
            + run);
    String again =
        "UPDATE runs SET error_message = 'x', metadata = '{\"provisional\": true}' WHERE " + run;
    // The driver insists on its own form of dates between statements.
    assertThat(
            Wall.outcome(
                device, "SET datestyle = 'SQL, DMY'; " + again + "; SET datestyle = 'ISO, MDY'"))
        .contains("1 rows changed");
    assertThat(
            wall.database()
                .value(
                    "SELECT (metadata ->> 'provisional_until')::timestamptz BETWEEN now() + interval '23 hours' AND now() +"
                        + " interval '24 hours' FROM runs WHERE "
                        + run))
        .isEqualTo(true);
    dayLater(run);
    assertThat(
            Wall.outcome(
                device, "UPDATE runs SET status = 'success', outcome = 'success' WHERE " + run))
        .isEqualTo("0 rows changed\n");
    assertThat(wall.database().value("SELECT status FROM runs WHERE " + run)).isEqualTo("failed");
  }

  private void dayLater(String run) throws SQLException {
    wall.database().execute("ALTER TABLE runs DISABLE TRIGGER USER");
    wall.database()
        .execute(
            "UPDATE runs SET metadata = metadata || jsonb_build_object('provisional_until', now() - interval '1 second')"
                + " WHERE "
                + run);
    wall.database().execute("ALTER TABLE runs ENABLE TRIGGER USER");
  }

  @Test
  void what_others_have_closed_a_device_puts_right_whenever_it_is_back() throws SQLException {
    String run = "run_uuid = '00000000-0000-0001-0000-000000000012'";
    // It cannot bound what is not its own word.
    Wall.outcome(
        device,
        "UPDATE runs SET metadata = '{\"provisional_until\": \"2000-01-01\"}' WHERE " + run);
    wall.database().execute("ALTER TABLE runs DISABLE TRIGGER runs_guard");
    wall.database().execute("UPDATE runs SET received_at = now() - interval '3 days' WHERE " + run);
    wall.database().execute("ALTER TABLE runs ENABLE TRIGGER runs_guard");
    wall.database()
        .execute("UPDATE devices SET last_seen = now() - interval '2 days' WHERE id = 'alpha'");
    wall.database().execute("SELECT holdfast.sweep_stale()");
    assertThat(wall.database().value("SELECT metadata ->> 'code' FROM runs WHERE " + run))
        .isEqualTo("device-away");
    assertThat(
            Wall.outcome(
                device,
                "UPDATE runs SET status = 'success', outcome = 'success', metadata = '{}' WHERE "
                    + run))
        .isEqualTo("1 rows changed\n");
  }

  /** Finding L12. */
  @Test
  void a_restore_answers_no_request_of_another_device() throws SQLException {
    String theirs = insert("restores", Map.of("id", "'00000000-0000-0002-0000-000000000022'"));
    assertThat(Wall.outcome(device, theirs)).contains("is not one of device alpha");
    String mine = insert("restores", Map.of("id", "'00000000-0000-0001-0000-000000000022'"));
    assertThat(Wall.outcome(device, mine)).isEqualTo("1 rows changed\n");
    assertThat(
            wall.database()
                .value(
                    "SELECT requested_by FROM restores WHERE id = '00000000-0000-0001-0000-000000000022'"))
        .isNotNull();
  }

  /** Finding M6: an open transaction of one device would be the end of all cleaning up. */
  @Test
  void whoever_sits_on_the_sweep_is_told_of_and_holds_nobody_up() throws SQLException {
    wall.database()
        .execute(
            "UPDATE requests SET expires_at = now() - interval '1 hour' WHERE id = '00000000-0000-0002-0000-000000000021'");
    device.setAutoCommit(false);
    assertThat(Wall.outcome(device, "SELECT holdfast.sweep()")).doesNotStartWith("refused");
    wall.database()
        .execute(
            "UPDATE requests SET expires_at = now() - interval '1 hour' WHERE id = '00000000-0000-0002-0000-000000000022'");
    try (Connection other = wall.connect(Part.OTHER_DEVICE)) {
      for (int i = 0; i < 300; i++) {
        assertThat(
                Wall.outcome(
                    other,
                    "SELECT holdfast.agent_sync('bravo', 'b', 'linux', 'h', '{}', 'x') IS NULL"))
            .startsWith("f ");
      }
    }
    assertThat(
            wall.database()
                .value(
                    "SELECT status FROM requests WHERE id = '00000000-0000-0002-0000-000000000022'"))
        .isEqualTo("expired");
    assertThat(limits()).containsExactly("sweep-held");
    device.rollback();
  }

  @Test
  void a_function_waits_for_seconds_and_not_for_ever() throws SQLException {
    assertThat(
            wall.database()
                .rows(
                    "SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'holdfast'::regnamespace AND p.prosecdef AND"
                        + " p.provolatile = 'v' AND has_function_privilege('backup_client', p.oid, 'EXECUTE') AND NOT"
                        + " coalesce('lock_timeout=3s' = ANY (p.proconfig), false)"))
        .isEmpty();
    device.setAutoCommit(false);
    Wall.outcome(device, "SELECT holdfast.backup_enters('alpha', 'new', gen_random_uuid(), 60)");
    try (Connection other = wall.connect(Part.OTHER_DEVICE);
        Statement without = other.createStatement()) {
      without.execute("SET lock_timeout = 0");
      assertThat(
              Wall.outcome(
                  other, "SELECT holdfast.backup_enters('bravo', 'new', gen_random_uuid(), 60)"))
          .startsWith("refused: 55P03");
    }
    device.rollback();
  }

  /** Finding M6: by an advisory lock a device could keep all others from it for ever. */
  @Test
  void one_device_at_a_time_may_unlock_and_none_for_long() throws SQLException {
    String begin = "SELECT holdfast.unlock_begins('%s')";
    String alpha = begin.formatted("alpha");
    String bravo = begin.formatted("bravo");
    try (Connection other = wall.connect(Part.OTHER_DEVICE)) {
      assertThat(Wall.outcome(device, alpha)).startsWith("t ");
      assertThat(Wall.outcome(other, bravo)).startsWith("f ");
      assertThat(Wall.outcome(device, alpha)).as("it cannot be drawn out").startsWith("f ");
      assertThat(Wall.outcome(other, alpha)).as("in another's name").startsWith("refused: 42501");
      Wall.outcome(other, "SELECT holdfast.unlock_ends('bravo')");
      assertThat(Wall.outcome(other, bravo)).as("not its own to end").startsWith("f ");

      Wall.outcome(device, "SELECT holdfast.unlock_ends('alpha')");
      assertThat(Wall.outcome(device, alpha)).as("the others first").startsWith("f ");
      assertThat(Wall.outcome(other, bravo)).startsWith("t ");

      wall.database()
          .execute("UPDATE holdfast.unlock_lease SET ends_at = now() - interval '1 second'");
      assertThat(Wall.outcome(device, alpha)).as("its holder is gone").startsWith("t ");
    }
  }

  /** An advisory lock is anybody's to hold. */
  @Test
  void no_function_waits_for_an_advisory_lock() throws SQLException {
    assertThat(
            wall.database()
                .rows(
                    "SELECT proname FROM pg_proc WHERE pronamespace = 'holdfast'::regnamespace AND prosrc ~ 'advisory'"))
        .isEmpty();
  }
}
