-- Every device has a login of its own, and PostgreSQL shows it what is its own. A fleet that wants one login for all
-- of its machines makes that a member of backup_shared_client as well.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'backup_shared_client') THEN
    CREATE ROLE backup_shared_client NOLOGIN;
  END IF;
END
$$;

CREATE TABLE holdfast.device_logins (
  role_name  name PRIMARY KEY,
  device_id  varchar(255) NOT NULL UNIQUE REFERENCES public.devices (id) ON DELETE CASCADE,
  created_at timestamptz  NOT NULL DEFAULT now(),
  retired_at timestamptz
);

COMMENT ON TABLE holdfast.device_logins IS 'Which login is which device''s';
COMMENT ON COLUMN holdfast.device_logins.retired_at IS 'Since then it sees and writes nothing, also on a connection that it still has';

-- Keyed by session_user, which no SET ROLE changes.
CREATE FUNCTION holdfast.me() RETURNS varchar
  LANGUAGE sql
  STABLE
  PARALLEL SAFE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT device_id FROM holdfast.device_logins WHERE role_name = session_user AND retired_at IS NULL
$$;

COMMENT ON FUNCTION holdfast.me() IS 'The device whose login this is; NULL for everybody else';

REVOKE EXECUTE ON FUNCTION holdfast.me() FROM PUBLIC;
GRANT USAGE ON SCHEMA holdfast TO backup_viewer;
GRANT EXECUTE ON FUNCTION holdfast.me() TO backup_client, backup_admin, backup_viewer;
GRANT SELECT ON holdfast.device_logins TO backup_admin;

-- Machines that work today go on doing so; docs/control-plane.md says how they get logins of their own.
DO $$
DECLARE
  login name;
BEGIN
  FOR login IN
    SELECT m.rolname
    FROM pg_auth_members a
           JOIN pg_roles g ON g.oid = a.roleid AND g.rolname = 'backup_client'
           JOIN pg_roles m ON m.oid = a.member AND m.rolcanlogin
  LOOP
    EXECUTE format('GRANT backup_shared_client TO %I', login);
    RAISE NOTICE 'the login % still reads and writes for all devices: see docs/control-plane.md', login;
  END LOOP;
END
$$;

ALTER TABLE setting_keys
  ADD COLUMN for_devices boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN setting_keys.for_devices IS 'Whether devices may read it';
UPDATE setting_keys SET for_devices = false WHERE key = 'run_retention_days';

ALTER TABLE devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE backup_jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE schedules ENABLE ROW LEVEL SECURITY;
ALTER TABLE settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE missed_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE problems ENABLE ROW LEVEL SECURITY;
ALTER TABLE requests ENABLE ROW LEVEL SECURITY;

-- People, and the shared login: their grants alone decide.
DO $$
DECLARE
  guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY ['devices', 'backup_jobs', 'schedules', 'settings', 'runs', 'missed_runs', 'problems',
    'requests'] LOOP
    EXECUTE format('CREATE POLICY of_admins ON %I TO backup_admin USING (true) WITH CHECK (true)', guarded);
    EXECUTE format('CREATE POLICY of_viewers ON %I FOR SELECT TO backup_viewer USING (true)', guarded);
    EXECUTE format('CREATE POLICY of_shared_login ON %I TO backup_shared_client USING (true) WITH CHECK (true)', guarded);
  END LOOP;
END
$$;

-- In the seed the group itself was the login of all machines. It cannot be a member of backup_shared_client, since its
-- own members would be that too. Where it still logs in, it goes on to see everything, at the price of plans that read
-- more; once no machine uses it, DROP POLICY of_seeds_login removes that.
DO $$
DECLARE
  guarded text;
BEGIN
  IF (SELECT rolcanlogin FROM pg_roles WHERE rolname = 'backup_client') THEN
    FOREACH guarded IN ARRAY ARRAY ['devices', 'backup_jobs', 'schedules', 'settings', 'runs', 'missed_runs', 'problems',
      'requests'] LOOP
      EXECUTE format('CREATE POLICY of_seeds_login ON %I TO backup_client USING ((SELECT session_user) = ''backup_client'')
                      WITH CHECK ((SELECT session_user) = ''backup_client'')', guarded);
    END LOOP;
    RAISE NOTICE 'the login backup_client still reads and writes for all devices: see docs/control-plane.md';
  END IF;
END
$$;

-- Devices. "(SELECT ...)" is asked once for a statement and not for each row.
CREATE POLICY of_device ON devices TO backup_client
  USING (id = (SELECT holdfast.me())) WITH CHECK (id = (SELECT holdfast.me()));
CREATE POLICY of_device ON backup_jobs FOR SELECT TO backup_client
  USING (device_id = (SELECT holdfast.me()));
-- An array, since an EXISTS would be asked for each of the fleet's schedules.
CREATE POLICY of_device ON schedules TO backup_client
  USING (job_id = ANY (ARRAY(SELECT j.id FROM backup_jobs j WHERE j.device_id = (SELECT holdfast.me()))));
CREATE POLICY of_device ON settings FOR SELECT TO backup_client
  USING (coalesce(device_id, (SELECT holdfast.me())) = (SELECT holdfast.me())
         AND key NOT IN (SELECT k.key FROM setting_keys k WHERE NOT k.for_devices));
CREATE POLICY of_device ON runs TO backup_client
  USING (device_id = (SELECT holdfast.me())) WITH CHECK (device_id = (SELECT holdfast.me()));
CREATE POLICY of_device ON missed_runs TO backup_client
  USING (device_id = (SELECT holdfast.me()))
  WITH CHECK (device_id = (SELECT holdfast.me())
              AND (job_id IS NULL OR EXISTS (SELECT FROM backup_jobs j WHERE j.id = job_id)));
CREATE POLICY of_device ON problems TO backup_client
  USING (device_id = (SELECT holdfast.me()))
  WITH CHECK (device_id = (SELECT holdfast.me())
              AND (job_id IS NULL OR EXISTS (SELECT FROM backup_jobs j WHERE j.id = job_id))
              AND (schedule_id IS NULL OR EXISTS (SELECT FROM schedules s WHERE s.id = schedule_id)));
CREATE POLICY of_device ON requests TO backup_client
  USING (device_id = (SELECT holdfast.me())) WITH CHECK (device_id = (SELECT holdfast.me()));

-- A view asks with the rights of its owner unless it is told otherwise.
ALTER VIEW latest_runs SET (security_invoker = true);
ALTER VIEW job_summary SET (security_invoker = true);
REVOKE SELECT ON settings_public FROM backup_client;

UPDATE control_plane_version SET schema_version = 15;
