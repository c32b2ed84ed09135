package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What must hold for every function, trigger, view, policy, default, constraint and column of the
 * schema: asked from the catalogue, so that the next one that is added cannot forget.
 */
class WholeSchemaIT {

  private static MigratedDatabase database;

  @BeforeAll
  static void migrate() throws SQLException {
    database = MigratedDatabase.create();
  }

  @AfterAll
  static void close() throws SQLException {
    database.close();
  }

  private static List<String> found(String sql) throws SQLException {
    return database.rows(sql).stream()
        .map(row -> String.valueOf(row.values().iterator().next()))
        .toList();
  }

  /** Flyway's own table is none of ours. */
  private static final String OURS =
      " ns.nspname IN ('public', 'holdfast') AND c.relname NOT LIKE 'flyway%' ";

  @Test
  void every_function_looks_into_temporary_schemas_last() throws SQLException {
    assertThat(
            found(
                "SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace ="
                    + " 'holdfast'::regnamespace AND NOT coalesce('search_path=pg_catalog, pg_temp'"
                    + " = ANY (p.proconfig), false)"))
        .isEmpty();
    assertThat(found("SELECT count(*) FROM pg_proc WHERE pronamespace = 'holdfast'::regnamespace"))
        .as("there are functions to be looked at")
        .noneMatch(count -> Integer.parseInt(count) < 50);
  }

  @Test
  void every_migration_writes_that_path_into_the_function_itself() throws Exception {
    try (var files = Files.list(Path.of("sql"))) {
      for (var file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        // What landed before is never edited; V035 puts it right.
        if (name.matches("V\\d+__.*") && Integer.parseInt(name.substring(1, 4)) >= 35) {
          assertThat(Files.readString(file))
              .as(name)
              .doesNotContainPattern("(?m)SET search_path = pg_catalog$");
        }
      }
    }
  }

  @Test
  void no_function_of_ours_stands_outside_of_its_schema() throws SQLException {
    assertThat(
            found(
                "SELECT p.oid::regprocedure FROM pg_proc p WHERE p.proowner ="
                    + " (SELECT nspowner FROM pg_namespace WHERE nspname = 'holdfast')"
                    + " AND p.pronamespace <> 'holdfast'::regnamespace"))
        .isEmpty();
  }

  @Test
  void nobody_outside_of_the_groups_can_reach_a_function_table_or_view() throws SQLException {
    assertThat(
            found(
                "SELECT ns.nspname || ' ' || a.privilege_type FROM pg_namespace ns,"
                    + " aclexplode(coalesce(ns.nspacl, acldefault('n', ns.nspowner))) a WHERE"
                    + " a.grantee = 0 AND (ns.nspname = 'holdfast' OR ns.nspname = 'public' AND"
                    + " a.privilege_type = 'CREATE')"))
        .isEmpty();
    assertThat(
            found(
                "SELECT c.oid::regclass || ' ' || a.privilege_type FROM pg_class c"
                    + " JOIN pg_namespace ns ON ns.oid = c.relnamespace,"
                    + " aclexplode(c.relacl) a WHERE a.grantee = 0 AND "
                    + OURS))
        .isEmpty();
    assertThat(
            found(
                "SELECT a.privilege_type FROM pg_database d, aclexplode(coalesce(d.datacl,"
                    + " acldefault('d', d.datdba))) a WHERE d.datname = current_database() AND"
                    + " a.grantee = 0"))
        .containsExactly("CONNECT");
  }

  /** Whoever adds one for devices thinks it over, and adds it here. */
  @Test
  void what_a_device_may_do_with_its_owners_rights_is_this() throws SQLException {
    assertThat(
            found(
                "SELECT DISTINCT p.proname FROM pg_proc p WHERE p.pronamespace ="
                    + " 'holdfast'::regnamespace AND p.prosecdef AND"
                    + " has_function_privilege('backup_client', p.oid, 'EXECUTE') ORDER BY 1"))
        .containsExactlyElementsOf(FOR_DEVICES);
  }

  private static final List<String> FOR_DEVICES =
      List.of(
          "agent_sync",
          "backup_enters",
          "backup_leaves",
          "backup_stays",
          "catalogue_end",
          "catalogue_put",
          "channel_of",
          "claimed_by_another",
          "contents_of",
          "copies_wanted",
          "copy_jobs",
          "copy_target_found",
          "copy_targets_of",
          "forget_begins",
          "forget_candidates",
          "forget_judged",
          "housekeeping_of",
          "keep_login",
          "key_used",
          "keys_seen",
          "lease_release",
          "lease_renew",
          "lease_take",
          "left_behind",
          "me",
          "own_settings",
          "policy_of",
          "problems_gone",
          "retention_work",
          "sweep",
          "told_of",
          "unlock_begins",
          "unlock_ends");

  /** Of triggers too: they take the locks of whoever writes a row. */
  @Test
  void every_function_that_may_take_a_lock_gives_up_after_seconds() throws SQLException {
    assertThat(
            found(
                "SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace ="
                    + " 'holdfast'::regnamespace AND p.prosecdef AND p.provolatile = 'v' AND NOT"
                    + " coalesce('lock_timeout=3s' = ANY (p.proconfig), false)"))
        .isEmpty();
  }

  @Test
  void every_trigger_calls_a_function_of_ours_that_nobody_can_put_upon_a_table_of_his_own()
      throws SQLException {
    assertThat(
            found(
                "SELECT t.tgname || ' of ' || c.relname FROM pg_trigger t JOIN pg_class c ON c.oid"
                    + " = t.tgrelid JOIN pg_namespace ns ON ns.oid = c.relnamespace JOIN pg_proc p"
                    + " ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND p.pronamespace <>"
                    + " 'holdfast'::regnamespace AND "
                    + OURS))
        .isEmpty();
    assertThat(
            found(
                "SELECT p.oid::regprocedure FROM pg_proc p, unnest(ARRAY['backup_client',"
                    + " 'backup_viewer', 'backup_admin']) g WHERE p.pronamespace ="
                    + " 'holdfast'::regnamespace AND p.prorettype = 'trigger'::regtype AND"
                    + " has_function_privilege(g, p.oid, 'EXECUTE')"))
        .isEmpty();
  }

  /** PostgreSQL notes no dependency upon what is its own: each that is noted is somebody's. */
  @Test
  void no_view_policy_default_constraint_index_or_trigger_depends_on_anything_but_ours()
      throws SQLException {
    assertThat(
            found(
                """
                SELECT pg_describe_object(d.classid, d.objid, d.objsubid) || ' depends on '
                       || pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
                FROM pg_depend d
                WHERE d.deptype = 'n'
                  AND d.classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_attrdef'::regclass,
                                    'pg_constraint'::regclass, 'pg_class'::regclass, 'pg_trigger'::regclass,
                                    'pg_proc'::regclass, 'pg_type'::regclass)
                  AND d.objid > 16383
                  AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass,
                                       'pg_collation'::regclass, 'pg_opclass'::regclass, 'pg_ts_config'::regclass)
                  AND d.refobjid > 16383
                  AND NOT EXISTS (SELECT FROM pg_proc p
                                  WHERE d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
                                    AND p.pronamespace = 'holdfast'::regnamespace)
                  AND NOT EXISTS (SELECT FROM pg_type t JOIN pg_class c ON c.reltype IN (t.oid, t.typelem)
                                    JOIN pg_namespace ns ON ns.oid = c.relnamespace
                                  WHERE d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
                                    AND ns.nspname IN ('public', 'holdfast'))
                """))
        .isEmpty();
  }

  @Test
  void every_column_has_a_type_of_postgresqls_own() throws SQLException {
    assertThat(
            found(
                "SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid"
                    + " = a.attrelid JOIN pg_namespace ns ON ns.oid = c.relnamespace JOIN pg_type t"
                    + " ON t.oid = a.atttypid WHERE c.relkind IN ('r', 'v') AND NOT a.attisdropped"
                    + " AND t.typnamespace <> 'pg_catalog'::regnamespace AND "
                    + OURS))
        .isEmpty();
  }

  /** Also what a later migration adds: whoever reads {@code \d+} in psql needs no page. */
  @Test
  void every_table_every_view_and_every_column_of_theirs_has_a_comment() throws SQLException {
    String commentable =
        """
        FROM pg_class c
               CROSS JOIN LATERAL (SELECT 0 AS number, NULL::name AS name
                                   UNION ALL
                                   SELECT a.attnum, a.attname
                                   FROM pg_attribute a
                                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) part
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
          AND c.relname NOT LIKE 'flyway%'
        """;
    assertThat(
            found(
                "SELECT concat_ws('.', c.relname, part.name) "
                    + commentable
                    + " AND coalesce(btrim(CASE part.number WHEN 0 THEN obj_description(c.oid,"
                    + " 'pg_class') ELSE col_description(c.oid, part.number) END), '') = ''"
                    + " ORDER BY c.relname, part.number"))
        .as("write COMMENT ON ... in the migration that adds it")
        .isEmpty();
    assertThat(found("SELECT count(*) " + commentable))
        .as("there is something to be looked at")
        .noneMatch(count -> Integer.parseInt(count) < 400);
  }

  /** What nobody has a policy for nobody but the owner sees, whatever is granted. */
  @Test
  void every_table_has_row_level_security_and_is_emptied_by_its_owner_alone() throws SQLException {
    assertThat(
            found(
                "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace ns ON ns.oid ="
                    + " c.relnamespace WHERE c.relkind = 'r' AND NOT (c.relrowsecurity AND EXISTS"
                    + " (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'a_kept'))"
                    + " AND ns.nspname IN ('public', 'holdfast')"))
        .isEmpty();
  }

  @Test
  void what_a_device_sees_of_every_row_is_nobodys_secret() throws SQLException {
    assertThat(
            found(
                "SELECT DISTINCT p.polrelid::regclass::text FROM pg_policy p WHERE p.polpermissive"
                    + " AND p.polroles && ARRAY[to_regrole('backup_client')::oid] AND"
                    + " pg_get_expr(p.polqual, p.polrelid) = 'true' ORDER BY 1"))
        .containsExactly(
            "control_plane_version",
            "holdfast.rights",
            "restic_arguments",
            "retention_policies",
            "setting_keys");
  }

  /** The columns that its triggers let a device write are those that it has a right to. */
  @Test
  void every_column_that_a_device_may_not_write_is_held_by_a_trigger_besides() throws SQLException {
    assertThat(
            found(
                """
                SELECT r.object || ' ' || r.privilege
                FROM holdfast.rights r
                WHERE r.grantee = 'backup_client' AND r.kind = 'TABLE' AND r.privilege IN ('INSERT', 'UPDATE')
                  AND NOT EXISTS (
                    SELECT
                    FROM pg_trigger t
                    WHERE t.tgrelid = to_regclass(r.object) AND t.tgname = 'a_held_' || lower(r.privilege)
                      AND ARRAY(SELECT c::text FROM unnest(r.columns) c ORDER BY 1)
                          = ARRAY(SELECT a FROM regexp_split_to_table(encode(t.tgargs, 'escape'), '\\\\000') a
                                  WHERE a <> '' ORDER BY 1))
                """))
        .isEmpty();
    assertThat(
            found(
                "SELECT t.tgrelid::regclass || ' ' || t.tgname FROM pg_trigger t WHERE NOT"
                    + " t.tgisinternal AND t.tgname NOT LIKE 'a\\_%' AND t.tgname < 'a_z' COLLATE"
                    + " \"C\""))
        .as("triggers before them")
        .isEmpty();
  }

  @Test
  void every_view_shows_a_caller_what_he_may_see_himself_but_for_those_that_mask_or_count()
      throws SQLException {
    assertThat(
            found(
                "SELECT c.relname FROM pg_class c JOIN pg_namespace ns ON ns.oid = c.relnamespace"
                    + " WHERE c.relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY"
                    + " (c.reloptions), false) AND "
                    + OURS
                    + " ORDER BY 1"))
        .containsExactly(
            "copy_targets_public",
            "jobs_without_copy",
            "password_rotation_devices",
            "repository_use",
            "security_findings",
            "settings_public",
            "snapshot_copies");
    assertThat(
            found(
                "SELECT c.relname FROM pg_class c JOIN pg_namespace ns ON ns.oid = c.relnamespace"
                    + " WHERE c.relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY"
                    + " (c.reloptions), false) AND has_table_privilege('backup_client', c.oid,"
                    + " 'SELECT') AND "
                    + OURS))
        .as("none of them for devices")
        .isEmpty();
  }

  @Test
  void nothing_is_owned_by_a_superuser_and_the_owner_cannot_log_in() throws SQLException {
    assertThat(
            found(
                "SELECT DISTINCT r.rolname || ' ' || r.rolsuper || ' ' || r.rolcanlogin FROM"
                    + " pg_class c JOIN pg_namespace ns ON ns.oid = c.relnamespace JOIN pg_roles r"
                    + " ON r.oid = c.relowner WHERE "
                    + OURS))
        .containsExactly("holdfast_owner false false");
    assertThat(found("SELECT code FROM security_findings WHERE code <> 'shared-login'"))
        .as("what only a superuser can close")
        .containsExactly("large-objects-for-all");
  }

  @Test
  void what_a_finding_says_to_do_closes_it() throws SQLException {
    try (MigratedDatabase other = MigratedDatabase.create()) {
      other.execute("GRANT CREATE, TEMPORARY ON DATABASE " + other.name() + " TO PUBLIC");
      other.execute("GRANT CREATE ON SCHEMA public TO PUBLIC");
      for (var row :
          other.rows("SELECT remedy FROM security_findings WHERE code <> 'shared-login'")) {
        String remedy = String.valueOf(row.get("remedy"));
        other.execute(remedy.substring(remedy.indexOf("REVOKE")));
      }
      assertThat(other.rows("SELECT code FROM security_findings WHERE code <> 'shared-login'"))
          .isEmpty();
    }
  }

  @Test
  void a_database_that_was_opened_again_is_closed_by_the_next_migration() throws SQLException {
    try (MigratedDatabase other = MigratedDatabase.create()) {
      other.execute("GRANT CREATE, TEMPORARY ON DATABASE " + other.name() + " TO PUBLIC");
      other.execute("GRANT CREATE ON SCHEMA public TO PUBLIC");
      other.execute("ALTER FUNCTION holdfast.devices_check() RESET search_path");
      other.execute("ALTER FUNCTION holdfast.sweep() RESET lock_timeout");
      assertThat(other.migrate()).isZero();
      assertThat(
              other.rows(
                  "SELECT code FROM security_findings WHERE code IN ('temporary-for-all',"
                      + " 'create-for-all')"))
          .isEmpty();
      assertThat(
              other.value(
                  "SELECT 'search_path=pg_catalog, pg_temp' = ANY (proconfig) FROM pg_proc WHERE"
                      + " proname = 'devices_check'"))
          .isEqualTo(true);
      assertThat(
              other.value(
                  "SELECT 'lock_timeout=3s' = ANY (proconfig) FROM pg_proc WHERE proname ="
                      + " 'sweep'"))
          .isEqualTo(true);
    }
  }
}
