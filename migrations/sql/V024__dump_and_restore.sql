-- A member of backup_admin can dump the whole control plane (pg_dump --enable-row-security), and what is restored
-- elsewhere gets its roles back, which belong to the server and not to the database.

GRANT SELECT ON ALL TABLES IN SCHEMA holdfast TO backup_admin;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO backup_admin;

-- Flyway's own table, where it was Flyway that brought us here.
DO $$
BEGIN
  IF to_regclass('public.flyway_schema_history') IS NOT NULL THEN
    GRANT SELECT ON public.flyway_schema_history TO backup_admin;
  END IF;
END
$$;

-- The logins of the devices, without a password: each gets one by a new token, or by pg_dumpall --roles-only of the old
-- server before.
CREATE FUNCTION holdfast.recreate_logins() RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  login holdfast.device_logins;
  made  integer := 0;
BEGIN
  FOR login IN SELECT * FROM holdfast.device_logins LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login.role_name) THEN
      EXECUTE format('CREATE ROLE %I %s NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 8 IN ROLE backup_client',
                     login.role_name, CASE WHEN login.retired_at IS NULL THEN 'LOGIN' ELSE 'NOLOGIN' END);
      made := made + 1;
    END IF;
  END LOOP;
  RETURN made;
END
$$;

COMMENT ON FUNCTION holdfast.recreate_logins() IS
  'After a restore on another server: makes the logins that devices had; they need passwords, by new tokens';

REVOKE EXECUTE ON FUNCTION holdfast.recreate_logins() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.recreate_logins() TO backup_admin;

UPDATE control_plane_version SET schema_version = 24;
