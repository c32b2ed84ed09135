package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.embedded.TestPostgres;
import io.holdfast.migrations.Wall.Part;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Finding M9: the owner pastes the seed's GRANT block, or a line of a how-to for dashboards. Until
 * that is taken back, which nobody does here, row-level security, triggers and views hold what the
 * grants would give away.
 */
class PastedGrantsIT {

  /** What somebody pastes. */
  enum Paste {
    /** The statements of the seed's "Database Permissions", to the letter. */
    SEED,
    /** The line of the how-tos, for a role of its own. */
    DASHBOARD,
    /** The worst of its kind: all upon all tables, to everybody. */
    ALL;

    void into(Wall wall) throws SQLException, IOException {
      MigratedDatabase database = wall.database();
      // Nobody's sync takes it back in the middle of the attacks.
      database.execute("UPDATE holdfast.last_sweep SET stale_at = 'infinity'");
      switch (this) {
        case SEED -> {
          for (String statement :
              Wall.text("/seed/grants.sql")
                  .replace("backup_control", database.name())
                  .split(";", -1)) {
            asOwner(database, statement);
          }
        }
        case DASHBOARD ->
            asOwner(
                database,
                "GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + wall.login(Part.UNBOUND));
        case ALL ->
            asOwner(
                database,
                "GRANT ALL ON ALL TABLES IN SCHEMA public, holdfast TO PUBLIC;"
                    + " GRANT USAGE ON SCHEMA holdfast TO PUBLIC");
      }
    }
  }

  /** Some of the seed's statements fail, as they do for whoever pastes them. */
  private static void asOwner(MigratedDatabase database, String sql) throws SQLException {
    try (Connection owner = database.connect();
        Statement statement = owner.createStatement()) {
      statement.execute("SET ROLE " + TestPostgres.OWNER);
      Wall.outcome(owner, sql);
    }
  }

  private static Wall pasted(Paste paste) throws SQLException, IOException {
    Wall wall = Wall.closed();
    paste.into(wall);
    return wall;
  }

  record Case(Paste paste, Part part) {}

  static Stream<Case> cases() {
    return Stream.of(Paste.values())
        .flatMap(paste ->
            Stream.of(Part.DEVICE, Part.VIEWER, Part.UNBOUND).map(part -> new Case(paste, part)));
  }

  private static final Pattern ANOTHERS = Pattern.compile(Wall.SECRET + "(?!%)");

  /** A viewer rightly sees the names and the rows of all devices. */
  private static final Pattern SECRETS = Pattern.compile("VICTIM (password|of copies)");

  @ParameterizedTest
  @MethodSource("cases")
  void no_single_statement_does_harm(Case tried) throws Exception {
    List<String> harmful = new ArrayList<>();
    Pattern forbidden = tried.part() == Part.VIEWER ? SECRETS : ANOTHERS;
    try (Wall wall = pasted(tried.paste())) {
      Map<String, Object> before = WallState.belongings(wall);
      Object mine = wall.database().value(MINE);
      for (String statement : statements()) {
        try (Connection attacker = wall.connect(tried.part())) {
          String outcome = Wall.outcome(attacker, statement);
          if (forbidden.matcher(outcome).find()) {
            harmful.add(statement + " showed " + outcome);
          }
        }
        Map<String, Object> after = WallState.belongings(wall);
        if (!after.equals(before)) {
          harmful.add(statement + " changed " + WallState.differences(before, after));
          before = after;
        }
        if (!Objects.equals(wall.database().value(MINE), mine)) {
          harmful.add(statement + " changed the device's own rights");
          mine = wall.database().value(MINE);
        }
      }
    }
    assertThat(harmful).isEmpty();
  }

  /** What an admin alone says of a device. */
  private static final String MINE =
      "SELECT (name, enabled, housekeeper)::text FROM devices WHERE id = 'alpha'";

  private static List<String> statements() throws IOException {
    return Stream.concat(
            Wall.lines("/wall/single-statements.sql").stream(),
            Wall.lines("/wall/pasted-grants.sql").stream())
        .toList();
  }

  /** For each type, a value that no row has. */
  private static final Map<String, String> ANOTHER_VALUE =
      Map.ofEntries(
          Map.entry("text", "'another'"),
          Map.entry("varchar", "'another'"),
          Map.entry("name", "'another'"),
          Map.entry("jsonb", "'{\"another\": 1}'"),
          Map.entry("bool", "NOT coalesce(%s, false)"),
          Map.entry("int2", "coalesce(%s, 0) + 1"),
          Map.entry("int4", "coalesce(%s, 0) + 1"),
          Map.entry("int8", "coalesce(%s, 0) + 1"),
          Map.entry("float8", "coalesce(%s, 0) + 1"),
          Map.entry("numeric", "coalesce(%s, 0) + 1"),
          Map.entry("date", "'2001-01-01'"),
          Map.entry("timestamptz", "'2001-01-01'"),
          Map.entry("timestamp", "'2001-01-01'"),
          Map.entry("interval", "'1 s'"),
          Map.entry("uuid", "gen_random_uuid()"),
          Map.entry("_text", "'{another}'"),
          Map.entry("_name", "'{another}'"),
          Map.entry("_varchar", "'{another}'"));

  /** Every column of every table, by the catalogue: none is written that was not granted by us. */
  @ParameterizedTest
  @EnumSource(names = {"DEVICE", "VIEWER", "UNBOUND"})
  void nobody_writes_a_column_that_no_migration_lets_him_write(Part part) throws Exception {
    List<String> written = new ArrayList<>();
    int tried = 0;
    try (Wall wall = pasted(Paste.ALL);
        Connection attacker = wall.connect(part)) {
      for (Map<String, Object> column :
          wall.database()
              .rows(
                  """
                  SELECT n.nspname || '.' || c.relname AS of_table, a.attname, t.typname,
                         EXISTS (SELECT FROM holdfast.rights r
                                 WHERE r.object = n.nspname || '.' || c.relname AND r.grantee = 'backup_client'
                                   AND r.privilege = 'UPDATE' AND a.attname = ANY (r.columns)) AS granted
                  FROM pg_attribute a
                         JOIN pg_class c ON c.oid = a.attrelid
                         JOIN pg_namespace n ON n.oid = c.relnamespace
                         JOIN pg_type t ON t.oid = a.atttypid
                  WHERE c.relkind = 'r' AND n.nspname IN ('public', 'holdfast') AND a.attnum > 0
                    AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a'
                  ORDER BY 1, 2
                  """)) {
        if (part == Part.DEVICE && Boolean.TRUE.equals(column.get("granted"))) {
          continue;
        }
        tried++;
        String value =
            Objects.requireNonNull(
                ANOTHER_VALUE.get(String.valueOf(column.get("typname"))), column.toString());
        tryOut(
            attacker,
            "UPDATE %s SET %s = %s"
                .formatted(
                    column.get("of_table"),
                    column.get("attname"),
                    value.replace("%s", String.valueOf(column.get("attname")))),
            written);
      }
    }
    assertThat(written).isEmpty();
    assertThat(tried).isGreaterThan(250);
  }

  @ParameterizedTest
  @EnumSource(names = {"DEVICE", "VIEWER", "UNBOUND"})
  void nobody_removes_or_adds_a_row_where_no_migration_lets_him(Part part) throws Exception {
    List<String> written = new ArrayList<>();
    try (Wall wall = pasted(Paste.ALL);
        Connection attacker = wall.connect(part)) {
      for (Map<String, Object> table :
          wall.database()
              .rows(
                  """
                  SELECT n.nspname || '.' || c.relname AS of_table,
                         (SELECT count(*) FROM holdfast.rights r
                          WHERE r.object = n.nspname || '.' || c.relname AND r.grantee = 'backup_client'
                            AND r.privilege = 'INSERT') AS inserts
                  FROM pg_class c
                         JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relkind = 'r' AND n.nspname IN ('public', 'holdfast')
                  ORDER BY 1
                  """)) {
        Object name = table.get("of_table");
        tryOut(attacker, "DELETE FROM " + name, written);
        tryOut(attacker, "TRUNCATE " + name + " CASCADE", written);
        if (part != Part.DEVICE || Long.valueOf(0).equals(table.get("inserts"))) {
          // A row that is there is a good one, but for its key.
          tryOut(attacker, "INSERT INTO " + name + " DEFAULT VALUES", written);
          tryOut(attacker, "INSERT INTO " + name + " SELECT * FROM " + name, written);
        }
      }
    }
    assertThat(written).isEmpty();
  }

  /** In a transaction that is taken back, so that each finds what the first one found. */
  private static void tryOut(Connection attacker, String statement, List<String> written)
      throws SQLException {
    attacker.setAutoCommit(false);
    String outcome = Wall.outcome(attacker, statement);
    attacker.rollback();
    attacker.setAutoCommit(true);
    if ((!outcome.startsWith("refused: ") && !outcome.startsWith("0 rows changed"))
        || outcome.startsWith("refused: 42601")
        || outcome.startsWith("refused: 42703")
        || outcome.startsWith("refused: 42P01")) {
      written.add(statement + ": " + outcome);
    }
  }

  /** TRUNCATE says nothing of rows: it must be refused. */
  @Test
  void a_table_is_emptied_by_its_owner_alone() throws Exception {
    try (Wall wall = pasted(Paste.ALL);
        Connection device = wall.connect(Part.DEVICE)) {
      assertThat(Wall.outcome(device, "TRUNCATE problems"))
          .startsWith("refused: 42501")
          .contains("problems can be emptied by the owner of the control plane alone");
      wall.database().as(TestPostgres.OWNER, "TRUNCATE problems");
    }
  }

  @Test
  void nobody_reads_a_table_or_a_view_that_no_migration_lets_him_read() throws Exception {
    List<String> seen = new ArrayList<>();
    try (Wall wall = pasted(Paste.ALL)) {
      for (Part part : List.of(Part.DEVICE, Part.VIEWER, Part.UNBOUND)) {
        try (Connection reader = wall.connect(part)) {
          for (Map<String, Object> relation :
              wall.database()
                  .rows(
                      """
                      SELECT n.nspname || '.' || c.relname AS name
                      FROM pg_class c
                             JOIN pg_namespace n ON n.oid = c.relnamespace
                      WHERE c.relkind IN ('r', 'v') AND n.nspname IN ('public', 'holdfast')
                        AND c.relname NOT IN ('settings', 'granted_beyond')
                        AND NOT EXISTS (SELECT FROM holdfast.rights r
                                        WHERE r.object = n.nspname || '.' || c.relname AND r.grantee = ?
                                          AND r.privilege = 'SELECT')
                        -- Shows each caller what he may see himself.
                        AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false)
                      ORDER BY 1
                      """,
                      switch (part) {
                        case DEVICE -> "backup_client";
                        case VIEWER -> "backup_viewer";
                        default -> "nobody";
                      })) {
            String outcome = Wall.outcome(reader, "SELECT * FROM " + relation.get("name"));
            if (outcome.contains("row seen")) {
              seen.add(part + " " + relation.get("name") + ": " + outcome);
            }
          }
        }
      }
    }
    assertThat(seen).isEmpty();
  }

  @Test
  void a_viewer_sees_of_the_settings_what_is_no_secret() throws Exception {
    try (Wall wall = pasted(Paste.SEED);
        Connection viewer = wall.connect(Part.VIEWER)) {
      wall.database()
          .execute(
              "UPDATE settings SET value = 'rest:https://user:VICTIMpassword@nas/x' WHERE key ="
                  + " 'repository_url' AND device_id IS NULL");
      String settings = Wall.outcome(viewer, "SELECT key, value FROM settings");
      assertThat(settings)
          .contains("max_concurrent_backups")
          .doesNotContain("VICTIM password", "VICTIMpassword");
      assertThat(Wall.outcome(viewer, "SELECT * FROM settings_public"))
          .contains("max_concurrent_backups", "********")
          .doesNotContain("VICTIM password", "VICTIMpassword");
    }
  }

  @Test
  void a_device_does_its_work_as_before_and_writes_no_column_besides() throws Exception {
    try (Wall wall = pasted(Paste.SEED);
        Connection device = wall.connect(Part.DEVICE)) {
      assertThat(Wall.outcome(device, "UPDATE devices SET hostname = 'h' WHERE id = 'alpha'"))
          .isEqualTo("1 rows changed\n");
      assertThat(Wall.outcome(device, "UPDATE devices SET housekeeper = NOT housekeeper"))
          .startsWith("refused: 42501")
          .contains("a device cannot change housekeeper of devices");
      assertThat(
              Wall.outcome(
                  device,
                  "INSERT INTO problems (device_id, source, subject, code, message, remedy, since)"
                      + " VALUES ('alpha', 'run', 'x', 'since', 'm', 'r', '2001-01-01')"
                      + " RETURNING since > now() - interval '1 minute'"))
          .startsWith("t ");
      String run =
          "INSERT INTO runs (id, job_id, device_id, status, start_time, end_time, created_at)"
              + " VALUES (424242, '00000000-0000-0001-0000-000000000001', 'alpha', 'failed', now(),"
              + " now(), '2001-01-01') RETURNING id <> 424242 AND created_at > '2002-01-01'";
      assertThat(Wall.outcome(device, run)).startsWith("t ");
    }
  }

  private static List<String> beyond(MigratedDatabase database) throws SQLException {
    return database
        .rows("SELECT DISTINCT grantee || ' ' || privilege AS b FROM granted_beyond ORDER BY 1")
        .stream()
        .map(row -> String.valueOf(row.get("b")))
        .toList();
  }

  @Test
  void what_was_granted_is_named_and_what_devices_got_is_taken_back_by_the_next_migration()
      throws Exception {
    try (Wall wall = pasted(Paste.SEED)) {
      MigratedDatabase database = wall.database();
      assertThat(beyond(database))
          .contains(
              "backup_client INSERT",
              "backup_client SELECT",
              "backup_client UPDATE",
              "backup_viewer SELECT");
      String findings =
          database
              .rows("SELECT finding FROM security_findings WHERE code = 'granted-beyond'")
              .toString();
      assertThat(findings)
          .contains("backup_client has been granted INSERT, SELECT, UPDATE on public.")
          .contains("backup_viewer has been granted SELECT on public.");
      assertThat(database.migrate()).isZero();
      assertThat(beyond(database)).contains("backup_viewer SELECT").noneMatch(DEVICES::contains);
      assertThat(
              database.rows(
                  "SELECT before ->> 'right' AS r FROM audit_log WHERE row_id = 'backup_client'"))
          .anyMatch(row -> String.valueOf(row.get("r")).startsWith("UPDATE on public."));
      try (Connection device = wall.connect(Part.DEVICE)) {
        assertThat(Wall.outcome(device, "UPDATE devices SET hostname = 'h' WHERE id = 'alpha'"))
            .as("a right upon columns that went with that upon the table is given again")
            .isEqualTo("1 rows changed\n");
        assertThat(Wall.outcome(device, "UPDATE devices SET housekeeper = true"))
            .startsWith("refused: 42501");
      }
      try (Connection admin = wall.connect(Part.ADMIN)) {
        assertThat(Wall.outcome(admin, "SELECT holdfast.take_back_granted()"))
            .doesNotStartWith("refused");
      }
      assertThat(beyond(database)).isEmpty();
      assertThat(database.rows(MISSING)).isEmpty();
    }
  }

  private static final Set<String> DEVICES =
      Set.of("backup_client INSERT", "backup_client SELECT", "backup_client UPDATE");

  @Test
  void what_no_policy_holds_is_taken_back_by_anybodys_sync() throws Exception {
    try (Wall wall = pasted(Paste.ALL)) {
      MigratedDatabase database = wall.database();
      asOwner(database, "GRANT ALL ON ALL TABLES IN SCHEMA public TO backup_admin");
      asOwner(database, "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA holdfast TO backup_client");
      asOwner(database, "GRANT UPDATE (housekeeper) ON devices TO " + wall.login(Part.DEVICE));
      database.execute("UPDATE holdfast.last_sweep SET stale_at = '-infinity', at = now()");
      try (Connection other = wall.connect(Part.OTHER_DEVICE)) {
        Wall.outcome(other, "SELECT holdfast.sweep()");
      }
      assertThat(beyond(database))
          .contains("backup_admin INSERT", "backup_admin UPDATE", "backup_admin DELETE")
          .allMatch(right -> right.matches("backup_admin (SELECT|INSERT|UPDATE|DELETE)"));
      assertThat(database.rows(MISSING)).isEmpty();
    }
  }

  /** What the list says and nobody has. */
  private static final String MISSING =
      """
      SELECT r.*
      FROM holdfast.rights r
      WHERE CASE r.kind
              WHEN 'TABLE' THEN
                to_regclass(r.object) IS NOT NULL
                AND (r.columns IS NULL AND NOT has_table_privilege(r.grantee, r.object, r.privilege)
                     OR EXISTS (SELECT FROM unnest(r.columns) c
                                WHERE NOT has_column_privilege(r.grantee, r.object, c::text, r.privilege)))
              WHEN 'SEQUENCE' THEN NOT has_sequence_privilege(r.grantee, r.object, r.privilege)
              WHEN 'SCHEMA' THEN NOT has_schema_privilege(r.grantee, r.object, r.privilege)
              WHEN 'FUNCTION' THEN
                NOT EXISTS (SELECT FROM pg_proc p
                            WHERE 'holdfast.' || p.proname = r.object AND has_function_privilege(r.grantee, p.oid, r.privilege))
            END
      """;

  /** Whoever adds a grant to a migration adds it to holdfast.rights. */
  @Test
  void the_list_of_rights_is_what_the_migrations_grant() throws Exception {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      assertThat(database.rows("SELECT * FROM granted_beyond")).isEmpty();
      assertThat(database.rows(MISSING)).isEmpty();
    }
  }

  @Test
  void what_others_have_in_the_same_schema_is_no_business_of_ours() throws Exception {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      asOwner(database, "CREATE TABLE public.shop (id integer)");
      asOwner(database, "GRANT ALL ON public.shop TO PUBLIC");
      assertThat(database.rows("SELECT * FROM granted_beyond")).isEmpty();
      assertThat(database.migrate()).isZero();
      assertThat(
              database.value(
                  "SELECT relrowsecurity OR relhastriggers FROM pg_class WHERE relname = 'shop'"))
          .isEqualTo(false);
    }
  }

  @Test
  void a_trigger_that_somebody_has_put_there_is_named() throws Exception {
    try (Wall wall = pasted(Paste.ALL);
        Connection device = wall.connect(Part.DEVICE)) {
      assertThat(
              Wall.outcome(
                  device,
                  "CREATE TRIGGER sprung BEFORE UPDATE ON devices FOR EACH ROW EXECUTE FUNCTION"
                      + " suppress_redundant_updates_trigger()"))
          .doesNotStartWith("refused");
      Map<String, Object> finding =
          wall.database()
              .rows(
                  "SELECT finding, remedy FROM security_findings WHERE code = 'trigger-of-others'")
              .getFirst();
      assertThat(String.valueOf(finding.get("finding"))).contains("the trigger sprung of devices");
      String remedy = String.valueOf(finding.get("remedy"));
      wall.database().as(TestPostgres.OWNER, remedy.substring(remedy.indexOf("DROP TRIGGER")));
      assertThat(
              wall.database()
                  .rows("SELECT FROM security_findings WHERE code = 'trigger-of-others'"))
          .isEmpty();
    }
  }
}
