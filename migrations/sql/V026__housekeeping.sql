-- What is done to a repository by one device at a time: schedules, the lease that keeps it to one, and what came of it.

ALTER TABLE devices
  ADD COLUMN housekeeper boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN devices.housekeeper IS
  'Whether it may forget, prune, check and unlock; its repository_url may be another way into the same repository';

DROP TRIGGER devices_audit_update ON devices;
CREATE TRIGGER devices_audit_update
  AFTER UPDATE ON devices
  FOR EACH ROW
  WHEN ((OLD.id, OLD.name, OLD.description, OLD.enabled, OLD.housekeeper)
        IS DISTINCT FROM (NEW.id, NEW.name, NEW.description, NEW.enabled, NEW.housekeeper))
EXECUTE FUNCTION holdfast.audit();

-- What a device does under its own name.
CREATE FUNCTION holdfast.require_own(device varchar) RETURNS void
  LANGUAGE plpgsql
  STABLE
  SET search_path = pg_catalog
AS $$
BEGIN
  IF device IS DISTINCT FROM holdfast.me()
     AND NOT pg_has_role(session_user, 'backup_shared_client', 'USAGE')
     AND NOT (session_user = 'backup_client' AND EXISTS (
       SELECT FROM pg_policies WHERE tablename = 'devices' AND policyname = 'of_seeds_login')) THEN
    RAISE EXCEPTION 'the login % is not that of device %', session_user, device
      USING ERRCODE = 'insufficient_privilege', HINT = format('SELECT holdfast.bind_login(%L, %L), as an admin.', session_user, device);
  END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION holdfast.require_own(varchar) FROM PUBLIC;

-- As of V021, but the device is sent with all that stands in its row.
CREATE OR REPLACE FUNCTION holdfast.agent_sync(device varchar, device_name varchar, device_platform varchar, host varchar,
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
  PERFORM holdfast.require_own(device);
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
           'device', to_jsonb(seen) - 'metadata',
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

CREATE TABLE housekeeping (
  id               serial PRIMARY KEY,
  kind             varchar(20) NOT NULL,
  device_id        varchar(255) REFERENCES devices (id) ON DELETE CASCADE,
  schedule_type    varchar(50) NOT NULL,
  cron_expression  varchar(255),
  interval_seconds integer,
  timezone         varchar(64),
  parts            integer,
  enabled          boolean     NOT NULL DEFAULT true,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE housekeeping IS 'When each repository is forgotten in, pruned, checked: by whichever housekeeper gets the lease first';
COMMENT ON COLUMN housekeeping.kind IS
  'forget: apply the retention policies; prune: free what was forgotten; check: the structure; check-data: read one part of all data; catalogue: list the snapshots anew; unlock: remove locks of the dead; copy: copy snapshots into the target';
COMMENT ON COLUMN housekeeping.device_id IS 'Only this housekeeper; NULL: any. Where devices have different repositories, each has its own turn';
COMMENT ON COLUMN housekeeping.timezone IS 'Zone of the cron expression; NULL: UTC';
COMMENT ON COLUMN housekeeping.parts IS 'For check-data: so many turns read all data';

CREATE FUNCTION holdfast.housekeeping_kinds() RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog
AS $$
  SELECT ARRAY ['forget', 'prune', 'check', 'check-data', 'catalogue', 'unlock', 'copy']
$$;

CREATE FUNCTION holdfast.housekeeping_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  kinds CONSTANT text[] := holdfast.housekeeping_kinds();
BEGIN
  IF NEW.kind <> ALL (kinds) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('housekeeping refused: kind is "%s"', NEW.kind),
      HINT = coalesce(format('Did you mean "%s"?', holdfast.nearest(NEW.kind, kinds)),
                      'Write one of ' || array_to_string(kinds, ', ') || '.');
  END IF;
  IF NEW.kind = 'check-data' THEN
    NEW.parts := coalesce(NEW.parts, 30);
  END IF;
  IF (NEW.kind = 'check-data') <> (NEW.parts IS NOT NULL) OR NEW.parts NOT BETWEEN 1 AND 1000 THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('housekeeping refused: parts is %s', coalesce(NEW.parts::text, 'missing')),
      HINT = 'It belongs to check-data alone, and is 1 to 1000: with 30 and a turn a day, all data is read in a month.';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER housekeeping_kind_check
  BEFORE INSERT OR UPDATE OF kind, parts ON housekeeping
  FOR EACH ROW
EXECUTE FUNCTION holdfast.housekeeping_check();

CREATE TRIGGER housekeeping_schedule_check
  BEFORE INSERT OR UPDATE OF schedule_type, cron_expression, interval_seconds, timezone ON housekeeping
  FOR EACH ROW
EXECUTE FUNCTION holdfast.schedules_check();

CREATE TRIGGER housekeeping_touch
  BEFORE UPDATE ON housekeeping
  FOR EACH ROW
EXECUTE FUNCTION holdfast.touch();

CREATE TRIGGER housekeeping_audit
  AFTER INSERT OR UPDATE OR DELETE ON housekeeping
  FOR EACH ROW
EXECUTE FUNCTION holdfast.audit();

CREATE TABLE housekeeping_runs (
  run_uuid        uuid PRIMARY KEY,
  kind            varchar(20)  NOT NULL,
  repository_id   varchar(64)  NOT NULL,
  device_id       varchar(255) NOT NULL REFERENCES devices (id),
  housekeeping_id integer REFERENCES housekeeping (id) ON DELETE SET NULL,
  triggered_by    varchar(20)  NOT NULL,
  lease_token     bigint       NOT NULL,
  start_time      timestamptz  NOT NULL,
  end_time        timestamptz,
  status          varchar(20)  NOT NULL,
  code            varchar(64),
  message         text,
  exit_code       integer,
  statistics      jsonb        NOT NULL DEFAULT '{}',
  restic_output   text,
  restic_errors   text,
  target          varchar(48),
  CONSTRAINT housekeeping_runs_status_known CHECK (status IN ('running', 'success', 'failed', 'cancelled')),
  CONSTRAINT housekeeping_runs_end_when_done CHECK ((status = 'running') = (end_time IS NULL)),
  CONSTRAINT housekeeping_runs_text_bounded CHECK (
    octet_length(restic_output) <= 65536 AND octet_length(restic_errors) <= 65536 AND octet_length(message) <= 8192
  )
);

CREATE INDEX housekeeping_runs_newest ON housekeeping_runs (repository_id, kind, start_time DESC);
CREATE INDEX housekeeping_runs_of ON housekeeping_runs (housekeeping_id, repository_id, start_time DESC);

COMMENT ON TABLE housekeeping_runs IS 'What was done to a repository besides backups: one row each';
COMMENT ON COLUMN housekeeping_runs.repository_id IS
  'restic''s own id of the repository; the target''s name behind "target" while nobody has ever reached it';
COMMENT ON COLUMN housekeeping_runs.lease_token IS 'Grows with every turn: two rows of one repository never have the same';
COMMENT ON COLUMN housekeeping_runs.statistics IS 'What it did, such as snapshots forgotten, or the part of the data that was read';
COMMENT ON COLUMN housekeeping_runs.target IS 'The copy target that it was done in, as it was called then';

-- ---- Who may use a repository now. By the clock of the database alone.

CREATE SEQUENCE holdfast.lease_tokens;

CREATE TABLE holdfast.repository_leases (
  repository_id varchar(64) NOT NULL,
  alone         boolean     NOT NULL DEFAULT true,
  token         bigint      NOT NULL DEFAULT 0,
  device_id     varchar(255) REFERENCES public.devices (id) ON DELETE SET NULL,
  purpose       varchar(20),
  taken_at      timestamptz,
  expires_at    timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (repository_id, alone)
);

CREATE TABLE holdfast.repository_users (
  run_uuid      uuid PRIMARY KEY,
  repository_id varchar(64)  NOT NULL,
  device_id     varchar(255) NOT NULL REFERENCES public.devices (id) ON DELETE CASCADE,
  since         timestamptz  NOT NULL DEFAULT clock_timestamp(),
  expires_at    timestamptz  NOT NULL
);
CREATE INDEX repository_users_repository ON holdfast.repository_users (repository_id, expires_at);

COMMENT ON TABLE holdfast.repository_leases IS 'Which housekeeper has a repository to itself, until when';
COMMENT ON COLUMN holdfast.repository_leases.alone IS 'Whether backups wait meanwhile; not for a list of the snapshots, which has a lease of its own';
COMMENT ON TABLE holdfast.repository_users IS 'The backups that go on in a repository, as far as their devices have said so';

-- Who keeps the backup from beginning: a housekeeper who has the repository, or waits for the others to end. NULL: it may.
CREATE FUNCTION holdfast.backup_enters(device varchar, repository varchar, run uuid, seconds integer) RETURNS text
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  lease holdfast.repository_leases;
BEGIN
  PERFORM holdfast.require_own(device);
  INSERT INTO holdfast.repository_leases (repository_id) VALUES (repository) ON CONFLICT DO NOTHING;
  -- Others may enter beside us; nobody takes the lease meanwhile.
  SELECT * INTO lease FROM holdfast.repository_leases WHERE repository_id = repository AND alone FOR SHARE;
  -- One that has run out was not given back, and may have left restic's own lock: its successor removes that first.
  IF lease.expires_at > clock_timestamp() - interval '2 minutes' THEN
    RETURN format('%s by %s', lease.purpose, lease.device_id);
  END IF;
  -- A run may leave and come in again, as one that has made the repository first.
  INSERT INTO holdfast.repository_users AS u (run_uuid, repository_id, device_id, expires_at)
  VALUES (run, repository, device, clock_timestamp() + make_interval(secs => least(seconds, 3600)))
  ON CONFLICT (run_uuid) DO UPDATE
  SET repository_id = excluded.repository_id, expires_at = excluded.expires_at
  WHERE u.device_id = excluded.device_id;
  RETURN NULL;
END
$$;

CREATE FUNCTION holdfast.backup_stays(device varchar, run uuid, seconds integer) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_own(device);
  UPDATE holdfast.repository_users
  SET expires_at = clock_timestamp() + make_interval(secs => least(seconds, 3600))
  WHERE run_uuid = run AND device_id = device AND expires_at > '-infinity';
END
$$;

CREATE FUNCTION holdfast.backup_leaves(device varchar, run uuid) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_own(device);
  -- It stays for a while: the record of the run, which comes later, tells by it which repository it was.
  UPDATE holdfast.repository_users SET expires_at = '-infinity' WHERE run_uuid = run AND device_id = device;
END
$$;

CREATE FUNCTION holdfast.require_housekeeper(device varchar) RETURNS void
  LANGUAGE plpgsql
  STABLE
  SET search_path = pg_catalog
AS $$
BEGIN
  PERFORM holdfast.require_own(device);
  IF NOT EXISTS (SELECT FROM public.devices WHERE id = device AND housekeeper AND enabled) THEN
    RAISE EXCEPTION 'device % is no housekeeper', device
      USING ERRCODE = 'insufficient_privilege',
        HINT = format('If it is to be one: UPDATE devices SET housekeeper = true WHERE id = %L.', device);
  END IF;
END
$$;

-- The token of the lease; NULL if somebody else has it. From now on no backup begins; those that go on may end.
CREATE FUNCTION holdfast.lease_take(device varchar, repository varchar, wanted_for varchar, run uuid, seconds integer)
  RETURNS bigint
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  needs_it_alone CONSTANT boolean := wanted_for <> 'catalogue';
  given bigint;
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  INSERT INTO holdfast.repository_leases (repository_id, alone) VALUES (repository, needs_it_alone) ON CONFLICT DO NOTHING;
  UPDATE holdfast.repository_leases l
  SET token      = nextval('holdfast.lease_tokens'),
      device_id  = device,
      purpose    = wanted_for,
      taken_at   = clock_timestamp(),
      expires_at = clock_timestamp() + make_interval(secs => least(seconds, 3600))
  WHERE l.repository_id = repository AND l.alone = needs_it_alone AND l.expires_at <= clock_timestamp()
  RETURNING l.token INTO given;
  IF given IS NOT NULL THEN
    -- Whoever had it before has been silent for longer than his lease.
    UPDATE public.housekeeping_runs r
    SET status   = 'failed',
        end_time = greatest(r.start_time, clock_timestamp()),
        code     = 'no-sign',
        message  = 'its device gave no sign for so long that its lease ran out; nobody knows how it ended'
    WHERE r.repository_id = repository AND r.status = 'running' AND r.run_uuid <> run
      AND (r.kind <> 'catalogue') = needs_it_alone;
  END IF;
  RETURN given;
END
$$;

-- How many backups go on still; NULL if the lease is lost. Holds the lease for so many seconds more, while the device is a
-- housekeeper.
CREATE FUNCTION holdfast.lease_renew(device varchar, repository varchar, held bigint, seconds integer) RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_own(device);
  UPDATE holdfast.repository_leases
  SET expires_at = clock_timestamp() + make_interval(secs => least(seconds, 3600))
  WHERE repository_id = repository AND token = held AND device_id = device AND expires_at > clock_timestamp()
    AND EXISTS (SELECT FROM public.devices d WHERE d.id = device AND d.housekeeper AND d.enabled);
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT count(*) FROM holdfast.repository_users u
          WHERE u.repository_id = repository AND u.expires_at > clock_timestamp());
END
$$;

CREATE FUNCTION holdfast.lease_release(device varchar, repository varchar, held bigint) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_own(device);
  UPDATE holdfast.repository_leases
  SET expires_at = '-infinity'
  WHERE repository_id = repository AND token = held AND device_id = device;
END
$$;

-- The processes of housekeepers that gave no sign of their end: whoever is on the same machine can tell whether they live.
CREATE FUNCTION holdfast.left_behind(device varchar, repository varchar) RETURNS TABLE (device_id varchar, process jsonb)
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  RETURN QUERY
    SELECT r.device_id, r.statistics -> 'process'
    FROM public.housekeeping_runs r
    WHERE r.repository_id = repository AND r.code = 'no-sign' AND r.statistics ? 'process'
      AND r.start_time > now() - interval '30 days';
END
$$;

-- What only time can end: a housekeeper that never came back, if nobody took its lease; and what runs have told by which
-- repository they were.
CREATE FUNCTION holdfast.sweep_repositories() RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  UPDATE public.housekeeping_runs r
  SET status   = 'failed',
      end_time = greatest(r.start_time, clock_timestamp()),
      code     = 'no-sign',
      message  = 'its device gave no sign for so long that its lease ran out; nobody knows how it ended'
  WHERE r.status = 'running'
    -- One that lets others in has no lease for a moment.
    AND r.start_time < clock_timestamp() - interval '1 hour'
    AND NOT EXISTS (SELECT FROM holdfast.repository_leases l
                    WHERE l.repository_id = r.repository_id AND l.device_id = r.device_id AND l.expires_at > clock_timestamp());
  DELETE FROM holdfast.repository_users WHERE since < clock_timestamp() - interval '7 days' AND expires_at < clock_timestamp();
END
$$;

CREATE VIEW repository_use AS
SELECT l.repository_id,
       CASE WHEN l.expires_at > now() THEN l.device_id END AS housekeeper,
       CASE WHEN l.expires_at > now() THEN l.purpose END   AS purpose,
       CASE WHEN l.expires_at > now() THEN l.taken_at END  AS since,
       (SELECT count(*) FROM holdfast.repository_users u
        WHERE u.repository_id = l.repository_id AND u.expires_at > now()) AS backups
FROM holdfast.repository_leases l
WHERE l.alone;

COMMENT ON VIEW repository_use IS 'Who is at work in each repository';

-- ---- Rights.

REVOKE EXECUTE ON FUNCTION holdfast.require_housekeeper(varchar), holdfast.sweep_repositories(),
  holdfast.backup_enters(varchar, varchar, uuid, integer), holdfast.backup_stays(varchar, uuid, integer),
  holdfast.backup_leaves(varchar, uuid), holdfast.lease_take(varchar, varchar, varchar, uuid, integer),
  holdfast.lease_renew(varchar, varchar, bigint, integer), holdfast.lease_release(varchar, varchar, bigint),
  holdfast.left_behind(varchar, varchar) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  holdfast.backup_enters(varchar, varchar, uuid, integer), holdfast.backup_stays(varchar, uuid, integer),
  holdfast.backup_leaves(varchar, uuid), holdfast.lease_take(varchar, varchar, varchar, uuid, integer),
  holdfast.lease_renew(varchar, varchar, bigint, integer), holdfast.lease_release(varchar, varchar, bigint),
  holdfast.left_behind(varchar, varchar) TO backup_client;

ALTER TABLE housekeeping_runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_admins ON housekeeping_runs TO backup_admin USING (true) WITH CHECK (true);
CREATE POLICY of_viewers ON housekeeping_runs FOR SELECT TO backup_viewer USING (true);
CREATE POLICY of_shared_login ON housekeeping_runs TO backup_shared_client USING (true) WITH CHECK (true);
CREATE POLICY of_device ON housekeeping_runs FOR SELECT TO backup_client USING (device_id = (SELECT holdfast.me()));
CREATE POLICY of_device_begun ON housekeeping_runs FOR INSERT TO backup_client
  WITH CHECK (device_id = (SELECT holdfast.me())
              AND (SELECT d.housekeeper FROM devices d WHERE d.id = device_id));
-- One that is a housekeeper no more still says how it ended.
CREATE POLICY of_device_ended ON housekeeping_runs FOR UPDATE TO backup_client
  USING (device_id = (SELECT holdfast.me())) WITH CHECK (device_id = (SELECT holdfast.me()));
DO $$
BEGIN
  IF (SELECT rolcanlogin FROM pg_roles WHERE rolname = 'backup_client') THEN
    CREATE POLICY of_seeds_login ON housekeeping_runs TO backup_client
      USING ((SELECT session_user) = 'backup_client') WITH CHECK ((SELECT session_user) = 'backup_client');
  END IF;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON housekeeping TO backup_admin;
GRANT USAGE, SELECT ON SEQUENCE housekeeping_id_seq TO backup_admin;
GRANT SELECT ON housekeeping TO backup_viewer;
GRANT SELECT, DELETE ON housekeeping_runs TO backup_admin;
GRANT SELECT ON housekeeping_runs TO backup_viewer;
GRANT SELECT,
      INSERT (run_uuid, kind, repository_id, device_id, housekeeping_id, triggered_by, lease_token, start_time, end_time,
              status, code, message, exit_code, statistics, restic_output, restic_errors, target),
      UPDATE (end_time, status, code, message, exit_code, statistics, restic_output, restic_errors)
  ON housekeeping_runs TO backup_client;
GRANT SELECT ON repository_use TO backup_admin, backup_viewer;
GRANT SELECT ON holdfast.repository_leases, holdfast.repository_users, holdfast.lease_tokens TO backup_admin;

-- What has ended stays as it is; a record that comes twice changes nothing.
CREATE FUNCTION holdfast.housekeeping_run_ended() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  RETURN NULL;
END
$$;

CREATE TRIGGER housekeeping_runs_keep_history
  BEFORE UPDATE ON housekeeping_runs
  FOR EACH ROW
  WHEN (OLD.status <> 'running' AND OLD.code IS DISTINCT FROM 'no-sign')
EXECUTE FUNCTION holdfast.housekeeping_run_ended();

-- What failed is a problem of the device that tried, until any device succeeds.
ALTER TABLE problems
  DROP CONSTRAINT problems_source_known,
  ADD CONSTRAINT problems_source_known CHECK (source IN ('config', 'run', 'repository'));
COMMENT ON COLUMN problems.source IS
  'config: found in the rows or on the machine; run: left by the newest run of a job; repository: left by housekeeping';

CREATE FUNCTION holdfast.housekeeping_problem() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  about CONSTANT text := CASE
                           WHEN NEW.target IS NULL THEN format('repository %s, %s', left(NEW.repository_id, 8), NEW.kind)
                           ELSE format('copy target %s, %s', NEW.target, NEW.kind)
                         END;
BEGIN
  IF NEW.status = 'success' THEN
    DELETE FROM public.problems p WHERE p.source = 'repository' AND p.subject = about;
  ELSIF NEW.code NOT IN ('no-sign', 'lease-lost', 'kept-out', 'agent-stopped') THEN
    -- What is damaged is so until somebody has looked and found it whole.
    DELETE FROM public.problems p
    WHERE p.source = 'repository' AND p.subject = about AND (p.device_id, p.code) IS DISTINCT FROM (NEW.device_id, NEW.code)
      AND (p.code <> 'repository-damaged' OR NEW.code = p.code);
    INSERT INTO public.problems AS p (device_id, source, subject, code, severity, message, remedy)
    VALUES (NEW.device_id, 'repository', about, NEW.code,
            CASE NEW.code WHEN 'repository-damaged' THEN 'error' ELSE 'warning' END,
            format('housekeeping: %s failed: %s', NEW.kind, NEW.message),
            'housekeeping_runs has what restic said; docs/housekeeping.md says what to do.')
    ON CONFLICT (device_id, source, subject, code) DO UPDATE
    SET message = excluded.message, seen_at = excluded.seen_at;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER housekeeping_runs_problem
  AFTER INSERT OR UPDATE OF status ON housekeeping_runs
  FOR EACH ROW
  WHEN (NEW.status IN ('success', 'failed'))
EXECUTE FUNCTION holdfast.housekeeping_problem();

INSERT INTO setting_keys (key, kind, min_value, max_value, per_device, description)
VALUES ('housekeeping_lease_seconds', 'integer', 15, 3600, true,
        'How long a housekeeper that gives no sign keeps the repository to itself (default 300)'),
       ('housekeeping_patience_seconds', 'integer', 10, 86400, true,
        'How long a housekeeper waits for backups to end, while no other begins (default 1800)');

UPDATE control_plane_version SET schema_version = 26;
