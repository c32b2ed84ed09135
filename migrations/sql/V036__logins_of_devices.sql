-- Roles belong to the server: other databases have devices there too, and other applications their users. What is done
-- to a login here is done only to those that were made for devices of this database, or that an admin made for one.

-- Why a role cannot be a device's; NULL if it can: one that has nothing, owns nothing and is a member of nothing but
-- the group of the devices.
CREATE FUNCTION holdfast.login_problem(login name) RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
           WHEN r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
             THEN 'it has attributes that no device needs'
           WHEN EXISTS (SELECT FROM pg_auth_members a
                        WHERE a.member = r.oid
                          AND pg_get_userbyid(a.roleid) NOT IN ('backup_client', 'backup_shared_client'))
             THEN 'it is a member of other groups than backup_client'
           -- From PostgreSQL 16 on whoever makes a role is a member that can neither act as it nor has its rights.
           WHEN EXISTS (SELECT FROM pg_auth_members a
                        WHERE a.roleid = r.oid
                          AND coalesce((to_jsonb(a) ->> 'inherit_option')::boolean OR (to_jsonb(a) ->> 'set_option')::boolean,
                                       true))
             THEN 'it has members of its own'
           -- Of any database of the server; to connect to this one is no more than a device needs.
           WHEN EXISTS (SELECT FROM pg_shdepend d
                        WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
                          AND NOT (d.classid = 'pg_database'::regclass AND d.deptype = 'a'
                                   AND d.objid = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())))
             THEN 'it owns objects, or has rights of its own'
         END
  FROM pg_roles r
  WHERE r.rolname = login
$$;

REVOKE EXECUTE ON FUNCTION holdfast.login_problem(name) FROM PUBLIC;

-- As before, but a login that an admin has made stays as it is: the device gets one of ours in its place.
CREATE OR REPLACE FUNCTION holdfast.issue_login(device varchar, device_name varchar, device_platform varchar, verifier text,
                                                valid interval)
  RETURNS name
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  login CONSTANT name := holdfast.login_name(device);
  problem text;
BEGIN
  PERFORM holdfast.check_verifier(verifier);
  IF valid IS NULL OR valid NOT BETWEEN interval '1 minute' AND interval '30 days' THEN
    RAISE EXCEPTION 'a token is good for 1 minute to 30 days, not for %', valid
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO public.devices (id, name, platform)
  VALUES (device, coalesce(device_name, device), coalesce(device_platform, 'linux'))
  ON CONFLICT (id) DO NOTHING;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
    EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 8 IN ROLE backup_client',
                   login);
  ELSE
    problem := holdfast.login_problem(login);
    IF problem IS NOT NULL THEN
      RAISE EXCEPTION 'the role % cannot be the login of a device: %', login, problem
        USING ERRCODE = 'insufficient_privilege', HINT = 'As whoever has given it that: take it away, or drop the role.';
    END IF;
  END IF;
  EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L VALID UNTIL %L', login, verifier, clock_timestamp() + valid);
  INSERT INTO holdfast.device_logins (role_name, device_id)
  VALUES (login, device)
  ON CONFLICT (device_id) DO UPDATE SET role_name = excluded.role_name, retired_at = NULL;
  RETURN login;
END
$$;

-- The password of a login that an admin has made is its own affair, but not that of one that has become more.
CREATE OR REPLACE FUNCTION holdfast.keep_login(verifier text) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  problem CONSTANT text := holdfast.login_problem(session_user);
BEGIN
  PERFORM holdfast.check_verifier(verifier);
  IF holdfast.me() IS NULL THEN
    RAISE EXCEPTION 'the login % is no device''s', session_user
      USING ERRCODE = 'insufficient_privilege', HINT = 'Ask an admin for a token: holdfast enrol-token.';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'the role % cannot be the login of a device: %', session_user, problem
      USING ERRCODE = 'insufficient_privilege', HINT = 'Ask an admin for a token: holdfast enrol-token.';
  END IF;
  BEGIN
    EXECUTE format('ALTER ROLE %I PASSWORD %L VALID UNTIL ''infinity''', session_user, verifier);
  EXCEPTION
    -- From PostgreSQL 16 on, of a role that somebody else has made.
    WHEN insufficient_privilege THEN
      RAISE EXCEPTION 'the owner of the control plane may not change the role %', session_user
        USING ERRCODE = 'insufficient_privilege',
          HINT = format('As whoever has made it: GRANT %I TO %I WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;',
                        session_user, current_user);
  END;
END
$$;

CREATE OR REPLACE FUNCTION holdfast.bind_login(login name, device varchar) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  problem CONSTANT text := holdfast.login_problem(login);
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
    RAISE EXCEPTION 'there is no role %', login
      USING ERRCODE = 'undefined_object', HINT = format('CREATE ROLE %I LOGIN makes it.', login);
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'the role % cannot be the login of a device: %', login, problem
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Make one for the device alone: CREATE ROLE ... LOGIN.';
  END IF;
  -- A group, or one of PostgreSQL's own: its members would get what is given to it, today's and tomorrow's.
  IF login ~ '^pg_' OR NOT (SELECT rolcanlogin FROM pg_roles WHERE rolname = login) THEN
    RAISE EXCEPTION 'the role % cannot be the login of a device: it cannot log in', login
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Make one for the device alone: CREATE ROLE ... LOGIN.';
  END IF;
  -- Those of issue_login, and so perhaps of another fleet on this server.
  IF login ~ '^holdfast_[0-9a-f]{32}$' AND login <> holdfast.login_name(device) THEN
    RAISE EXCEPTION 'the role % was made for another device', login
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the device a login of its own: holdfast enrol-token.';
  END IF;
  IF NOT EXISTS (SELECT FROM public.devices WHERE id = device) THEN
    RAISE EXCEPTION 'there is no device %', device
      USING ERRCODE = 'foreign_key_violation',
        HINT = 'INSERT INTO devices (id, name, platform) brings it.';
  END IF;
  EXECUTE format('GRANT backup_client TO %I', login);
  IF pg_has_role(login, 'backup_shared_client', 'MEMBER') THEN
    EXECUTE format('REVOKE backup_shared_client FROM %I', login);
    -- From PostgreSQL 16 on only whoever has granted it can take it.
    IF pg_has_role(login, 'backup_shared_client', 'MEMBER') THEN
      RAISE EXCEPTION 'the role % reads and writes for all devices, and not by our grant', login
        USING ERRCODE = 'invalid_parameter_value', HINT = 'SELECT remedy FROM security_findings has what takes that from it.';
    END IF;
  END IF;
  INSERT INTO holdfast.device_logins (role_name, device_id)
  VALUES (login, device)
  ON CONFLICT (device_id) DO UPDATE SET role_name = excluded.role_name, retired_at = NULL;
END
$$;

CREATE OR REPLACE FUNCTION holdfast.retire_device(device varchar) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  login name;
BEGIN
  UPDATE public.devices SET enabled = false WHERE id = device;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no device %', device USING ERRCODE = 'no_data_found';
  END IF;
  -- From here on it sees and writes nothing, whatever becomes of its role.
  UPDATE holdfast.device_logins
  SET retired_at = coalesce(retired_at, clock_timestamp())
  WHERE device_id = device
  RETURNING role_name INTO login;
  IF login IS NULL THEN
    RETURN;
  END IF;
  -- Only one that issue_login has made for it is ours to close.
  IF login = holdfast.login_name(device) THEN
    EXECUTE format('ALTER ROLE %I NOLOGIN', login);
  ELSIF EXISTS (SELECT FROM pg_roles WHERE rolname = login AND rolcanlogin) THEN
    RAISE NOTICE 'the login % was not made here and can still log in, though it sees nothing: ALTER ROLE % NOLOGIN',
      login, quote_ident(login);
  END IF;
END
$$;


-- Only what is not there is made. A role that is there already stays as it is, whosever it is.
CREATE OR REPLACE FUNCTION holdfast.recreate_logins() RETURNS integer
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

-- ---- What was granted wrongly is taken back, and told in the audit log, which holdfast migrate shows.

-- Takes the sight of all devices from a login. From PostgreSQL 16 on only whoever has granted it can: what stays is one of
-- the security_findings.
CREATE FUNCTION holdfast.take_back(login name, why text, remedy text) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  BEGIN
    EXECUTE format('REVOKE backup_shared_client FROM %I', login);
  EXCEPTION
    WHEN insufficient_privilege THEN RETURN;
  END;
  IF NOT EXISTS (SELECT FROM pg_auth_members a
                 WHERE a.member = to_regrole(quote_ident(login)) AND a.roleid = to_regrole('backup_shared_client')) THEN
    PERFORM holdfast.took_back(login, 'backup_shared_client', why, remedy);
  END IF;
END
$$;

CREATE FUNCTION holdfast.took_back(login name, what text, why text, remedy text) RETURNS void
  LANGUAGE sql
  SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO public.audit_log (table_name, operation, row_id, device_id, before, after)
  VALUES ('pg_auth_members', 'DELETE', login,
          (SELECT l.device_id FROM holdfast.device_logins l WHERE l.role_name = login),
          jsonb_build_object('right', what), jsonb_build_object('why', why, 'remedy', remedy))
$$;
REVOKE EXECUTE ON FUNCTION holdfast.take_back(name, text, text), holdfast.took_back(name, text, text, text) FROM PUBLIC;

-- Logins of devices, of this control plane or another one on the server: they never get this on purpose.
CREATE FUNCTION holdfast.take_back_from_devices() RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  login name;
BEGIN
  FOR login IN
    SELECT DISTINCT m.rolname
    FROM pg_auth_members a
           JOIN pg_roles g ON g.oid = a.roleid AND g.rolname = 'backup_shared_client'
           JOIN pg_roles m ON m.oid = a.member
    WHERE m.rolname ~ '^holdfast_[0-9a-f]{32}$'
       OR m.rolname IN (SELECT l.role_name FROM holdfast.device_logins l)
  LOOP
    PERFORM holdfast.take_back(login,
      format('the login %s is one device''s, and could read and write for all', login),
      'Look at what was written meanwhile: runs and problems of other devices, and audit_log.');
  END LOOP;
END
$$;
REVOKE EXECUTE ON FUNCTION holdfast.take_back_from_devices() FROM PUBLIC;

-- V015 has granted to whoever was a member of backup_client, and so to the devices of other databases on this server.
-- Its transaction has marked both the grant and the table that it made.
DO $$
DECLARE
  login name;
BEGIN
  PERFORM holdfast.take_back_from_devices();
  FOR login IN
    SELECT m.rolname
    FROM pg_auth_members a
           JOIN pg_roles g ON g.oid = a.roleid AND g.rolname = 'backup_shared_client'
           JOIN pg_roles m ON m.oid = a.member
    WHERE a.xmin = (SELECT t.xmin FROM pg_type t WHERE t.oid = 'holdfast.device_logins'::regtype)
  LOOP
    PERFORM holdfast.take_back(login,
      format('the login %s was given the sight of all devices by a migration and not by an admin', login),
      format('If it is the one login of a whole fleet: GRANT backup_shared_client TO %I;', login));
  END LOOP;
END
$$;

-- The same for the login of the seed, where the database was not made from the seed: backup_client is then that of
-- another one.
DO $$
DECLARE
  guarded name;
  any_of_them boolean := false;
BEGIN
  IF to_regnamespace('seed') IS NOT NULL OR to_regclass('holdfast.taken_over') IS NOT NULL THEN
    RETURN;
  END IF;
  FOR guarded IN SELECT tablename FROM pg_policies WHERE schemaname = 'public' AND policyname = 'of_seeds_login' LOOP
    EXECUTE format('DROP POLICY of_seeds_login ON public.%I', guarded);
    any_of_them := true;
  END LOOP;
  IF any_of_them THEN
    PERFORM holdfast.took_back('backup_client', 'the policies of_seeds_login',
      'the login backup_client was given the sight of all devices, though this control plane was not made from the seed',
      'Give each machine a login of its own: holdfast enrol-token.');
  END IF;
END
$$;

-- Bindings to roles that are more than a device: whoever made them could have had such a role's password changed.
DO $$
DECLARE
  bound holdfast.device_logins;
BEGIN
  FOR bound IN
    SELECT * FROM holdfast.device_logins l WHERE l.retired_at IS NULL AND holdfast.login_problem(l.role_name) IS NOT NULL
  LOOP
    UPDATE holdfast.device_logins SET retired_at = clock_timestamp() WHERE role_name = bound.role_name;
    PERFORM holdfast.took_back(bound.role_name, format('the binding to the device %s', bound.device_id),
      format('the role %s cannot be the login of a device: %s', bound.role_name, holdfast.login_problem(bound.role_name)),
      'Look whether its password was changed; give the device a login of its own: holdfast enrol-token.');
  END LOOP;
END
$$;

UPDATE control_plane_version SET schema_version = 36;
