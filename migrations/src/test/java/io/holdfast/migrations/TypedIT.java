package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.migrations.Wall.Part;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Whatever an admin types into whichever column of a table that is his to write is taken, or
 * refused in a sentence of ours with a hint: never with the name of a constraint and the whole row.
 */
class TypedIT {

  private static final String JOB = "'00000000-0000-0001-0000-000000000001'";
  private static final String SECRET = "hunter2-s3cr3t";

  /** For each table that admins add rows to, a row that is taken. */
  private static final Map<String, Map<String, String>> ROWS =
      Map.of(
          "devices",
          Map.of("id", "'new'", "name", "'New'", "platform", "'linux'"),
          "backup_jobs",
          Map.of("device_id", "'alpha'", "name", "'new'", "source_paths", "'{/srv}'"),
          "schedules",
          Map.of("job_id", JOB, "schedule_type", "'interval'", "interval_seconds", "60"),
          "settings",
          Map.of("device_id", "'alpha'", "key", "'log_level'", "value", "'info'"),
          "requests",
          Map.of("kind", "'backup'", "job_id", JOB),
          "retention_policies",
          Map.of("name", "'new'", "keep_last", "3"),
          "housekeeping",
          Map.of("kind", "'check'", "schedule_type", "'interval'", "interval_seconds", "3600"),
          "copy_targets",
          Map.of(
              "name",
              "'new'",
              "repository_url",
              "'/third'",
              "repository_password",
              "'" + SECRET + "'"),
          "password_rotations",
          Map.of("id", "gen_random_uuid()", "repository_id", "'r'", "old_key", "'k'"));

  /** What devices tell, and what an admin may put right or load: no row that a person types. */
  private static final List<String> TOLD_BY_DEVICES = List.of("runs", "missed_runs", "problems");

  /** By the type of a column, what can be wrong in it. */
  private static final Map<String, List<String>> WRONG =
      Map.of(
          "varchar", List.of("NULL", "''", "' x '", "'no such thing'", "E'a\\nb'", "'x,y'"),
          "text", List.of("NULL", "''", "' x '", "'no such thing'", "E'a\\nb'"),
          "_text",
              List.of(
                  "NULL",
                  "'{}'",
                  "'{NULL}'",
                  "'{\"\"}'",
                  "'{\"a, /b\"}'",
                  "'{{a,b},{c,d}}'",
                  "ARRAY[repeat('x', 200000)]",
                  "'{device=x}'",
                  "'{[}'",
                  "'{~/x}'"),
          "int4", List.of("NULL", "-1", "0", "2147483647"),
          "int8", List.of("NULL", "-1", "0", "9223372036854775807"),
          "bool", List.of("NULL", "true", "false"),
          "uuid", List.of("NULL", "gen_random_uuid()"),
          "jsonb", List.of("NULL", "'null'", "'5'", "'[5]'", "'{\"x\": 5}'", "'[\"--iexclude\"]'"),
          "timestamptz", List.of("NULL", "'-infinity'", "'infinity'", "now() - interval '1 year'"),
          "name", List.of("NULL", "''"));

  private Wall wall;
  private Connection admin;

  @BeforeEach
  void create() throws Exception {
    wall = Wall.create();
    admin = wall.connect(Part.ADMIN);
    admin.setAutoCommit(false);
  }

  @AfterEach
  void close() throws SQLException {
    admin.rollback();
    admin.close();
    wall.close();
  }

  private List<Map<String, Object>> columns() throws SQLException {
    return wall.database()
        .rows(
            "SELECT c.relname, a.attname, t.typname, a.attnotnull, has_column_privilege('backup_admin', c.oid,"
                + " a.attnum, 'INSERT') AS inserts, has_column_privilege('backup_admin', c.oid, a.attnum, 'UPDATE')"
                + " AS updates FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid ="
                + " a.atttypid WHERE c.relkind = 'r' AND c.relnamespace IN ('public'::regnamespace,"
                + " 'holdfast'::regnamespace) AND a.attnum > 0 AND NOT a.attisdropped AND (has_column_privilege("
                + "'backup_admin', c.oid, a.attnum, 'INSERT') OR has_column_privilege('backup_admin', c.oid,"
                + " a.attnum, 'UPDATE')) ORDER BY 1, a.attnum");
  }

  private static String insert(String table, String column, String value) {
    Map<String, String> row = new LinkedHashMap<>(ROWS.getOrDefault(table, Map.of()));
    row.put(column, value);
    return "INSERT INTO "
        + table
        + " ("
        + String.join(", ", row.keySet())
        + ") VALUES ("
        + String.join(", ", row.values())
        + ")";
  }

  /** What was wrong with the answer; empty if it was taken or refused as it should be. */
  private String wrongAnswer(String sql) throws SQLException {
    try (Statement statement = admin.createStatement()) {
      statement.execute(sql);
      statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
      return "";
    } catch (PSQLException e) {
      ServerErrorMessage said = Objects.requireNonNull(e.getServerErrorMessage());
      String all = String.valueOf(said.getMessage()) + said.getDetail() + said.getHint();
      boolean ours =
          "23514".equals(e.getSQLState())
              && said.getConstraint() == null
              && said.getDetail() == null
              && said.getHint() != null
              && !said.getHint().isBlank()
              && !said.getHint().contains("\"\"")
              && said.getMessage() != null
              && said.getMessage().matches("[^\\n]*(refused|cannot be)[^\\n]*");
      return ours && !all.contains(SECRET) ? "" : sql + ": " + e.getSQLState() + " " + said;
    } finally {
      admin.rollback();
    }
  }

  @Test
  void each_wrong_value_in_each_column_is_taken_or_refused_in_a_sentence_with_a_hint()
      throws SQLException {
    List<String> otherwise = new ArrayList<>();
    TreeSet<String> tables = new TreeSet<>();
    int tried = 0;
    for (Map<String, Object> column : columns()) {
      String table = String.valueOf(column.get("relname"));
      String name = String.valueOf(column.get("attname"));
      if (TOLD_BY_DEVICES.contains(table)) {
        continue;
      }
      tables.add(table);
      String type = String.valueOf(column.get("typname"));
      for (String value : Objects.requireNonNull(WRONG.get(type), "wrong values of " + type)) {
        List<String> statements = new ArrayList<>();
        if (Boolean.TRUE.equals(column.get("inserts"))) {
          assertThat(ROWS).as("add a row that is taken").containsKey(table);
          statements.add(insert(table, name, value));
        }
        if (Boolean.TRUE.equals(column.get("updates"))) {
          statements.add("UPDATE " + table + " SET " + name + " = " + value);
        }
        for (String statement : statements) {
          tried++;
          String wrong = wrongAnswer(statement);
          if (!wrong.isEmpty()) {
            otherwise.add(wrong);
          }
        }
      }
    }
    assertThat(otherwise).isEmpty();
    assertThat(tables).containsAll(ROWS.keySet());
    assertThat(tried).isGreaterThan(500);
  }

  @Test
  void a_row_that_is_there_already_is_refused_in_a_sentence_for_every_unique_key()
      throws SQLException {
    List<String> otherwise = new ArrayList<>();
    int tried = 0;
    for (String table : ROWS.keySet()) {
      for (Map<String, Object> index :
          wall.database()
              .rows(
                  "SELECT string_agg(a.attname, ',') AS columns FROM pg_index i, unnest(i.indkey::int2[]) k JOIN"
                      + " pg_attribute a ON a.attnum = k WHERE i.indrelid = ?::regclass AND a.attrelid = i.indrelid"
                      + " AND i.indisunique AND i.indpred IS NULL GROUP BY i.indexrelid",
                  table)) {
        Map<String, String> row = new LinkedHashMap<>(ROWS.get(table));
        List<Map<String, Object>> there =
            wall.database().rows("SELECT to_jsonb(t)::text AS row FROM " + table + " t LIMIT 1");
        if (there.isEmpty()) {
          continue;
        }
        for (String name : String.valueOf(index.get("columns")).split(",", -1)) {
          row.put(name, "(SELECT " + name + " FROM " + table + " LIMIT 1)");
        }
        tried++;
        String sql =
            "INSERT INTO "
                + table
                + " ("
                + String.join(", ", row.keySet())
                + ") VALUES ("
                + String.join(", ", row.values())
                + ")";
        String wrong = wrongAnswer(sql);
        if (!wrong.isEmpty()) {
          otherwise.add(wrong);
        }
        assertThat(Wall.outcome(admin, sql)).as(sql).startsWith("refused");
        admin.rollback();
      }
    }
    assertThat(otherwise).isEmpty();
    assertThat(tried).isGreaterThan(10);
  }

  @Test
  void what_others_refer_to_is_refused_to_go_in_a_sentence() throws SQLException {
    List<String> otherwise = new ArrayList<>();
    TreeSet<String> tables = new TreeSet<>();
    for (Map<String, Object> table :
        wall.database()
            .rows(
                "SELECT DISTINCT r.confrelid::regclass::text AS name FROM pg_constraint r WHERE r.contype = 'f' AND"
                    + " r.confdeltype IN ('a', 'r') AND has_table_privilege('backup_admin', r.confrelid, 'DELETE')")) {
      tables.add(String.valueOf(table.get("name")));
    }
    wall.database().execute("UPDATE backup_jobs SET retention_policy = 'unused'");
    for (String table : tables) {
      String sql = "DELETE FROM " + table;
      assertThat(Wall.outcome(admin, sql)).startsWith("refused");
      admin.rollback();
      String wrong = wrongAnswer(sql);
      if (!wrong.isEmpty()) {
        otherwise.add(wrong);
      }
    }
    assertThat(otherwise).isEmpty();
    assertThat(tables).containsExactly("devices", "retention_policies");
    assertThat(
            wall.database()
                .rows(
                    "SELECT r.conname FROM pg_constraint r JOIN pg_attribute a ON a.attrelid = r.conrelid AND a.attnum ="
                        + " r.conkey[1] WHERE r.contype = 'f' AND r.confdeltype IN ('a', 'r') AND"
                        + " has_table_privilege('backup_admin', r.confrelid, 'DELETE') AND NOT EXISTS (SELECT FROM"
                        + " pg_trigger t WHERE t.tgrelid = r.confrelid AND t.tgname LIKE '%\\_still\\_needed' AND"
                        + " position(r.conrelid::regclass::text || '.' || a.attname IN encode(t.tgargs, 'escape')) > 0)"))
        .as("what refers to a row that an admin may delete")
        .isEmpty();
  }

  @Test
  void the_rows_that_wrong_values_are_tried_in_are_taken_themselves() throws SQLException {
    for (Map.Entry<String, Map<String, String>> row : ROWS.entrySet()) {
      Map.Entry<String, String> any = row.getValue().entrySet().iterator().next();
      String sql = insert(row.getKey(), any.getKey(), any.getValue());
      assertThat(Wall.outcome(admin, sql)).as(sql).isEqualTo("1 rows changed\n");
      admin.rollback();
    }
  }
}
