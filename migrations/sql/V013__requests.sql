-- What an admin asks a device to do now: one row each, answered in the row.

CREATE TABLE requests (
  id           uuid PRIMARY KEY      DEFAULT gen_random_uuid(),
  device_id    varchar(255) NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  kind         varchar(20)  NOT NULL,
  job_id       uuid REFERENCES backup_jobs (id) ON DELETE CASCADE,
  run_uuid     uuid,
  status       varchar(20)  NOT NULL DEFAULT 'pending',
  requested_by varchar(63)  NOT NULL DEFAULT session_user,
  created_at   timestamptz  NOT NULL DEFAULT now(),
  expires_at   timestamptz  NOT NULL DEFAULT now() + interval '1 day',
  claimed_at   timestamptz,
  finished_at  timestamptz,
  message      text,
  result       jsonb,
  CONSTRAINT requests_kind_known CHECK (kind IN ('backup', 'cancel', 'sync')),
  CONSTRAINT requests_status_known CHECK (status IN ('pending', 'claimed', 'done', 'failed', 'expired')),
  CONSTRAINT requests_finished_when_answered CHECK ((finished_at IS NOT NULL) = (status IN ('done', 'failed', 'expired')))
);

CREATE INDEX requests_open ON requests (device_id) WHERE status IN ('pending', 'claimed');
CREATE INDEX requests_job ON requests (job_id);

COMMENT ON TABLE requests IS 'What devices are asked to do now; each is claimed once and answered in its row';
COMMENT ON COLUMN requests.device_id IS 'May be left out if job_id or run_uuid says it';
COMMENT ON COLUMN requests.kind IS
  'backup: run job_id now; cancel: stop run_uuid, or whatever job_id has running or waiting; sync: read the configuration';
COMMENT ON COLUMN requests.run_uuid IS 'For cancel: the run_uuid of the run';
COMMENT ON COLUMN requests.status IS
  'pending, claimed by the device, then done or failed with message and result; expired if nobody claimed it in time';
COMMENT ON COLUMN requests.expires_at IS 'A device that comes back after this leaves the request alone';

-- Mistakes are answered to whoever types them, and what the row implies is filled in.
CREATE FUNCTION holdfast.requests_complete() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  of_job public.backup_jobs;
  of_run public.runs;
BEGIN
  IF NEW.kind = 'backup' AND NEW.job_id IS NULL THEN
    RAISE EXCEPTION 'request refused: a backup needs a job_id'
      USING ERRCODE = 'check_violation', HINT = 'SELECT id, name FROM backup_jobs lists the jobs.';
  END IF;
  IF NEW.kind = 'cancel' AND NEW.job_id IS NULL AND NEW.run_uuid IS NULL THEN
    RAISE EXCEPTION 'request refused: a cancel needs a run_uuid or a job_id'
      USING ERRCODE = 'check_violation',
        HINT = 'SELECT run_uuid, job_name FROM runs WHERE status = ''running'' lists the runs that go on.';
  END IF;
  IF NEW.run_uuid IS NOT NULL THEN
    SELECT * INTO of_run FROM public.runs WHERE run_uuid = NEW.run_uuid;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'request refused: there is no run %', NEW.run_uuid
        USING ERRCODE = 'check_violation', HINT = 'Give the run_uuid of the run, not its id.';
    END IF;
    NEW.device_id := coalesce(NEW.device_id, of_run.device_id);
    IF NEW.device_id <> of_run.device_id THEN
      RAISE EXCEPTION 'request refused: run % is not one of device %', NEW.run_uuid, NEW.device_id
        USING ERRCODE = 'check_violation', HINT = 'Leave device_id out.';
    END IF;
  END IF;
  IF NEW.job_id IS NOT NULL THEN
    SELECT * INTO of_job FROM public.backup_jobs WHERE id = NEW.job_id;
    IF FOUND THEN
      NEW.device_id := coalesce(NEW.device_id, of_job.device_id);
      IF NEW.device_id <> of_job.device_id THEN
        RAISE EXCEPTION 'request refused: job % is not one of device %', NEW.job_id, NEW.device_id
          USING ERRCODE = 'check_violation', HINT = 'Leave device_id out.';
      END IF;
    END IF;
  END IF;
  IF NEW.device_id IS NULL THEN
    RAISE EXCEPTION 'request refused: it names no device'
      USING ERRCODE = 'check_violation', HINT = 'Give a device_id, or a job_id or run_uuid that tells it.';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER requests_complete
  BEFORE INSERT ON requests
  FOR EACH ROW
EXECUTE FUNCTION holdfast.requests_complete();

-- Forward only: what was answered stays answered, so that nothing is done twice.
CREATE FUNCTION holdfast.requests_forward() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  RAISE EXCEPTION 'request % is % and cannot be opened again', OLD.id, OLD.status
    USING ERRCODE = 'check_violation', HINT = 'Insert a new row.';
END
$$;

CREATE TRIGGER requests_forward
  BEFORE UPDATE ON requests
  FOR EACH ROW
  WHEN (OLD.status IN ('done', 'failed', 'expired') AND NEW.status <> OLD.status)
EXECUTE FUNCTION holdfast.requests_forward();

CREATE TRIGGER requests_notify
  AFTER INSERT ON requests
  FOR EACH ROW
EXECUTE FUNCTION holdfast.device_row_changed();

GRANT SELECT, INSERT, UPDATE, DELETE ON requests TO backup_admin;
GRANT SELECT, UPDATE (status, claimed_at, finished_at, message, result) ON requests TO backup_client;
GRANT SELECT ON requests TO backup_viewer;

UPDATE control_plane_version SET schema_version = 13;
