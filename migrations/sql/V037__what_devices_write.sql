-- What a device writes is bounded: in size, in time, in how much a day; and it holds no lock that others wait for.
-- No group of devices has a right upon a whole table but to read it: UPDATE or DELETE of one is the right to lock it too.

-- ---- Problems. A device tells of its own findings and takes them back; nothing else that is told of it is its to change.

REVOKE ALL ON problems FROM backup_client;
GRANT SELECT,
      INSERT (device_id, source, subject, code, job_id, schedule_id, severity, message, remedy),
      UPDATE (job_id, schedule_id, severity, message, remedy, seen_at) ON problems TO backup_client;

ALTER TABLE problems
  DROP CONSTRAINT problems_source_known,
  ADD CONSTRAINT problems_source_known CHECK (source IN ('config', 'run', 'repository', 'proof', 'limit'));
COMMENT ON COLUMN problems.source IS
  'config: found in the rows or on the machine; run: left by the newest run of a job; repository: left by housekeeping; '
  'proof: by a restore test, or the want of one; limit: the control plane''s own, a ceiling that the device has reached';

DROP POLICY of_device ON problems;
CREATE POLICY of_device ON problems FOR SELECT TO backup_client USING (device_id = (SELECT holdfast.me()));
CREATE POLICY of_device_told ON problems FOR INSERT TO backup_client
  WITH CHECK (device_id = (SELECT holdfast.me())
              AND source IN ('config', 'run')
              AND (job_id IS NULL OR EXISTS (SELECT FROM backup_jobs j WHERE j.id = job_id))
              AND (schedule_id IS NULL OR EXISTS (SELECT FROM schedules s WHERE s.id = schedule_id)));
CREATE POLICY of_device_told_anew ON problems FOR UPDATE TO backup_client
  USING (device_id = (SELECT holdfast.me()) AND source IN ('config', 'run'))
  WITH CHECK (device_id = (SELECT holdfast.me())
              AND source IN ('config', 'run')
              AND (job_id IS NULL OR EXISTS (SELECT FROM backup_jobs j WHERE j.id = job_id))
              AND (schedule_id IS NULL OR EXISTS (SELECT FROM schedules s WHERE s.id = schedule_id)));

-- Those of the configuration, or those that the runs of one job left, but for those that are kept: subject, a newline, code.
CREATE FUNCTION holdfast.problems_gone(device varchar, found_in varchar, of_job uuid, kept text[]) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_own(device);
  DELETE FROM public.problems p
  WHERE p.device_id = device
    AND p.source = found_in
    AND (found_in = 'config' OR found_in = 'run' AND p.job_id = of_job)
    AND NOT (p.subject || chr(10) || p.code = ANY (kept));
END
$$;
COMMENT ON FUNCTION holdfast.problems_gone(varchar, varchar, uuid, text[]) IS
  'For a device: what it found wrong and does not find any more';

REVOKE INSERT ON verifications FROM backup_client;
GRANT INSERT (id, job_id, job_name, device_id, snapshot_id, triggered_by, start_time, end_time, outcome, code, message, files,
              bytes, with_source, failures) ON verifications TO backup_client;

-- ---- Bounds. A text for people is cut, since losing the record would be worse; a time that has not come becomes now, as in
-- runs_guard; what programs read is refused whole.

CREATE FUNCTION holdfast.no_later(moment timestamptz) RETURNS timestamptz
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE WHEN moment > clock_timestamp() + interval '10 minutes' THEN clock_timestamp() ELSE moment END
$$;

CREATE FUNCTION holdfast.cut_texts(texts text[]) RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(array_agg(left(t.element, 1000) ORDER BY t.place), '{}')
  FROM unnest(texts) WITH ORDINALITY AS t (element, place)
  WHERE t.place <= 100
$$;

CREATE FUNCTION holdfast.refuse_size(what text, most integer) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'check_violation',
    MESSAGE = format('%s refused: it is longer than %s bytes', what, most), HINT = 'Write less.';
END
$$;

CREATE FUNCTION holdfast.devices_bounded() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF octet_length(NEW.metadata::text) > 16384 THEN
    PERFORM holdfast.refuse_size('metadata of a device', 16384);
  END IF;
  NEW.last_seen := holdfast.no_later(NEW.last_seen);
  RETURN NEW;
END
$$;
-- Conditions of triggers cost a heartbeat nothing that counts; the functions are called for what is out of bounds alone.
CREATE TRIGGER devices_bounded
  BEFORE INSERT OR UPDATE ON devices
  FOR EACH ROW
  WHEN (NEW.last_seen > now() + interval '10 minutes' OR octet_length(NEW.metadata::text) > 16384)
EXECUTE FUNCTION holdfast.devices_bounded();

CREATE FUNCTION holdfast.schedules_bounded() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.last_run_at := holdfast.no_later(NEW.last_run_at);
  -- 29 February may be eight years away; whoever names a later time does not know it.
  IF NEW.next_run_at > now() + interval '10 years' THEN
    NEW.next_run_at := NULL;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER schedules_bounded
  BEFORE INSERT OR UPDATE ON schedules
  FOR EACH ROW
  WHEN (NEW.last_run_at > now() + interval '10 minutes' OR NEW.next_run_at > now() + interval '10 years')
EXECUTE FUNCTION holdfast.schedules_bounded();

CREATE FUNCTION holdfast.runs_bounded() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF octet_length(NEW.metadata::text) > 16384 THEN
    PERFORM holdfast.refuse_size('metadata of a run', 16384);
  END IF;
  IF octet_length(NEW.progress::text) > 16384 THEN
    PERFORM holdfast.refuse_size('progress of a run', 16384);
  END IF;
  NEW.progress_at := holdfast.no_later(NEW.progress_at);
  NEW.scheduled_for := holdfast.no_later(NEW.scheduled_for);
  RETURN NEW;
END
$$;
CREATE TRIGGER runs_bounded
  BEFORE INSERT OR UPDATE ON runs
  FOR EACH ROW
  WHEN (NEW.progress_at > now() + interval '10 minutes'
        OR NEW.scheduled_for > now() + interval '10 minutes'
        OR octet_length(NEW.metadata::text) > 16384
        OR octet_length(NEW.progress::text) > 16384)
EXECUTE FUNCTION holdfast.runs_bounded();

CREATE FUNCTION holdfast.missed_runs_bounded() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.message := left(NEW.message, 4000);
  NEW.due_at := holdfast.no_later(NEW.due_at);
  NEW.last_due_at := greatest(holdfast.no_later(NEW.last_due_at), NEW.due_at);
  RETURN NEW;
END
$$;
CREATE TRIGGER missed_runs_bounded
  BEFORE INSERT OR UPDATE ON missed_runs
  FOR EACH ROW
  WHEN (length(NEW.message) > 4000 OR NEW.last_due_at > now() + interval '10 minutes')
EXECUTE FUNCTION holdfast.missed_runs_bounded();

CREATE FUNCTION holdfast.problems_bounded() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.message := left(NEW.message, 4000);
  NEW.remedy := left(NEW.remedy, 4000);
  NEW.seen_at := holdfast.no_later(NEW.seen_at);
  RETURN NEW;
END
$$;
CREATE TRIGGER problems_bounded
  BEFORE INSERT OR UPDATE ON problems
  FOR EACH ROW
  WHEN (length(NEW.message) > 4000 OR length(NEW.remedy) > 4000 OR NEW.seen_at > now() + interval '10 minutes')
EXECUTE FUNCTION holdfast.problems_bounded();

CREATE FUNCTION holdfast.requests_bounded() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF octet_length(NEW.result::text) > 16384 THEN
    PERFORM holdfast.refuse_size('result of a request', 16384);
  END IF;
  NEW.message := left(NEW.message, 4000);
  NEW.claimed_at := holdfast.no_later(NEW.claimed_at);
  NEW.finished_at := holdfast.no_later(NEW.finished_at);
  RETURN NEW;
END
$$;
CREATE TRIGGER requests_bounded
  BEFORE INSERT OR UPDATE ON requests
  FOR EACH ROW
  WHEN (length(NEW.message) > 4000
        OR octet_length(NEW.result::text) > 16384
        OR NEW.claimed_at > now() + interval '10 minutes'
        OR NEW.finished_at > now() + interval '10 minutes')
EXECUTE FUNCTION holdfast.requests_bounded();

-- Whoever asks, asks in his own name; of a restore V032 says so already.
CREATE FUNCTION holdfast.requests_asked() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.requested_by := CASE TG_OP WHEN 'INSERT' THEN session_user ELSE OLD.requested_by END;
  RETURN NEW;
END
$$;
CREATE TRIGGER requests_asked
  BEFORE INSERT OR UPDATE OF requested_by ON requests
  FOR EACH ROW
EXECUTE FUNCTION holdfast.requests_asked();

CREATE FUNCTION holdfast.restores_bounded() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.failures := holdfast.cut_texts(NEW.failures);
  NEW.start_time := holdfast.no_later(NEW.start_time);
  IF NEW.end_time IS NOT NULL THEN
    NEW.end_time := greatest(holdfast.no_later(NEW.end_time), NEW.start_time);
  END IF;
  NEW.progress_at := holdfast.no_later(NEW.progress_at);
  RETURN NEW;
END
$$;
CREATE TRIGGER restores_bounded
  BEFORE INSERT OR UPDATE ON restores
  FOR EACH ROW
  WHEN (octet_length(array_to_string(NEW.failures, '')) > 100000
        OR NEW.start_time > now() + interval '10 minutes'
        OR NEW.end_time > now() + interval '10 minutes'
        OR NEW.progress_at > now() + interval '10 minutes')
EXECUTE FUNCTION holdfast.restores_bounded();

CREATE FUNCTION holdfast.verifications_bounded() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.failures := holdfast.cut_texts(NEW.failures);
  NEW.start_time := holdfast.no_later(NEW.start_time);
  NEW.end_time := holdfast.no_later(NEW.end_time);
  RETURN NEW;
END
$$;
CREATE TRIGGER verifications_bounded
  BEFORE INSERT OR UPDATE ON verifications
  FOR EACH ROW
  WHEN (octet_length(array_to_string(NEW.failures, '')) > 100000
        OR NEW.start_time > now() + interval '10 minutes'
        OR NEW.end_time > now() + interval '10 minutes')
EXECUTE FUNCTION holdfast.verifications_bounded();

CREATE FUNCTION holdfast.housekeeping_runs_bounded() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF octet_length(NEW.statistics::text) > 65536 THEN
    PERFORM holdfast.refuse_size('statistics of housekeeping', 65536);
  END IF;
  NEW.start_time := holdfast.no_later(NEW.start_time);
  NEW.end_time := holdfast.no_later(NEW.end_time);
  RETURN NEW;
END
$$;
CREATE TRIGGER housekeeping_runs_bounded
  BEFORE INSERT OR UPDATE ON housekeeping_runs
  FOR EACH ROW
  WHEN (octet_length(NEW.statistics::text) > 65536
        OR NEW.start_time > now() + interval '10 minutes'
        OR NEW.end_time > now() + interval '10 minutes')
EXECUTE FUNCTION holdfast.housekeeping_runs_bounded();

-- What a housekeeper reads in the repository anybody may have put there who has its password.
CREATE FUNCTION holdfast.snapshots_bounded() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.host := left(NEW.host, 255);
  IF octet_length(array_to_string(NEW.paths, '')) > 100000 THEN
    NEW.paths := holdfast.cut_texts(NEW.paths);
  END IF;
  IF octet_length(array_to_string(NEW.tags, '')) > 100000 THEN
    NEW.tags := holdfast.cut_texts(NEW.tags);
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER snapshots_bounded
  BEFORE INSERT OR UPDATE ON snapshots
  FOR EACH ROW
  WHEN (length(NEW.host) > 255
        OR octet_length(array_to_string(NEW.paths, '')) > 100000
        OR octet_length(array_to_string(NEW.tags, '')) > 100000)
EXECUTE FUNCTION holdfast.snapshots_bounded();

-- ---- Ceilings, per device and day of UTC, whatever time zone a session has.

CREATE TABLE holdfast.device_counts (
  device_id varchar(255) NOT NULL REFERENCES public.devices (id) ON DELETE CASCADE,
  kind      varchar(20)  NOT NULL,
  day       date         NOT NULL,
  written   integer      NOT NULL,
  PRIMARY KEY (device_id, kind)
) WITH (fillfactor = 50);

COMMENT ON TABLE holdfast.device_counts IS 'How many rows of a kind each device has written on the day that it last wrote one';
GRANT SELECT ON holdfast.device_counts TO backup_admin;

CREATE FUNCTION holdfast.tell_of_limit(device varchar, limit_code varchar, sentence text, to_do text) RETURNS void
  LANGUAGE sql
  SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO public.problems AS p (device_id, source, subject, code, severity, message, remedy)
  VALUES (device, 'limit', 'device', limit_code, 'warning', sentence, to_do)
  ON CONFLICT (device_id, source, subject, code) DO UPDATE SET message = excluded.message, seen_at = excluded.seen_at
$$;

-- The last row that is taken tells; the refusal of the next would take the telling back with it.
CREATE FUNCTION holdfast.count_written(device varchar, of_kind varchar, most integer) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  so_far integer;
BEGIN
  INSERT INTO holdfast.device_counts AS c (device_id, kind, day, written)
  VALUES (device, of_kind, (now() AT TIME ZONE 'UTC')::date, 1)
  ON CONFLICT (device_id, kind) DO UPDATE
  SET day     = greatest(c.day, excluded.day),
      written = CASE WHEN c.day < excluded.day THEN 1 ELSE c.written + 1 END
  RETURNING c.written INTO so_far;
  IF so_far = most THEN
    PERFORM holdfast.tell_of_limit(device, ('ceiling-' || of_kind)::varchar,
      format('the device has written %s rows (%s) today, and no more are taken until midnight UTC', most, of_kind),
      'Find out what on the machine writes so many; what it reports waits there.');
  ELSIF so_far > most THEN
    RAISE EXCEPTION 'device % has written % rows (%) today, and no more are taken', device, most, of_kind
      USING ERRCODE = 'configuration_limit_exceeded', HINT = 'It goes on after midnight UTC.';
  END IF;
END
$$;

CREATE FUNCTION holdfast.row_written() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.count_written(NEW.device_id, TG_ARGV[0]::varchar, TG_ARGV[1]::integer);
  RETURN NULL;
END
$$;

-- Not for admins, and not for whoever loads a history.
DO $$
DECLARE
  counted RECORD;
BEGIN
  FOR counted IN
    SELECT * FROM (VALUES ('runs', 10000), ('missed_runs', 10000), ('verifications', 1000), ('restores', 1000),
                          ('housekeeping_runs', 10000)) v (of_table, most)
  LOOP
    EXECUTE format('CREATE TRIGGER %1$s_counted AFTER INSERT ON %1$I FOR EACH ROW
                    WHEN (NOT pg_has_role(session_user, ''backup_admin'', ''USAGE''))
                    EXECUTE FUNCTION holdfast.row_written(%1$L, %2$s)', counted.of_table, counted.most);
  END LOOP;
END
$$;

-- Of problems those count that there are.
CREATE FUNCTION holdfast.problem_told() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  most CONSTANT integer := 1000;
  there bigint;
BEGIN
  SELECT count(*) INTO there FROM public.problems p WHERE p.device_id = NEW.device_id AND p.source IN ('config', 'run');
  IF there = most THEN
    PERFORM holdfast.tell_of_limit(NEW.device_id, 'ceiling-problems',
      format('the device has %s problems, and no more are taken', most), 'Mend some of them.');
  ELSIF there > most THEN
    RAISE EXCEPTION 'device % has % problems, and no more are taken', NEW.device_id, most
      USING ERRCODE = 'configuration_limit_exceeded', HINT = 'It goes on when some are gone.';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER problems_counted
  AFTER INSERT ON problems
  FOR EACH ROW
  WHEN (NEW.source IN ('config', 'run') AND NOT pg_has_role(session_user, 'backup_admin', 'USAGE'))
EXECUTE FUNCTION holdfast.problem_told();

-- ---- Provisional by its own word, a run may be put right by its device for a day. What others have closed without the
-- device's word, it may still put right whenever it is back.

UPDATE runs
SET metadata = metadata || jsonb_build_object('provisional_until', now() + interval '1 day')
WHERE status <> 'running'
  AND metadata ->> 'provisional' = 'true'
  AND coalesce(metadata ->> 'code', '') NOT IN ('superseded', 'device-away')
  AND triggered_by IS DISTINCT FROM 'rebuilt';

-- As whoever writes: what a function of ours closes is not by the device's word.
CREATE FUNCTION holdfast.runs_provisional() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  of_device CONSTANT boolean := NOT pg_has_role(current_user, 'backup_admin', 'USAGE')
    AND NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE');
  -- As JSON has it, whatever form of dates the session has asked for.
  until jsonb := to_jsonb(now() + interval '1 day');
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.status <> 'running' THEN
    until := coalesce(OLD.metadata -> 'provisional_until', until);
  END IF;
  NEW.metadata := NEW.metadata - 'provisional_until';
  IF of_device AND NEW.metadata ->> 'provisional' = 'true' THEN
    NEW.metadata := NEW.metadata || jsonb_build_object('provisional_until', until);
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER runs_provisional
  BEFORE INSERT OR UPDATE ON runs
  FOR EACH ROW
  WHEN (NEW.status <> 'running' AND (NEW.metadata ->> 'provisional' = 'true' OR NEW.metadata ? 'provisional_until'))
EXECUTE FUNCTION holdfast.runs_provisional();

COMMENT ON COLUMN runs.metadata IS
  'code: why, for programs; provisional: closed without the word of its device, which may still put it right, until '
  'provisional_until if it said so itself; device_start_time: what the device''s clock said, if it was far ahead';

CREATE OR REPLACE FUNCTION holdfast.runs_keep_history() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF pg_has_role(current_user, 'backup_admin', 'USAGE')
     OR pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RETURN NEW;
  END IF;
  -- A word that comes too late changes nothing, as a record that comes twice; an agent has no other to send.
  IF OLD.metadata ->> 'provisional' = 'true' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'run % has ended and cannot be changed', OLD.id USING ERRCODE = 'check_violation';
END
$$;

DROP TRIGGER runs_keep_history ON runs;
CREATE TRIGGER runs_keep_history
  BEFORE UPDATE ON runs
  FOR EACH ROW
  WHEN (OLD.status <> 'running'
        AND NOT ((OLD.metadata ->> 'provisional') IS NOT DISTINCT FROM 'true'
                 AND coalesce((OLD.metadata ->> 'provisional_until')::timestamptz > now(), true)))
EXECUTE FUNCTION holdfast.runs_keep_history();

-- ---- A restore answers a request of its own device.

CREATE OR REPLACE FUNCTION holdfast.restores_complete() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  asked public.requests;
BEGIN
  SELECT * INTO asked FROM public.requests q WHERE q.id = NEW.id;
  IF asked.device_id <> NEW.device_id THEN
    RAISE EXCEPTION 'restore refused: the request % is not one of device %', NEW.id, NEW.device_id
      USING ERRCODE = 'check_violation', HINT = 'A restore has the id of the request that it answers.';
  END IF;
  IF asked.kind <> 'restore' THEN
    asked := NULL;
  END IF;
  NEW.request_id := asked.id;
  NEW.job_id := asked.job_id;
  NEW.requested_by := asked.requested_by;
  NEW.job_name := coalesce((SELECT j.name FROM public.backup_jobs j WHERE j.id = asked.job_id), NEW.job_name);
  RETURN NEW;
END
$$;

-- ---- Repositories: a device names a few, not thousands.

CREATE OR REPLACE FUNCTION holdfast.backup_enters(device varchar, repository varchar, run uuid, seconds integer) RETURNS text
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  lease  holdfast.repository_leases;
  is_new boolean;
BEGIN
  PERFORM holdfast.require_own(device);
  INSERT INTO holdfast.repository_leases (repository_id) VALUES (repository) ON CONFLICT DO NOTHING;
  IF FOUND THEN
    PERFORM holdfast.count_written(device, 'repositories', 100);
  END IF;
  -- Others may enter beside us; nobody takes the lease meanwhile.
  SELECT * INTO lease FROM holdfast.repository_leases WHERE repository_id = repository AND alone FOR SHARE;
  -- One that has run out was not given back, and may have left restic's own lock: its successor removes that first.
  IF lease.expires_at > clock_timestamp() - interval '2 minutes' THEN
    RETURN format('%s by %s', lease.purpose, lease.device_id);
  END IF;
  -- A run may leave and come in again, as one that has made the repository first.
  INSERT INTO holdfast.repository_users AS u (run_uuid, repository_id, device_id, expires_at)
  VALUES (run, repository, device, clock_timestamp() + make_interval(secs => greatest(0, least(seconds, 3600))))
  ON CONFLICT (run_uuid) DO UPDATE
  SET repository_id = excluded.repository_id, expires_at = excluded.expires_at
  WHERE u.device_id = excluded.device_id
  RETURNING u.xmax = 0 INTO is_new;
  IF is_new THEN
    PERFORM holdfast.count_written(device, 'backups', 10000);
  END IF;
  RETURN NULL;
END
$$;

-- ---- What time ends, though somebody may hold one of its rows in an open transaction: what is locked is left for the next
-- time, and the row that keeps it to one at a time may be held without holding up the rest.

CREATE OR REPLACE FUNCTION holdfast.sweep_stale_runs() RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE public.requests
  SET status = 'expired', finished_at = clock_timestamp(), message = 'the device did not claim it in time'
  WHERE id IN (SELECT q.id FROM public.requests q
               WHERE q.status = 'pending' AND q.expires_at < clock_timestamp()
               FOR UPDATE SKIP LOCKED);

  -- Provisional: should the device come back, its own word counts.
  UPDATE public.runs
  SET status        = 'failed',
      outcome       = 'failed',
      end_time      = greatest(start_time, clock_timestamp()),
      error_message = 'the device has not been heard of for a day, so nobody knows how this run ended',
      metadata      = coalesce(metadata, '{}') || '{"code": "device-away", "provisional": true}',
      progress      = NULL,
      progress_at   = NULL
  WHERE id IN (SELECT r.id
               FROM public.runs r
                      JOIN public.devices d ON d.id = r.device_id
               WHERE r.status = 'running'
                 AND d.last_seen < clock_timestamp() - interval '1 day'
                 AND coalesce(r.progress_at, r.received_at) < clock_timestamp() - interval '1 day'
               FOR UPDATE OF r SKIP LOCKED);
END
$$;

CREATE OR REPLACE FUNCTION holdfast.sweep_stale() RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.sweep_stale_runs();

  UPDATE public.restores
  SET status      = 'failed',
      code        = 'device-away',
      end_time    = greatest(start_time, clock_timestamp()),
      message     = 'the device has not been heard of for a day, so nobody knows how this restore ended',
      progress    = NULL,
      progress_at = NULL
  WHERE id IN (SELECT r.id
               FROM public.restores r
                      JOIN public.devices d ON d.id = r.device_id
               WHERE r.status = 'running'
                 AND d.last_seen < clock_timestamp() - interval '1 day'
                 AND coalesce(r.progress_at, r.start_time) < clock_timestamp() - interval '1 day'
               FOR UPDATE OF r SKIP LOCKED);

  -- One that has not begun is not given out again: who comes back after weeks must not overwrite files of today.
  UPDATE public.requests
  SET status      = 'failed',
      finished_at = clock_timestamp(),
      message     = 'the device has not been heard of for a day since it took this request; should it come back, '
                    || 'the table restores shows whether it had begun',
      result      = coalesce(result, '{}') || '{"code": "device-away", "provisional": true}'
  WHERE id IN (SELECT q.id
               FROM public.requests q
                      JOIN public.devices d ON d.id = q.device_id
               WHERE q.kind = 'restore'
                 AND q.status = 'claimed'
                 AND d.last_seen < clock_timestamp() - interval '1 day'
                 AND q.claimed_at < clock_timestamp() - interval '1 day'
               FOR UPDATE OF q SKIP LOCKED);
END
$$;

CREATE OR REPLACE FUNCTION holdfast.sweep_repositories() RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE public.housekeeping_runs
  SET status   = 'failed',
      end_time = greatest(start_time, clock_timestamp()),
      code     = 'no-sign',
      message  = 'its device gave no sign for so long that its lease ran out; nobody knows how it ended'
  WHERE run_uuid IN (
    SELECT r.run_uuid
    FROM public.housekeeping_runs r
    WHERE r.status = 'running'
      -- One that lets others in has no lease for a moment.
      AND r.start_time < clock_timestamp() - interval '1 hour'
      AND NOT EXISTS (SELECT FROM holdfast.repository_leases l
                      WHERE l.repository_id = r.repository_id AND l.device_id = r.device_id
                        AND l.expires_at > clock_timestamp())
    FOR UPDATE OF r SKIP LOCKED);
  DELETE FROM holdfast.repository_users
  WHERE run_uuid IN (SELECT u.run_uuid FROM holdfast.repository_users u
                     WHERE u.since < clock_timestamp() - interval '7 days' AND u.expires_at < clock_timestamp()
                     FOR UPDATE SKIP LOCKED);
  -- Of repositories that nobody has used for a week; the next backup brings the row back.
  DELETE FROM holdfast.repository_leases
  WHERE (repository_id, alone) IN (
    SELECT l.repository_id, l.alone
    FROM holdfast.repository_leases l
    WHERE l.expires_at < clock_timestamp() - interval '7 days'
      AND NOT EXISTS (SELECT FROM holdfast.repository_users u WHERE u.repository_id = l.repository_id)
    FOR UPDATE OF l SKIP LOCKED);
END
$$;

CREATE OR REPLACE FUNCTION holdfast.clean_up_runs(batch integer DEFAULT 1000) RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kept    interval;
  removed integer;
  gone    integer;
BEGIN
  SELECT make_interval(days => btrim(value)::integer)
  INTO kept
  FROM public.settings
  WHERE key = 'run_retention_days' AND device_id IS NULL AND btrim(value) ~ '^[0-9]{1,5}$' AND btrim(value)::integer >= 1;
  IF kept IS NULL THEN
    RETURN 0;
  END IF;
  DELETE FROM public.runs
  WHERE id IN (
    SELECT r.id
    FROM public.runs r
    WHERE r.start_time < now() - kept
      AND r.status <> 'running'
      AND NOT (r.outcome = 'success' AND r.job_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.runs x WHERE x.job_id = r.job_id AND x.outcome = 'success' AND x.start_time > r.start_time))
    ORDER BY r.start_time
    LIMIT least(greatest(batch, 1), 10000)
    FOR UPDATE OF r SKIP LOCKED
  );
  GET DIAGNOSTICS removed = ROW_COUNT;
  DELETE FROM public.missed_runs
  WHERE id IN (SELECT m.id FROM public.missed_runs m WHERE m.last_due_at < now() - kept LIMIT batch FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  removed := removed + gone;
  -- Its restore refers to it, goes by the same days, and may be held.
  DELETE FROM public.requests
  WHERE id IN (SELECT q.id FROM public.requests q
               WHERE q.finished_at < now() - kept AND NOT EXISTS (SELECT FROM public.restores r WHERE r.request_id = q.id)
               LIMIT batch
               FOR UPDATE OF q SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  removed := removed + gone;
  DELETE FROM public.job_hours
  WHERE (job_id, week, weekday, hour) IN (SELECT h.job_id, h.week, h.weekday, h.hour FROM public.job_hours h
                                          WHERE h.week < (now() AT TIME ZONE 'UTC')::date - 60
                                          FOR UPDATE SKIP LOCKED);
  RETURN removed;
END
$$;

CREATE OR REPLACE FUNCTION holdfast.clean_up_housekeeping(kept interval, batch integer) RETURNS integer
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  gone integer;
BEGIN
  DELETE FROM public.housekeeping_runs
  WHERE run_uuid IN (
    SELECT r.run_uuid
    FROM public.housekeeping_runs r
    WHERE r.start_time < now() - kept
      AND r.status <> 'running'
      AND EXISTS (SELECT FROM public.housekeeping_runs x
                  WHERE x.repository_id = r.repository_id AND x.kind = r.kind AND x.start_time > r.start_time)
    LIMIT batch
    FOR UPDATE OF r SKIP LOCKED
  );
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END
$$;

-- No advisory lock: any login can hold those.
CREATE OR REPLACE FUNCTION holdfast.clean_up(batch integer DEFAULT 1000) RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kept    integer;
  removed integer;
  gone    integer;
BEGIN
  -- One at a time, with the sweep; whoever comes second has nothing to do.
  PERFORM FROM holdfast.last_sweep FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  SELECT btrim(value)::integer
  INTO kept
  FROM public.settings
  WHERE key = 'run_retention_days' AND device_id IS NULL AND btrim(value) ~ '^[0-9]{1,5}$' AND btrim(value)::integer >= 1;
  -- One that seems to run for so long was left by a machine that never came back. Before the requests, which wait for them.
  DELETE FROM public.restores
  WHERE id IN (SELECT r.id FROM public.restores r WHERE r.start_time < now() - make_interval(days => kept) LIMIT batch
               FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS removed = ROW_COUNT;
  removed := removed + holdfast.clean_up_runs(batch);
  -- Never the newest good proof of a job: by it the job is proven.
  DELETE FROM public.verifications
  WHERE id IN (
    SELECT v.id
    FROM public.verifications v
    WHERE v.end_time < now() - make_interval(days => kept)
      AND NOT (v.outcome = 'success' AND v.job_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.verifications x WHERE x.job_id = v.job_id AND x.outcome = 'success' AND x.end_time > v.end_time))
    LIMIT batch
    FOR UPDATE OF v SKIP LOCKED
  );
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN removed + gone + holdfast.clean_up_housekeeping(make_interval(days => kept), batch);
END
$$;

CREATE OR REPLACE FUNCTION holdfast.sweep() RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  last  holdfast.last_sweep;
  alone boolean;
BEGIN
  SELECT * INTO last FROM holdfast.last_sweep;
  IF last.stale_at > clock_timestamp() - interval '1 minute' THEN
    RETURN;
  END IF;
  PERFORM FROM holdfast.last_sweep FOR UPDATE SKIP LOCKED;
  alone := FOUND;
  IF NOT alone THEN
    -- Somebody sweeps, or holds the row. After ten minutes one sync in ten does without it, and the holder is told of.
    IF last.stale_at > clock_timestamp() - interval '10 minutes' OR random() > 0.1 THEN
      RETURN;
    END IF;
    PERFORM holdfast.tell_of_limit(l.device_id, 'sweep-held',
              format('a session of %s has kept all others from the clean-up since %s', l.role_name, last.stale_at),
              format('As a superuser: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %L;', l.role_name))
    FROM holdfast.device_logins l
    WHERE l.role_name IN (SELECT a.usename
                          FROM pg_locks k
                                 JOIN pg_stat_activity a USING (pid)
                          WHERE k.relation = 'holdfast.last_sweep'::regclass AND k.mode = 'RowShareLock'
                            AND k.pid <> pg_backend_pid());
  END IF;
  BEGIN
    PERFORM holdfast.sweep_stale();
    IF alone AND last.at < clock_timestamp() - interval '1 hour' THEN
      PERFORM holdfast.clean_up(10000);
      PERFORM holdfast.tell_of_proofs();
      PERFORM holdfast.sweep_repositories();
      -- They are of the day before, and told anew if they still are so.
      DELETE FROM public.problems p WHERE p.source = 'limit' AND p.seen_at < clock_timestamp() - interval '1 day';
      UPDATE holdfast.last_sweep SET at = clock_timestamp();
    END IF;
  EXCEPTION
    -- Whoever is held up here only wanted to sync.
    WHEN lock_not_available THEN NULL;
  END;
  IF alone THEN
    UPDATE holdfast.last_sweep SET stale_at = clock_timestamp();
  END IF;
END
$$;

-- ---- Rights, and how long a function waits for what somebody else holds.

REVOKE EXECUTE ON FUNCTION holdfast.no_later(timestamptz), holdfast.cut_texts(text[]), holdfast.refuse_size(text, integer),
  holdfast.tell_of_limit(varchar, varchar, text, text), holdfast.count_written(varchar, varchar, integer),
  holdfast.problems_gone(varchar, varchar, uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.problems_gone(varchar, varchar, uuid, text[]) TO backup_client;

DO $$
DECLARE
  guarded regprocedure;
BEGIN
  -- A device could otherwise run them on a table of its own.
  FOR guarded IN
    SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'holdfast'::regnamespace AND p.prorettype = 'trigger'::regtype
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', guarded);
  END LOOP;
  FOR guarded IN
    SELECT p.oid
    FROM pg_proc p
    WHERE p.pronamespace = 'holdfast'::regnamespace AND p.prosecdef AND p.provolatile = 'v'
      AND has_function_privilege('backup_client', p.oid, 'EXECUTE')
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET lock_timeout = ''3s''', guarded);
  END LOOP;
END
$$;

-- Agents before this delete their problems themselves.
UPDATE control_plane_version SET schema_version = 37, oldest_agent_schema = 37;
