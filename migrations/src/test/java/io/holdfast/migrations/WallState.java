package io.holdfast.migrations;

import io.holdfast.migrations.Wall.Part;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/** What must be as it was after an attack, as checksums by name. */
final class WallState {

  private WallState() {}

  /** All that a device has no business with: others' rows, roles, rights, the schema. */
  static Map<String, Object> belongings(Wall wall) throws SQLException {
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

  /**
   * What no admin of Holdfast may change: the schema, who owns it, and roles that are no devices'.
   */
  static Map<String, Object> power(Wall wall) throws SQLException {
    return wall.database()
        .rows(
            """
            SELECT (SELECT md5(string_agg(x::text, '' ORDER BY x.oid)) FROM pg_authid x
                    WHERE x.rolname <> ? AND x.rolname !~ '^holdfast_[0-9a-f]{32}$') AS roles,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.roleid, x.member)) FROM pg_auth_members x
                    WHERE pg_get_userbyid(x.roleid) <> 'backup_client'
                      AND pg_get_userbyid(x.roleid) !~ '^holdfast_[0-9a-f]{32}$') AS members,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.oid)) FROM pg_database x
                    WHERE x.datname = current_database()) AS database,
                   (SELECT md5(string_agg(x.proname || x.proowner || x.prosrc || x.proconfig::text || coalesce(x.proacl::text, ''), ''
                                          ORDER BY x.oid))
                    FROM pg_proc x WHERE x.pronamespace IN ('holdfast'::regnamespace, 'public'::regnamespace)) AS functions,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.oid)) FROM pg_policy x) AS row_security,
                   (SELECT md5(string_agg(x.tgname || x.tgenabled::text, '' ORDER BY x.oid)) FROM pg_trigger x
                    WHERE NOT x.tgisinternal) AS triggers,
                   (SELECT md5(string_agg(x.relname || x.relowner || x.relpersistence::text || coalesce(x.relacl::text, '')
                                          || x.relrowsecurity, '' ORDER BY x.oid))
                    FROM pg_class x WHERE x.relnamespace IN ('public'::regnamespace, 'holdfast'::regnamespace)) AS tables,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.oid)) FROM pg_namespace x
                    WHERE x.nspname !~ '^pg_(toast_)?temp_') AS schemas,
                   (SELECT md5(string_agg(x::text, '')) FROM pg_db_role_setting x
                    WHERE x.setrole = 0) AS settings_of_all,
                   (SELECT md5(string_agg(x::text, '' ORDER BY x.oid)) FROM pg_default_acl x
                    WHERE x.defaclrole = (SELECT nspowner FROM pg_namespace WHERE nspname = 'holdfast')) AS default_rights,
                   (SELECT md5(string_agg(x::text, '')) FROM control_plane_version x) AS version,
                   (SELECT count(*) FROM setting_keys) AS setting_keys,
                   (SELECT count(*) FROM restic_arguments) AS restic_arguments,
                   (SELECT count(*) FROM flyway_schema_history) AS migrations,
                   (SELECT count(*) FROM pg_largeobject_metadata) AS large_objects,
                   (SELECT count(*) FROM pg_extension) AS extensions
            """,
            wall.login(Part.DEVICE))
        .getFirst();
  }

  static List<String> differences(Map<String, Object> before, Map<String, Object> after) {
    return before.keySet().stream()
        .filter(key -> !String.valueOf(before.get(key)).equals(String.valueOf(after.get(key))))
        .toList();
  }
}
