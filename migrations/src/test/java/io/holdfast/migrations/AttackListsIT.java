package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.migrations.Wall.Part;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What an attack on the whole product tried with a device's login. A statement may well succeed; it
 * does harm if it shows what is another's, or if anything is not as it was that is not the
 * device's.
 */
class AttackListsIT {

  /** Not where the attacker himself has named it, as a plan repeats a condition. */
  private static final Pattern SEEN = Pattern.compile(Wall.SECRET + "(?!%)");

  /** All that a device has no business with: others' rows, roles, rights, the schema. */
  private static Map<String, Object> state(Wall wall) throws SQLException {
    return wall.database()
        .rows(
            """
            SELECT (SELECT md5(string_agg(d::text, '' ORDER BY d.id)) FROM devices d WHERE d.id <> 'alpha') AS devices,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.id)) FROM backup_jobs x) AS jobs,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.id)) FROM schedules x WHERE x.id <> 1) AS schedules,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.id)) FROM settings x) AS settings,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.id)) FROM copy_targets x) AS copy_targets,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.id)) FROM retention_policies x) AS policies,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.id)) FROM housekeeping x) AS housekeeping,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.id)) FROM runs x
                    WHERE x.device_id <> 'alpha' OR x.run_uuid = '00000000-0000-0001-0000-000000000013') AS runs,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.id)) FROM missed_runs x WHERE x.device_id <> 'alpha') AS missed,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.code)) FROM problems x WHERE x.device_id <> 'alpha') AS problems,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.id)) FROM requests x WHERE x.device_id <> 'alpha') AS requests,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.id)) FROM restores x WHERE x.device_id <> 'alpha') AS restores,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.id)) FROM verifications x WHERE x.device_id <> 'alpha') AS proofs,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.id)) FROM snapshots x WHERE x.device_id <> 'alpha') AS snapshots,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.run_uuid)) FROM housekeeping_runs x WHERE x.device_id <> 'alpha') AS kept,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.id)) FROM audit_log x) AS audit,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.role_name)) FROM holdfast.device_logins x) AS logins,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.oid)) FROM pg_authid x WHERE x.rolname <> ?) AS roles,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.roleid, x.member)) FROM pg_auth_members x) AS members,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.oid)) FROM pg_database x
                    WHERE x.datname = current_database()) AS database,
                   (SELECT md5(string_agg(x.proname || x.prosrc || x.proconfig::text || coalesce(x.proacl::text, ''), '' ORDER BY x.oid))
                    FROM pg_proc x WHERE x.pronamespace = 'holdfast'::regnamespace) AS functions,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.oid)) FROM pg_policy x) AS row_security,
                   (SELECT md5(string_agg(x.tgname || x.tgenabled::text, '' ORDER BY x.oid)) FROM pg_trigger x
                    WHERE NOT x.tgisinternal) AS triggers,
                   (SELECT md5(string_agg(x.relname || x.relowner || coalesce(x.relacl::text, '') || x.relrowsecurity, '' ORDER BY x.oid))
                    FROM pg_class x WHERE x.relnamespace IN ('public'::regnamespace, 'holdfast'::regnamespace)) AS tables,
                   (SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_') AS schemas,
                   (SELECT count(*) FROM pg_largeobject_metadata) AS large_objects,
                   (SELECT count(*) FROM pg_extension) AS extensions
            """,
            wall.login(Part.DEVICE))
        .getFirst();
  }

  /** As an admin who has done what {@code holdfast migrate} told him. */
  private static Wall closed() throws SQLException, IOException {
    Wall wall = Wall.create();
    wall.database().execute("UPDATE devices SET housekeeper = false WHERE id = 'alpha'");
    for (Map<String, Object> row :
        wall.database().rows("SELECT remedy FROM security_findings WHERE code <> 'shared-login'")) {
      String remedy = String.valueOf(row.get("remedy"));
      wall.database().execute(remedy.substring(remedy.indexOf("REVOKE")));
    }
    return wall;
  }

  @ParameterizedTest
  @EnumSource(names = {"DEVICE", "UNBOUND"})
  void no_single_statement_does_harm(Part part) throws Exception {
    List<String> statements = Wall.lines("/wall/single-statements.sql");
    assertThat(statements.size()).isGreaterThan(160);
    try (Wall wall = closed()) {
      Map<String, Object> before = state(wall);
      List<String> harmful = new ArrayList<>();
      for (String statement : statements) {
        try (Connection device = wall.connect(part)) {
          String outcome = Wall.outcome(device, statement);
          if (SEEN.matcher(outcome).find()) {
            harmful.add(statement + " showed " + outcome);
          }
        }
        Map<String, Object> after = state(wall);
        if (!after.equals(before)) {
          harmful.add(statement + " changed " + differences(before, after));
          before = after;
        }
      }
      assertThat(harmful).isEmpty();
    }
  }

  private static List<String> differences(Map<String, Object> before, Map<String, Object> after) {
    return before.keySet().stream()
        .filter(key -> !String.valueOf(before.get(key)).equals(String.valueOf(after.get(key))))
        .toList();
  }

  /** Statements that build on each other, in one session: findings C1 and its kin. */
  @ParameterizedTest
  @CsvSource({
    "x1, true",
    "x2, true",
    "x4, true",
    "x5, true",
    "x8, true",
    "x2, false",
    "x8, false",
    "settings, true"
  })
  void no_sequence_of_statements_does_harm(String sequence, boolean mayMakeTemporaryObjects)
      throws Exception {
    try (Wall wall = closed()) {
      if (mayMakeTemporaryObjects) {
        wall.database()
            .execute("GRANT TEMPORARY ON DATABASE " + wall.database().name() + " TO PUBLIC");
      }
      Map<String, Object> before = state(wall);
      List<String> outcomes = new ArrayList<>();
      try (Connection device = wall.connect(Part.DEVICE)) {
        for (String statement :
            Wall.text("/wall/sequences/" + sequence + ".sql").strip().split(";\n", -1)) {
          outcomes.add(Wall.outcome(device, statement));
        }
      }
      assertThat(outcomes)
          .noneMatch(outcome -> outcome.contains("running as"))
          .noneMatch(outcome -> SEEN.matcher(outcome).find());
      assertThat(state(wall)).isEqualTo(before);
    }
  }

  @Test
  void what_is_watched_would_be_seen_to_change() throws Exception {
    try (Wall wall = closed()) {
      Map<String, Object> before = state(wall);
      wall.database().execute("UPDATE problems SET message = 'x' WHERE device_id = 'bravo'");
      wall.database().execute("GRANT backup_admin TO " + wall.login(Part.DEVICE));
      wall.database().execute("SELECT lo_from_bytea(0, 'x')");
      assertThat(differences(before, state(wall)))
          .containsExactlyInAnyOrder("problems", "members", "large_objects");
      try (Connection device = wall.connect(Part.DEVICE)) {
        assertThat(SEEN.matcher(Wall.outcome(device, "SELECT * FROM settings")).find()).isTrue();
      }
    }
  }
}
