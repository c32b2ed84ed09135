-- What happened: one row a run. A row is written forward only, and outlives its job.

CREATE TABLE runs (
  id                      bigserial PRIMARY KEY,
  job_id                  uuid REFERENCES backup_jobs (id) ON DELETE SET NULL,
  device_id               varchar(255) NOT NULL REFERENCES devices (id) ON DELETE RESTRICT,
  start_time              timestamptz  NOT NULL,
  end_time                timestamptz,
  status                  varchar(50)  NOT NULL,
  exit_code               integer,
  error_message           text,
  files_new               bigint,
  files_changed           bigint,
  files_unmodified        bigint,
  dirs_new                bigint,
  dirs_changed            bigint,
  dirs_unmodified         bigint,
  data_added_bytes        bigint,
  total_files_processed   bigint,
  total_bytes_processed   bigint,
  duration_seconds        integer,
  snapshot_id             varchar(255),
  restic_output           text,
  restic_errors           text,
  triggered_by            varchar(50),
  created_at              timestamptz  NOT NULL DEFAULT now(),
  metadata                jsonb                 DEFAULT '{}'::jsonb,
  -- What the seed did not have
  run_uuid                uuid         NOT NULL DEFAULT gen_random_uuid() UNIQUE,
  job_name                varchar(255),
  outcome                 varchar(20),
  scheduled_for           timestamptz,
  schedule_id             integer,
  data_added_packed_bytes bigint,
  error_count             bigint,
  progress                jsonb,
  progress_at             timestamptz,
  received_at             timestamptz  NOT NULL DEFAULT now(),
  CONSTRAINT check_status CHECK (status IN ('running', 'success', 'failed', 'cancelled')),
  CONSTRAINT runs_outcome_fits_status CHECK (
    (status = 'running' AND outcome IS NULL) OR
    (status = 'success' AND outcome = 'success') OR
    (status = 'failed' AND outcome IN ('failed', 'partial')) OR
    (status = 'cancelled' AND outcome = 'cancelled')
  ),
  CONSTRAINT runs_end_when_done CHECK ((status = 'running') = (end_time IS NULL)),
  CONSTRAINT runs_end_after_start CHECK (end_time >= start_time),
  CONSTRAINT runs_triggered_by_known CHECK (
    triggered_by IN ('schedule', 'manual', 'missed', 'retry', 'request')
  ),
  CONSTRAINT runs_job_known CHECK (job_id IS NOT NULL OR job_name IS NOT NULL),
  -- The agent keeps head and tail of restic's output, far less than this.
  CONSTRAINT runs_text_bounded CHECK (
    octet_length(restic_output) <= 65536 AND
    octet_length(restic_errors) <= 65536 AND
    octet_length(error_message) <= 8192
  )
);

-- The newest run of a job in one step; the seed's index had job_id alone.
CREATE INDEX idx_runs_job ON runs (job_id, start_time DESC);
CREATE INDEX idx_runs_start_time ON runs (start_time DESC);
CREATE INDEX idx_runs_status ON runs (status);
CREATE INDEX idx_runs_job_status ON runs (job_id, status);
CREATE INDEX idx_runs_device_start ON runs (device_id, start_time DESC);
-- One job never overlaps itself.
CREATE UNIQUE INDEX runs_one_running ON runs (job_id) WHERE status = 'running';

COMMENT ON TABLE runs IS 'Execution history of all backup runs';
COMMENT ON COLUMN runs.job_id IS 'References backup_jobs(id) - UUID type; NULL once the job is deleted';
COMMENT ON COLUMN runs.status IS 'Current status of the backup run; anything that is not complete has failed';
COMMENT ON COLUMN runs.exit_code IS 'restic process exit code';
COMMENT ON COLUMN runs.error_message IS 'Human-readable error message';
COMMENT ON COLUMN runs.files_new IS 'Number of new files backed up';
COMMENT ON COLUMN runs.data_added_bytes IS 'Bytes of data added in this backup';
COMMENT ON COLUMN runs.snapshot_id IS 'restic snapshot identifier';
COMMENT ON COLUMN runs.triggered_by IS 'How the backup was initiated';
COMMENT ON COLUMN runs.run_uuid IS 'Made by the agent before restic starts, so that a replay changes nothing';
COMMENT ON COLUMN runs.job_name IS 'The job''s name at the time; outlives the job';
COMMENT ON COLUMN runs.outcome IS 'success, partial (a snapshot exists but something is missing in it), failed, cancelled';
COMMENT ON COLUMN runs.scheduled_for IS 'When the run was due';
COMMENT ON COLUMN runs.schedule_id IS 'The schedule that fired; no reference, since history outlives it';
COMMENT ON COLUMN runs.data_added_packed_bytes IS 'The same after compression (restic 0.17 and newer)';
COMMENT ON COLUMN runs.error_count IS 'How many source items could not be read';
COMMENT ON COLUMN runs.progress IS 'How far a running backup is';
COMMENT ON COLUMN runs.received_at IS 'By the clock of the database';

-- What holds for every writer: a run belongs to a job of its device, and what has ended stays as it is.
CREATE FUNCTION holdfast.runs_guard() RETURNS trigger
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
  -- A device's clock may be behind, or be set during the run: no reason to lose the result.
  IF NEW.end_time < NEW.start_time THEN
    NEW.end_time := NEW.start_time;
  END IF;
  IF NEW.duration_seconds < 0 THEN
    NEW.duration_seconds := 0;
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
    IF NEW.start_time > clock_timestamp() + interval '1 day' THEN
      RAISE EXCEPTION 'run refused: start_time % is in the future', NEW.start_time
        USING ERRCODE = 'check_violation', HINT = 'Set the device''s clock.';
    END IF;
    NEW.received_at := clock_timestamp();
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.run_uuid, NEW.device_id, NEW.start_time, NEW.created_at, NEW.received_at)
     IS DISTINCT FROM (OLD.id, OLD.run_uuid, OLD.device_id, OLD.start_time, OLD.created_at, OLD.received_at) THEN
    RAISE EXCEPTION 'run %: what identifies it cannot be changed', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER runs_guard
  BEFORE INSERT OR UPDATE ON runs
  FOR EACH ROW
EXECUTE FUNCTION holdfast.runs_guard();

-- History is not rewritten: only the owner and the admins may touch a run that has ended, and a job's deletion,
-- which clears job_id.
CREATE FUNCTION holdfast.runs_keep_history() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  IF NOT pg_has_role(current_user, 'backup_admin', 'USAGE')
     AND NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RAISE EXCEPTION 'run % has ended and cannot be changed', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER runs_keep_history
  BEFORE UPDATE ON runs
  FOR EACH ROW
  WHEN (OLD.status <> 'running')
EXECUTE FUNCTION holdfast.runs_keep_history();

-- An agent that crashed leaves its run open: the next start of the same job closes it.
CREATE FUNCTION holdfast.runs_supersede() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE public.runs
  SET status        = 'failed',
      outcome       = 'failed',
      end_time      = greatest(start_time, clock_timestamp()),
      error_message = 'the agent started the job again without having ended this run'
  WHERE job_id = NEW.job_id
    AND status = 'running'
    AND run_uuid <> NEW.run_uuid;
  RETURN NEW;
END
$$;

CREATE TRIGGER runs_supersede
  BEFORE INSERT ON runs
  FOR EACH ROW
  WHEN (NEW.status = 'running')
EXECUTE FUNCTION holdfast.runs_supersede();

GRANT SELECT, INSERT, UPDATE, DELETE ON runs TO backup_admin;
GRANT USAGE, SELECT ON SEQUENCE runs_id_seq TO backup_admin, backup_client;
GRANT SELECT,
      INSERT (job_id, device_id, start_time, end_time, status, exit_code, error_message, files_new, files_changed,
              files_unmodified, dirs_new, dirs_changed, dirs_unmodified, data_added_bytes, total_files_processed,
              total_bytes_processed, duration_seconds, snapshot_id, restic_output, restic_errors, triggered_by,
              metadata, run_uuid, job_name, outcome, scheduled_for, schedule_id, data_added_packed_bytes,
              error_count, progress, progress_at),
      UPDATE (end_time, status, exit_code, error_message, files_new, files_changed, files_unmodified, dirs_new,
              dirs_changed, dirs_unmodified, data_added_bytes, total_files_processed, total_bytes_processed,
              duration_seconds, snapshot_id, restic_output, restic_errors, metadata, outcome,
              data_added_packed_bytes, error_count, progress, progress_at)
  ON runs TO backup_client;
GRANT SELECT ON runs TO backup_viewer;
