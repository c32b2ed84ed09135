-- Nobody's temporary objects stand before PostgreSQL's own in a function of ours: with "pg_catalog" alone PostgreSQL
-- looks for types and tables in the caller's temporary schema first, and so ran a caller's code with our rights.

DO $$
DECLARE
  ours regprocedure;
BEGIN
  FOR ours IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'holdfast'::regnamespace LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', ours);
  END LOOP;
END
$$;

-- Only a login of the seed's is asked for here, and only by the policy upon our own table.
CREATE OR REPLACE FUNCTION holdfast.require_own(device varchar) RETURNS void
  LANGUAGE plpgsql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF device IS DISTINCT FROM holdfast.me()
     AND NOT pg_has_role(session_user, 'backup_shared_client', 'USAGE')
     AND NOT (session_user = 'backup_client' AND EXISTS (
       SELECT FROM pg_policies
       WHERE schemaname = 'public' AND tablename = 'devices' AND policyname = 'of_seeds_login')) THEN
    RAISE EXCEPTION 'the login % is not that of device %', session_user, device
      USING ERRCODE = 'insufficient_privilege', HINT = format('SELECT holdfast.bind_login(%L, %L), as an admin.', session_user, device);
  END IF;
END
$$;

-- What stands open, by the catalogue as it is now. Some of it only a superuser can close.
CREATE VIEW security_findings AS
WITH owners AS (
  SELECT r.rolname, r.rolsuper
  FROM pg_namespace n
         JOIN pg_roles r ON r.oid = n.nspowner
  WHERE n.nspname = 'holdfast'
), of_public AS (
  SELECT a.privilege_type, 'database' AS of_what
  FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
  WHERE d.datname = current_database() AND a.grantee = 0
  UNION ALL
  SELECT a.privilege_type, 'schema public'
  FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
  WHERE n.nspname = 'public' AND a.grantee = 0
)
SELECT 'owner-superuser' AS code,
       format('the owner of the control plane, %s, is a superuser: a fault in one of its functions would be one of the whole server', o.rolname) AS finding,
       'docs/control-plane.md, "Another owner", has the statements.' AS remedy
FROM owners o
WHERE o.rolsuper
UNION ALL
SELECT 'temporary-for-all',
       'every login may make temporary objects in this database',
       format('As the owner of the database: REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC;', current_database())
FROM of_public
WHERE privilege_type = 'TEMPORARY'
UNION ALL
SELECT 'create-for-all',
       format('every login may make objects in the %s, which admins then call for those of PostgreSQL', of_what),
       CASE of_what
         WHEN 'database' THEN format('As the owner of the database: REVOKE CREATE ON DATABASE %I FROM PUBLIC;', current_database())
         ELSE 'As the owner of the schema, or as a superuser: REVOKE CREATE ON SCHEMA public FROM PUBLIC;'
       END
FROM of_public
WHERE privilege_type = 'CREATE'
UNION ALL
SELECT 'large-objects-for-all',
       'every login may make large objects, and fill the disk with them',
       format('As a superuser, in this database: REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC;', string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.proname))
FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN ('lo_create', 'lo_creat', 'lo_from_bytea')
  AND a.grantee = 0 AND a.privilege_type = 'EXECUTE'
HAVING count(*) > 0
UNION ALL
SELECT 'shared-login',
       format('the login %s reads and writes for all devices, in every control plane of this server', m.rolname),
       format('If it is not meant so, as a superuser: REVOKE backup_shared_client FROM %I%s;', m.rolname,
              -- Who does not say it takes back only what he has granted himself.
              CASE
                WHEN current_setting('server_version_num')::integer >= 160000
                  THEN format(' GRANTED BY %I', pg_get_userbyid(a.grantor))
                ELSE ''
              END)
FROM pg_auth_members a
       JOIN pg_roles g ON g.oid = a.roleid AND g.rolname = 'backup_shared_client'
       JOIN pg_roles m ON m.oid = a.member;

COMMENT ON VIEW security_findings IS
  'What stands open in this database, and how it is closed; holdfast migrate shows it';
GRANT SELECT ON security_findings TO backup_admin, backup_viewer;

UPDATE control_plane_version SET schema_version = 35;
