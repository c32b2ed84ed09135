-- A restore that an admin asks a machine for by a row: to a directory that the machine's own policy permits.

ALTER TABLE requests
  ADD COLUMN parameters jsonb,
  DROP CONSTRAINT requests_kind_known,
  ADD CONSTRAINT requests_kind_known CHECK (kind IN ('backup', 'cancel', 'sync', 'restore'));

COMMENT ON COLUMN requests.device_id IS
  'May be left out if job_id or run_uuid says it; for a restore the machine that is to write, also if the job is another''s';
COMMENT ON COLUMN requests.kind IS
  'backup: run job_id now; cancel: stop run_uuid, or whatever job_id has running or waiting; sync: read the configuration; '
  'restore: put files of job_id, or of a snapshot, into a directory';
COMMENT ON COLUMN requests.run_uuid IS 'For cancel: the run_uuid of the run, or the id of the restore';
COMMENT ON COLUMN requests.parameters IS
  'For restore: to (the directory), and if so wished at, snapshot, include, exclude, overwrite';

-- ---- What cannot be meant is refused as it is typed.

CREATE FUNCTION holdfast.refuse_request(sentence text, hint text) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'request refused: ' || sentence, HINT = hint;
END
$$;

-- Whether a text can be a moment; the agent's PointInTime reads the same forms.
CREATE FUNCTION holdfast.is_moment(words text) RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path = pg_catalog
AS $$
BEGIN
  words := regexp_replace(btrim(words), '\s+', ' ', 'g');
  IF lower(words) IN ('now', 'today', 'yesterday')
     OR words ~* '^(an?|[0-9]{1,5}) ?(second|sec|minute|min|hour|h|day|d|week|w|month|year)s? ago$' THEN
    RETURN true;
  END IF;
  IF words !~ '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$' THEN
    RETURN false;
  END IF;
  PERFORM words::timestamptz;
  RETURN true;
EXCEPTION
  WHEN data_exception THEN
    RETURN false;
END
$$;

CREATE FUNCTION holdfast.restore_target_check(target jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  path CONSTANT text := target #>> '{}';
BEGIN
  IF target IS NULL OR jsonb_typeof(target) <> 'string' OR btrim(path) = '' THEN
    PERFORM holdfast.refuse_request('its parameters do not say in "to" where to restore to',
      'Write the directory as it is on the machine: {"to": "/srv/restored/www"}.');
  ELSIF path !~ '^(/|[A-Za-z]:[\\/]|\\\\)' THEN
    PERFORM holdfast.refuse_request(format('"to" is "%s", which is not absolute', left(path, 256)),
      'Write it from the root on, such as /srv/restored.');
  ELSIF path ~ '^(/+\.?|[A-Za-z]:[\\/]+)$' THEN
    PERFORM holdfast.refuse_request(format('"to" is "%s": nothing is restored in place by a row', path),
      'Name a directory below it; at the machine itself ''holdfast restore --in-place'' does that.');
  ELSIF path ~ '(^|[\\/])\.\.([\\/]|$)' OR path ~ '[[:cntrl:]]' OR path <> btrim(path) OR length(path) > 4096 THEN
    PERFORM holdfast.refuse_request(
      'the path in "to" has "..", control characters or blanks around it, or is longer than 4096 characters',
      'Write the directory as it is on the machine, such as /srv/restored.');
  END IF;
END
$$;

CREATE FUNCTION holdfast.restore_patterns_check(parameters jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY ['include', 'exclude'] LOOP
    CONTINUE WHEN NOT parameters ? name;
    IF jsonb_typeof(parameters -> name) <> 'array' OR jsonb_array_length(parameters -> name) NOT BETWEEN 1 AND 500 THEN
      PERFORM holdfast.refuse_request(format('"%s" is no array of 1 to 500 patterns', name),
        format('Write {"%s": ["/srv/www/*.html"]}.', name));
    ELSIF EXISTS (SELECT FROM jsonb_array_elements(parameters -> name) e
                  WHERE jsonb_typeof(e) <> 'string' OR btrim(e #>> '{}') = '' OR e #>> '{}' ~ '[[:cntrl:]]') THEN
      PERFORM holdfast.refuse_request(
        format('"%s" has a pattern that is empty, has control characters or is no text', name),
        'Leave it out, or write what was meant.');
    END IF;
  END LOOP;
  IF parameters ? 'include' AND parameters ? 'exclude' THEN
    PERFORM holdfast.refuse_request('restic takes either "include" or "exclude", not both', 'Leave one of them out.');
  END IF;
END
$$;

CREATE FUNCTION holdfast.restore_choice_check(parameters jsonb, job uuid) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  rules CONSTANT text[] := ARRAY ['never', 'if-newer', 'if-changed', 'always'];
  near  text;
BEGIN
  IF (job IS NULL) = NOT parameters ? 'snapshot' THEN
    PERFORM holdfast.refuse_request(
      CASE WHEN job IS NULL THEN 'a restore needs a job_id or, in its parameters, a snapshot'
           ELSE 'it has a job_id and a snapshot' END,
      CASE WHEN job IS NULL THEN 'SELECT id, name FROM backup_jobs lists the jobs: its latest snapshot is meant then.'
           ELSE 'Keep one of them; a snapshot needs the device_id besides.' END);
  END IF;
  IF parameters ? 'snapshot' AND (jsonb_typeof(parameters -> 'snapshot') <> 'string'
                                  OR parameters ->> 'snapshot' !~ '^[0-9A-Fa-f]{4,64}$') THEN
    PERFORM holdfast.refuse_request(format('"snapshot" is "%s", which is no id', left(parameters ->> 'snapshot', 80)),
      'SELECT id, time FROM snapshots lists them; 4 digits or more of an id will do.');
  END IF;
  IF parameters ? 'at' THEN
    IF parameters ? 'snapshot' THEN
      PERFORM holdfast.refuse_request('"at" goes with a job_id, and "snapshot" is one snapshot', 'Leave one of the two out.');
    ELSIF jsonb_typeof(parameters -> 'at') <> 'string' OR NOT holdfast.is_moment(parameters ->> 'at') THEN
      PERFORM holdfast.refuse_request(format('"at" is "%s", which is no moment that is understood', left(parameters ->> 'at', 80)),
        'Write 2 days ago, yesterday, 2026-11-01, 2026-11-01 14:00 or 2026-11-01T14:00:00Z.');
    END IF;
  END IF;
  IF parameters ? 'overwrite' AND NOT (jsonb_typeof(parameters -> 'overwrite') = 'string'
                                       AND parameters ->> 'overwrite' = ANY (rules)) THEN
    near := holdfast.nearest(parameters ->> 'overwrite', rules);
    PERFORM holdfast.refuse_request(format('"overwrite" is "%s"', left(parameters ->> 'overwrite', 80)),
      coalesce('Did you mean "' || near || '"?', 'Write never, if-newer, if-changed or always.'));
  END IF;
END
$$;

CREATE FUNCTION holdfast.restore_check(parameters jsonb, job uuid) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  known CONSTANT text[] := ARRAY ['to', 'at', 'snapshot', 'include', 'exclude', 'overwrite'];
  strange text;
BEGIN
  IF parameters IS NULL OR jsonb_typeof(parameters) <> 'object' THEN
    PERFORM holdfast.refuse_request('the parameters of a restore are missing, or no JSON object',
      'Write at least where to: {"to": "/srv/restored/www"}.');
  ELSIF octet_length(parameters::text) > 65536 THEN
    PERFORM holdfast.refuse_request('its parameters are longer than 65536 bytes', 'Ask for less at a time.');
  END IF;
  SELECT k INTO strange FROM jsonb_object_keys(parameters) k WHERE k <> ALL (known) ORDER BY k LIMIT 1;
  IF FOUND THEN
    PERFORM holdfast.refuse_request(format('its parameters have "%s", which is unknown', left(strange, 64)),
      coalesce('Did you mean "' || holdfast.nearest(strange, known) || '"?', 'Known are ' || array_to_string(known, ', ') || '.'));
  END IF;
  PERFORM holdfast.restore_target_check(parameters -> 'to');
  PERFORM holdfast.restore_patterns_check(parameters);
  PERFORM holdfast.restore_choice_check(parameters, job);
END
$$;

REVOKE EXECUTE ON FUNCTION holdfast.refuse_request(text, text), holdfast.is_moment(text), holdfast.restore_target_check(jsonb),
  holdfast.restore_patterns_check(jsonb), holdfast.restore_choice_check(jsonb, uuid), holdfast.restore_check(jsonb, uuid)
  FROM PUBLIC;

CREATE OR REPLACE FUNCTION holdfast.requests_complete() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kinds CONSTANT text[] := ARRAY ['backup', 'cancel', 'sync', 'restore'];
  of_job     public.backup_jobs;
  its_device varchar;
BEGIN
  IF NEW.kind IS NULL OR NEW.kind <> ALL (kinds) THEN
    PERFORM holdfast.refuse_request(format('kind is "%s"', NEW.kind),
      coalesce('Did you mean "' || holdfast.nearest(NEW.kind, kinds) || '"?', 'Write backup, cancel, sync or restore.'));
  END IF;
  IF NEW.kind = 'backup' AND NEW.job_id IS NULL THEN
    PERFORM holdfast.refuse_request('a backup needs a job_id', 'SELECT id, name FROM backup_jobs lists the jobs.');
  END IF;
  IF NEW.kind = 'cancel' AND NEW.job_id IS NULL AND NEW.run_uuid IS NULL THEN
    PERFORM holdfast.refuse_request('a cancel needs a run_uuid or a job_id',
      'SELECT run_uuid, job_name FROM runs WHERE status = ''running'' lists the runs that go on.');
  END IF;
  IF NEW.kind = 'restore' THEN
    PERFORM holdfast.restore_check(NEW.parameters, NEW.job_id);
    IF NEW.run_uuid IS NOT NULL THEN
      PERFORM holdfast.refuse_request('a restore takes no run_uuid',
        'SELECT snapshot_id FROM runs tells the run''s snapshot: write that into the parameters.');
    END IF;
    -- Who asks for files to be written somewhere asks in his own name.
    NEW.requested_by := session_user;
  ELSIF NEW.parameters IS NOT NULL THEN
    PERFORM holdfast.refuse_request(format('a request of kind %s takes no parameters', NEW.kind), 'Leave them out.');
  END IF;
  IF NEW.run_uuid IS NOT NULL THEN
    SELECT device_id INTO its_device FROM public.runs WHERE run_uuid = NEW.run_uuid;
    IF NOT FOUND THEN
      SELECT device_id INTO its_device FROM public.requests WHERE id = NEW.run_uuid AND kind = 'restore';
    END IF;
    IF NOT FOUND THEN
      PERFORM holdfast.refuse_request(format('there is no run %s', NEW.run_uuid),
        'Give the run_uuid of the run, not its id; of a restore the id.');
    END IF;
    NEW.device_id := coalesce(NEW.device_id, its_device);
    IF NEW.device_id <> its_device THEN
      PERFORM holdfast.refuse_request(format('run %s is not one of device %s', NEW.run_uuid, NEW.device_id), 'Leave device_id out.');
    END IF;
  END IF;
  IF NEW.job_id IS NOT NULL THEN
    SELECT * INTO of_job FROM public.backup_jobs WHERE id = NEW.job_id;
    IF FOUND THEN
      NEW.device_id := coalesce(NEW.device_id, of_job.device_id);
      -- Whose files are restored where is an admin's to say, and the machine's own policy says where to.
      IF NEW.device_id <> of_job.device_id AND NEW.kind <> 'restore' THEN
        PERFORM holdfast.refuse_request(format('job %s is not one of device %s', NEW.job_id, NEW.device_id), 'Leave device_id out.');
      END IF;
    ELSIF NEW.kind = 'restore' THEN
      PERFORM holdfast.refuse_request(format('there is no job %s', NEW.job_id),
        'SELECT id, name FROM backup_jobs lists the jobs; of one that is gone name a snapshot.');
    END IF;
  END IF;
  IF NEW.device_id IS NULL THEN
    PERFORM holdfast.refuse_request('it names no device', 'Give a device_id, or a job_id or run_uuid that tells it.');
  END IF;
  RETURN NEW;
END
$$;

-- A machine may have begun with it.
CREATE FUNCTION holdfast.requests_stay() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  RAISE EXCEPTION 'request % cannot be changed into another one', OLD.id
    USING ERRCODE = 'check_violation', HINT = 'Insert a new row.';
END
$$;

CREATE TRIGGER requests_stay
  BEFORE UPDATE ON requests
  FOR EACH ROW
  WHEN ((OLD.kind = 'restore' OR NEW.kind = 'restore')
        AND (OLD.kind, OLD.parameters, OLD.job_id, OLD.device_id, OLD.requested_by)
            IS DISTINCT FROM (NEW.kind, NEW.parameters, NEW.job_id, NEW.device_id, NEW.requested_by))
EXECUTE FUNCTION holdfast.requests_stay();

-- ---- What became of them.

CREATE TABLE restores (
  id           uuid PRIMARY KEY,
  request_id   uuid REFERENCES requests (id) ON DELETE SET NULL,
  device_id    varchar(255) NOT NULL REFERENCES devices (id),
  job_id       uuid REFERENCES backup_jobs (id) ON DELETE SET NULL,
  job_name     varchar(255),
  snapshot_id  varchar(64),
  target       text         NOT NULL,
  requested_by varchar(63),
  start_time   timestamptz  NOT NULL,
  end_time     timestamptz,
  status       varchar(20)  NOT NULL,
  code         varchar(64),
  message      text,
  files        bigint       NOT NULL DEFAULT 0,
  bytes        bigint       NOT NULL DEFAULT 0,
  error_count  bigint       NOT NULL DEFAULT 0,
  failures     text[]       NOT NULL DEFAULT '{}',
  progress     jsonb,
  progress_at  timestamptz,
  CONSTRAINT restores_status_known CHECK (status IN ('running', 'success', 'partial', 'failed', 'cancelled')),
  CONSTRAINT restores_ended_when_over CHECK ((end_time IS NULL) = (status = 'running')),
  CONSTRAINT restores_in_order CHECK (end_time >= start_time),
  CONSTRAINT restores_text_bounded CHECK (
    octet_length(message) <= 8192 AND octet_length(target) <= 16384 AND cardinality(failures) <= 100
    AND octet_length(progress::text) <= 8192)
) WITH (fillfactor = 80);

CREATE INDEX restores_device ON restores (device_id, start_time DESC);
CREATE INDEX restores_job ON restores (job_id);
CREATE INDEX restores_request ON restores (request_id);

COMMENT ON TABLE restores IS 'What became of the restores that requests asked for';
COMMENT ON COLUMN restores.id IS 'That of its request, which outlives the request; a cancel names it as run_uuid';
COMMENT ON COLUMN restores.job_id IS 'Whose files they are; may be another device''s job';
COMMENT ON COLUMN restores.requested_by IS 'The database user who asked; NULL if the request was deleted before it began';
COMMENT ON COLUMN restores.code IS
  'Why it ended so: ok, incomplete, cancelled, interrupted, policy-refused, restore-refused ...; device-away: until it is back';
COMMENT ON COLUMN restores.files IS 'Files and directories that came back';
COMMENT ON COLUMN restores.failures IS 'The first of what did not come back, with the reason';

-- Which request it is that it answers is for the database to say, not for the machine.
CREATE FUNCTION holdfast.restores_complete() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  asked public.requests;
BEGIN
  SELECT * INTO asked
  FROM public.requests q
  WHERE q.id = NEW.id AND q.kind = 'restore' AND q.device_id = NEW.device_id;
  NEW.request_id := asked.id;
  NEW.job_id := asked.job_id;
  NEW.requested_by := asked.requested_by;
  NEW.job_name := coalesce((SELECT j.name FROM public.backup_jobs j WHERE j.id = asked.job_id), NEW.job_name);
  RETURN NEW;
END
$$;

CREATE TRIGGER restores_complete
  BEFORE INSERT ON restores
  FOR EACH ROW
EXECUTE FUNCTION holdfast.restores_complete();

-- What has ended stays as it is; a record that comes twice changes nothing.
CREATE FUNCTION holdfast.restore_ended() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  RETURN NULL;
END
$$;

-- But for the references, which go with what they refer to.
CREATE TRIGGER restores_keep_history
  BEFORE UPDATE ON restores
  FOR EACH ROW
  WHEN (OLD.status <> 'running'
        AND OLD.code IS DISTINCT FROM 'device-away'
        AND (OLD.request_id, OLD.job_id) IS NOT DISTINCT FROM (NEW.request_id, NEW.job_id))
EXECUTE FUNCTION holdfast.restore_ended();

-- ---- Devices that stay away: any agent's sync ends what they will not.

-- Should the device come back, its own word counts.
DROP TRIGGER requests_forward ON requests;
CREATE TRIGGER requests_forward
  BEFORE UPDATE ON requests
  FOR EACH ROW
  WHEN (OLD.status IN ('done', 'failed', 'expired')
        AND NEW.status <> OLD.status
        AND NOT (OLD.kind = 'restore' AND NEW.status = 'done' AND coalesce(OLD.result ->> 'code', '') = 'device-away'))
EXECUTE FUNCTION holdfast.requests_forward();

ALTER FUNCTION holdfast.sweep_stale() RENAME TO sweep_stale_runs;
REVOKE EXECUTE ON FUNCTION holdfast.sweep_stale_runs() FROM backup_admin;

CREATE FUNCTION holdfast.sweep_stale() RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.sweep_stale_runs();

  UPDATE public.restores r
  SET status      = 'failed',
      code        = 'device-away',
      end_time    = greatest(r.start_time, clock_timestamp()),
      message     = 'the device has not been heard of for a day, so nobody knows how this restore ended',
      progress    = NULL,
      progress_at = NULL
  FROM public.devices d
  WHERE r.status = 'running'
    AND d.id = r.device_id
    AND d.last_seen < clock_timestamp() - interval '1 day'
    AND coalesce(r.progress_at, r.start_time) < clock_timestamp() - interval '1 day';

  -- One that has not begun is not given out again: who comes back after weeks must not overwrite files of today.
  UPDATE public.requests q
  SET status      = 'failed',
      finished_at = clock_timestamp(),
      message     = 'the device has not been heard of for a day since it took this request; should it come back, '
                    || 'the table restores shows whether it had begun',
      result      = coalesce(q.result, '{}') || '{"code": "device-away", "provisional": true}'
  FROM public.devices d
  WHERE q.kind = 'restore'
    AND q.status = 'claimed'
    AND d.id = q.device_id
    AND d.last_seen < clock_timestamp() - interval '1 day'
    AND q.claimed_at < clock_timestamp() - interval '1 day';
END
$$;

REVOKE EXECUTE ON FUNCTION holdfast.sweep_stale() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.sweep_stale() TO backup_admin;

-- ---- Clean-up.

ALTER FUNCTION holdfast.clean_up(integer) RENAME TO clean_up_runs;
REVOKE EXECUTE ON FUNCTION holdfast.clean_up_runs(integer) FROM PUBLIC, backup_admin;

CREATE FUNCTION holdfast.clean_up(batch integer DEFAULT 1000) RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kept    integer;
  removed integer;
  gone    integer;
BEGIN
  -- One at a time; whoever comes second has nothing to do.
  IF NOT pg_try_advisory_xact_lock(hashtext('holdfast.clean_up')) THEN
    RETURN 0;
  END IF;
  removed := holdfast.clean_up_runs(batch);
  SELECT btrim(value)::integer
  INTO kept
  FROM public.settings
  WHERE key = 'run_retention_days' AND device_id IS NULL AND btrim(value) ~ '^[0-9]{1,5}$' AND btrim(value)::integer >= 1;
  -- One that seems to run for so long was left by a machine that never came back.
  DELETE FROM public.restores
  WHERE id IN (SELECT r.id FROM public.restores r WHERE r.start_time < now() - make_interval(days => kept) LIMIT batch);
  GET DIAGNOSTICS gone = ROW_COUNT;
  removed := removed + gone;
  -- Never the newest good proof of a job: by it the job is proven.
  DELETE FROM public.verifications
  WHERE id IN (
    SELECT v.id
    FROM public.verifications v
    WHERE v.end_time < now() - make_interval(days => kept)
      AND NOT (v.outcome = 'success' AND v.job_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.verifications x WHERE x.job_id = v.job_id AND x.outcome = 'success' AND x.end_time > v.end_time))
    LIMIT batch
  );
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN removed + gone + holdfast.clean_up_housekeeping(make_interval(days => kept), batch);
END
$$;

COMMENT ON FUNCTION holdfast.clean_up(integer) IS
  'Removes history that is older than run_retention_days, so many rows of a kind at most; returns how many';

REVOKE EXECUTE ON FUNCTION holdfast.clean_up(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.clean_up(integer) TO backup_admin;

-- ---- Rights.

ALTER TABLE restores ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_admins ON restores TO backup_admin USING (true) WITH CHECK (true);
CREATE POLICY of_viewers ON restores FOR SELECT TO backup_viewer USING (true);
CREATE POLICY of_shared_login ON restores TO backup_shared_client USING (true) WITH CHECK (true);
CREATE POLICY of_device ON restores TO backup_client
  USING (device_id = (SELECT holdfast.me())) WITH CHECK (device_id = (SELECT holdfast.me()));
DO $$
BEGIN
  IF (SELECT rolcanlogin FROM pg_roles WHERE rolname = 'backup_client') THEN
    CREATE POLICY of_seeds_login ON restores TO backup_client
      USING ((SELECT session_user) = 'backup_client') WITH CHECK ((SELECT session_user) = 'backup_client');
  END IF;
END
$$;

GRANT SELECT, DELETE ON restores TO backup_admin;
GRANT SELECT ON restores TO backup_viewer;
GRANT SELECT,
      INSERT (id, device_id, job_name, snapshot_id, target, start_time, end_time, status, code, message, files, bytes,
              error_count, failures),
      UPDATE (end_time, status, code, message, files, bytes, error_count, failures, progress, progress_at)
  ON restores TO backup_client;

-- Whoever may execute a trigger's function may put it upon a table of his own, fill in what he likes, and have it do its
-- work with its owner's rights. Triggers that are there need no such right.
DO $$
DECLARE
  guarded regprocedure;
BEGIN
  FOR guarded IN
    SELECT p.oid
    FROM pg_proc p
           JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'holdfast' AND p.prorettype = 'trigger'::regtype
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', guarded);
  END LOOP;
END
$$;

UPDATE control_plane_version SET schema_version = 32;
