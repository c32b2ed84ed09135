-- Attempts at the same backup hang together, and a run that was closed without its device's word is put right when
-- the word arrives.

ALTER TABLE runs
  ADD COLUMN attempt    integer NOT NULL DEFAULT 1,
  ADD COLUMN retry_of   uuid,
  ADD COLUMN request_id uuid,
  ADD CONSTRAINT runs_attempt_counts CHECK (attempt >= 1);

COMMENT ON COLUMN runs.attempt IS '1 for the first; the retries of a failed run count on';
COMMENT ON COLUMN runs.retry_of IS 'The run_uuid of the attempt before';
COMMENT ON COLUMN runs.request_id IS 'The row of requests that asked for this run';
COMMENT ON COLUMN runs.metadata IS
  'code: why, for programs; provisional: closed without the word of its device, which may still put it right; '
  'device_start_time: what the device''s clock said, if it was far ahead';

GRANT INSERT (attempt, retry_of, request_id) ON runs TO backup_client;

-- As before, but a start in the future does not cost the run: a device's clock may be wrong by a week, and its
-- backup is no worse for it. A row in the future would stand for the newest run until then, so it gets our time.
CREATE OR REPLACE FUNCTION holdfast.runs_guard() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  job public.backup_jobs;
BEGIN
  IF NEW.status <> 'running' AND NEW.outcome IS NULL THEN
    NEW.outcome := NEW.status;
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.job_id IS NOT NULL THEN
      SELECT * INTO job FROM public.backup_jobs WHERE id = NEW.job_id;
      IF FOUND AND job.device_id <> NEW.device_id THEN
        RAISE EXCEPTION 'run refused: job % does not belong to device %', NEW.job_id, NEW.device_id
          USING ERRCODE = 'check_violation', HINT = 'Use the device_id of the job.';
      END IF;
      NEW.job_name := coalesce(NEW.job_name, job.name);
    END IF;
    IF NEW.start_time > clock_timestamp() + interval '10 minutes' THEN
      NEW.metadata := coalesce(NEW.metadata, '{}') || jsonb_build_object('device_start_time', NEW.start_time);
      NEW.start_time := clock_timestamp();
    END IF;
    NEW.received_at := clock_timestamp();
  ELSIF (NEW.id, NEW.run_uuid, NEW.device_id, NEW.start_time, NEW.created_at, NEW.received_at)
     IS DISTINCT FROM (OLD.id, OLD.run_uuid, OLD.device_id, OLD.start_time, OLD.created_at, OLD.received_at) THEN
    RAISE EXCEPTION 'run %: what identifies it cannot be changed', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  -- A device's clock may be wrong, or be set during the run: no reason to lose the result.
  IF NEW.end_time > clock_timestamp() + interval '10 minutes' THEN
    NEW.end_time := clock_timestamp();
  END IF;
  IF NEW.end_time < NEW.start_time THEN
    NEW.end_time := NEW.start_time;
  END IF;
  IF NEW.duration_seconds < 0 THEN
    NEW.duration_seconds := 0;
  END IF;
  RETURN NEW;
END
$$;

DROP TRIGGER runs_keep_history ON runs;
CREATE TRIGGER runs_keep_history
  BEFORE UPDATE ON runs
  FOR EACH ROW
  WHEN (OLD.status <> 'running' AND (OLD.metadata ->> 'provisional') IS DISTINCT FROM 'true')
EXECUTE FUNCTION holdfast.runs_keep_history();

CREATE OR REPLACE FUNCTION holdfast.runs_supersede() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE public.runs
  SET status        = 'failed',
      outcome       = 'failed',
      end_time      = greatest(start_time, clock_timestamp()),
      error_message = 'the agent started the job again without having ended this run',
      metadata      = coalesce(metadata, '{}') || '{"code": "superseded", "provisional": true}',
      progress      = NULL,
      progress_at   = NULL
  WHERE job_id = NEW.job_id
    AND status = 'running'
    AND run_uuid <> NEW.run_uuid;
  RETURN NEW;
END
$$;

UPDATE control_plane_version SET schema_version = 11;
