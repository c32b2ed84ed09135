-- How a machine comes by its login. An admin issues a login with a password that is good once and for a while; the
-- machine logs in with it, chooses a password of its own that nobody else ever sees, and says that it has.

-- Passwords reach the database as SCRAM verifiers only: what the server's log shows of a statement is no secret.
CREATE FUNCTION holdfast.check_verifier(verifier text) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  IF verifier IS NULL OR verifier !~
     '^SCRAM-SHA-256\$[0-9]{4,6}:[A-Za-z0-9+/=]{16,}\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$' THEN
    RAISE EXCEPTION 'a login needs a SCRAM-SHA-256 verifier, not a password'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Use holdfast enrol-token, which makes one.';
  END IF;
END
$$;

-- Hashed, since role names end after 63 bytes and belong to the whole server.
CREATE FUNCTION holdfast.login_name(device varchar) RETURNS name
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog
AS $$
  SELECT ('holdfast_' || substr(encode(sha256(convert_to(current_database() || '/' || device, 'UTF8')), 'hex'), 1, 32))::name
$$;

-- Makes the device if there is none, and its login; one that it has already is given the new password, so that the old
-- one does not work any more.
CREATE FUNCTION holdfast.issue_login(device varchar, device_name varchar, device_platform varchar, verifier text,
                                     valid interval)
  RETURNS name
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  login name;
BEGIN
  PERFORM holdfast.check_verifier(verifier);
  IF valid NOT BETWEEN interval '1 minute' AND interval '30 days' THEN
    RAISE EXCEPTION 'a token is good for 1 minute to 30 days, not for %', valid
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO public.devices (id, name, platform)
  VALUES (device, coalesce(device_name, device), coalesce(device_platform, 'linux'))
  ON CONFLICT (id) DO NOTHING;
  SELECT role_name INTO login FROM holdfast.device_logins WHERE device_id = device;
  login := coalesce(login, holdfast.login_name(device));
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
    EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 8 IN ROLE backup_client',
                   login);
  END IF;
  EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L VALID UNTIL %L', login, verifier, clock_timestamp() + valid);
  INSERT INTO holdfast.device_logins (role_name, device_id)
  VALUES (login, device)
  ON CONFLICT (device_id) DO UPDATE SET retired_at = NULL;
  RETURN login;
END
$$;

COMMENT ON FUNCTION holdfast.issue_login(varchar, varchar, varchar, text, interval) IS
  'For holdfast enrol-token: makes a device''s login with a password that is good for a while';

-- The machine's own password takes the place of the one that it has logged in with, and does not expire.
CREATE FUNCTION holdfast.keep_login(verifier text) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.check_verifier(verifier);
  IF holdfast.me() IS NULL THEN
    RAISE EXCEPTION 'the login % is no device''s', session_user
      USING ERRCODE = 'insufficient_privilege', HINT = 'Ask an admin for a token: holdfast enrol-token.';
  END IF;
  EXECUTE format('ALTER ROLE %I PASSWORD %L VALID UNTIL ''infinity''', session_user, verifier);
END
$$;

COMMENT ON FUNCTION holdfast.keep_login(text) IS 'For a device: changes its own password';

-- For logins that admins make themselves, such as those that prove themselves by a certificate.
CREATE FUNCTION holdfast.bind_login(login name, device varchar) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
    RAISE EXCEPTION 'there is no role %', login
      USING ERRCODE = 'undefined_object', HINT = format('CREATE ROLE %I LOGIN makes it.', login);
  END IF;
  IF pg_has_role(login, 'backup_admin', 'MEMBER') THEN
    RAISE EXCEPTION 'the role % is an admin''s and cannot be a device''s', login
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT EXISTS (SELECT FROM public.devices WHERE id = device) THEN
    RAISE EXCEPTION 'there is no device %', device
      USING ERRCODE = 'foreign_key_violation',
        HINT = 'INSERT INTO devices (id, name, platform) brings it.';
  END IF;
  EXECUTE format('GRANT backup_client TO %I', login);
  EXECUTE format('REVOKE backup_shared_client FROM %I', login);
  INSERT INTO holdfast.device_logins (role_name, device_id)
  VALUES (login, device)
  ON CONFLICT (device_id) DO UPDATE SET role_name = excluded.role_name, retired_at = NULL;
END
$$;

COMMENT ON FUNCTION holdfast.bind_login(name, varchar) IS 'Makes an existing login the one of a device';

-- Its history stays, and so does its snapshots'.
CREATE FUNCTION holdfast.retire_device(device varchar) RETURNS void
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
  UPDATE holdfast.device_logins
  SET retired_at = coalesce(retired_at, clock_timestamp())
  WHERE device_id = device
  RETURNING role_name INTO login;
  IF login IS NOT NULL THEN
    EXECUTE format('ALTER ROLE %I NOLOGIN', login);
  END IF;
END
$$;

COMMENT ON FUNCTION holdfast.retire_device(varchar) IS 'Closes a device''s login and pauses it; its history stays';

REVOKE EXECUTE ON FUNCTION holdfast.issue_login(varchar, varchar, varchar, text, interval) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION holdfast.keep_login(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION holdfast.bind_login(name, varchar) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION holdfast.retire_device(varchar) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.issue_login(varchar, varchar, varchar, text, interval) TO backup_admin;
GRANT EXECUTE ON FUNCTION holdfast.bind_login(name, varchar) TO backup_admin;
GRANT EXECUTE ON FUNCTION holdfast.retire_device(varchar) TO backup_admin;
GRANT EXECUTE ON FUNCTION holdfast.keep_login(text) TO backup_client;

UPDATE control_plane_version SET schema_version = 16;
