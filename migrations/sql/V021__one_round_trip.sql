-- A sync in one round trip: the heartbeat goes in; the configuration comes out only if it has changed since.

CREATE TABLE holdfast.config_revisions (
  device_id varchar(255) PRIMARY KEY REFERENCES public.devices (id) ON DELETE CASCADE,
  revision  bigint NOT NULL DEFAULT 1
) WITH (fillfactor = 70);

CREATE TABLE holdfast.fleet_revision (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision bigint NOT NULL
);
INSERT INTO holdfast.fleet_revision (revision) VALUES (1);

COMMENT ON TABLE holdfast.config_revisions IS 'Counts the changes of what concerns one device';
COMMENT ON TABLE holdfast.fleet_revision IS 'Counts the changes of what concerns all devices: global settings';

-- Whoever changes a row that concerns a device, or all of them (NULL), changes its revision and wakes it.
CREATE OR REPLACE FUNCTION holdfast.notify_device(device varchar) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF device IS NULL THEN
    UPDATE holdfast.fleet_revision SET revision = revision + 1;
  ELSE
    -- A device that is being deleted has none any more.
    INSERT INTO holdfast.config_revisions AS r (device_id)
    SELECT id FROM public.devices WHERE id = device
    ON CONFLICT (device_id) DO UPDATE SET revision = r.revision + 1;
  END IF;
  PERFORM pg_notify('holdfast_config', coalesce(device, '*'));
END
$$;

REVOKE EXECUTE ON FUNCTION holdfast.notify_device(varchar) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.notify_device(varchar) TO backup_admin;

-- A request wakes its device and changes no configuration.
CREATE FUNCTION holdfast.request_made() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  PERFORM pg_notify('holdfast_config', NEW.device_id);
  RETURN NULL;
END
$$;

DROP TRIGGER requests_notify ON requests;
CREATE TRIGGER requests_notify
  AFTER INSERT ON requests
  FOR EACH ROW
EXECUTE FUNCTION holdfast.request_made();

-- What only time can end is looked for once a minute, by whichever device syncs then.
ALTER TABLE holdfast.last_sweep
  ADD COLUMN stale_at timestamptz NOT NULL DEFAULT '-infinity';

CREATE OR REPLACE FUNCTION holdfast.sweep() RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  last holdfast.last_sweep;
BEGIN
  SELECT * INTO last FROM holdfast.last_sweep;
  IF last.stale_at > clock_timestamp() - interval '1 minute' THEN
    RETURN;
  END IF;
  SELECT * INTO last FROM holdfast.last_sweep FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  PERFORM holdfast.sweep_stale();
  IF last.at < clock_timestamp() - interval '1 hour' THEN
    PERFORM holdfast.clean_up(10000);
    UPDATE holdfast.last_sweep SET at = clock_timestamp();
  END IF;
  UPDATE holdfast.last_sweep SET stale_at = clock_timestamp();
END
$$;

CREATE FUNCTION holdfast.agent_sync(device varchar, device_name varchar, device_platform varchar, host varchar,
                                    about jsonb, known_revision text)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  seen     public.devices;
  revision text;
  answer   jsonb;
BEGIN
  IF device IS DISTINCT FROM holdfast.me()
     AND NOT pg_has_role(session_user, 'backup_shared_client', 'USAGE')
     AND NOT (session_user = 'backup_client' AND EXISTS (
       SELECT FROM pg_policies WHERE tablename = 'devices' AND policyname = 'of_seeds_login')) THEN
    RAISE EXCEPTION 'the login % is not that of device %', session_user, device
      USING ERRCODE = 'insufficient_privilege', HINT = format('SELECT holdfast.bind_login(%L, %L), as an admin.', session_user, device);
  END IF;
  -- Nobody misses a heartbeat that a crash of the server has swallowed.
  PERFORM set_config('synchronous_commit', 'off', true);
  UPDATE public.devices d
  SET platform  = device_platform,
      hostname  = host,
      last_seen = now(),
      metadata  = coalesce(d.metadata, '{}') || about
  WHERE d.id = device
  RETURNING * INTO seen;
  IF NOT FOUND THEN
    INSERT INTO public.devices (id, name, platform, hostname, last_seen, metadata)
    VALUES (device, device_name, device_platform, host, now(), about)
    RETURNING * INTO seen;
  END IF;
  -- Before the rows: a revision that is too old costs one more reading, one that is too new would lose a change.
  SELECT coalesce((SELECT c.revision FROM holdfast.config_revisions c WHERE c.device_id = device), 0) || '.' || f.revision
  INTO revision
  FROM holdfast.fleet_revision f;
  SELECT jsonb_build_object(
           'schema_version', v.schema_version,
           'oldest_agent_schema', v.oldest_agent_schema,
           'time', clock_timestamp(),
           'server', concat_ws(' ', inet_server_addr(), inet_server_port(), pg_postmaster_start_time()),
           'device', jsonb_build_object('id', seen.id, 'name', seen.name, 'enabled', seen.enabled),
           'revision', revision,
           'requests_wait', EXISTS (SELECT FROM public.requests q
                                    WHERE q.device_id = device AND q.status IN ('pending', 'claimed')))
  INTO answer
  FROM public.control_plane_version v;
  PERFORM holdfast.sweep();
  IF revision = known_revision THEN
    RETURN answer;
  END IF;
  RETURN answer || jsonb_build_object(
    'jobs', (SELECT coalesce(jsonb_agg(to_jsonb(j) ORDER BY j.name), '[]') FROM public.backup_jobs j WHERE j.device_id = device),
    'schedules', (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.id), '[]')
                  FROM public.schedules s
                  WHERE s.job_id = ANY (ARRAY(SELECT j.id FROM public.backup_jobs j WHERE j.device_id = device))),
    'settings', (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.key, s.device_id NULLS FIRST), '[]')
                 FROM public.settings s
                        LEFT JOIN public.setting_keys k USING (key)
                 WHERE (s.device_id IS NULL OR s.device_id = device) AND coalesce(k.for_devices, true)));
END
$$;

COMMENT ON FUNCTION holdfast.agent_sync(varchar, varchar, varchar, varchar, jsonb, text) IS
  'A device''s heartbeat; answers with its configuration if that is not of the revision that the device knows';

REVOKE EXECUTE ON FUNCTION holdfast.agent_sync(varchar, varchar, varchar, varchar, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.agent_sync(varchar, varchar, varchar, varchar, jsonb, text) TO backup_client;

INSERT INTO setting_keys (key, kind, per_device, description)
VALUES ('push', 'boolean', true,
        'Whether agents keep a connection open, to hear of changes at once (default true); off for more than some 500 devices');

UPDATE control_plane_version SET schema_version = 21;
