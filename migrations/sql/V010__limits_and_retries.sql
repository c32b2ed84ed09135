-- How long a run may take, how often a job is tried again, and whether a missed time is made up for.

ALTER TABLE backup_jobs
  ADD COLUMN max_retries         integer NOT NULL DEFAULT 2,
  ADD COLUMN retry_delay_seconds integer NOT NULL DEFAULT 60,
  ADD COLUMN timeout_seconds     integer,
  ADD COLUMN retry_lock_seconds  integer NOT NULL DEFAULT 300,
  ADD CONSTRAINT backup_jobs_max_retries_range CHECK (max_retries BETWEEN 0 AND 20),
  ADD CONSTRAINT backup_jobs_retry_delay_range CHECK (retry_delay_seconds BETWEEN 1 AND 86400),
  ADD CONSTRAINT backup_jobs_timeout_range CHECK (timeout_seconds BETWEEN 1 AND 2592000),
  ADD CONSTRAINT backup_jobs_retry_lock_range CHECK (retry_lock_seconds BETWEEN 0 AND 86400);

COMMENT ON COLUMN backup_jobs.max_retries IS
  'How often a failed run is tried again, 0 to 20; what trying again cannot mend, such as a wrong password, is not';
COMMENT ON COLUMN backup_jobs.retry_delay_seconds IS
  'Wait before the first retry, 1 to 86400; doubles with each further one, give or take a fifth';
COMMENT ON COLUMN backup_jobs.timeout_seconds IS 'A run that takes longer is ended as failed; NULL for no limit';
COMMENT ON COLUMN backup_jobs.retry_lock_seconds IS
  'How long restic waits for a repository that another process has locked, 0 to 86400';

ALTER TABLE schedules
  ADD COLUMN catch_up boolean NOT NULL DEFAULT true;

COMMENT ON COLUMN schedules.catch_up IS
  'Whether times that passed while the agent could not run are made up for, by one run';

DROP TRIGGER schedules_touch ON schedules;
CREATE TRIGGER schedules_touch
  BEFORE UPDATE ON schedules
  FOR EACH ROW
  WHEN ((OLD.job_id, OLD.schedule_type, OLD.cron_expression, OLD.interval_seconds, OLD.timezone, OLD.enabled,
         OLD.catch_up, OLD.metadata)
        IS DISTINCT FROM
        (NEW.job_id, NEW.schedule_type, NEW.cron_expression, NEW.interval_seconds, NEW.timezone, NEW.enabled,
         NEW.catch_up, NEW.metadata))
EXECUTE FUNCTION holdfast.touch();

DROP TRIGGER schedules_notify_update ON schedules;
CREATE TRIGGER schedules_notify_update
  AFTER UPDATE ON schedules
  FOR EACH ROW
  WHEN ((OLD.job_id, OLD.schedule_type, OLD.cron_expression, OLD.interval_seconds, OLD.timezone, OLD.enabled,
         OLD.catch_up)
        IS DISTINCT FROM
        (NEW.job_id, NEW.schedule_type, NEW.cron_expression, NEW.interval_seconds, NEW.timezone, NEW.enabled,
         NEW.catch_up))
EXECUTE FUNCTION holdfast.schedule_changed();

INSERT INTO setting_keys (key, kind, min_value, max_value, per_device, description)
VALUES ('stalled_after_seconds', 'integer', 10, 604800, true,
        'A restic that shows no progress for so long is ended (1800 if not set)'),
       ('catch_up_delay_seconds', 'integer', 0, 86400, true,
        'How long after its start, or after a sleep, an agent waits before it makes up for missed runs (60 if not set)'),
       ('catch_up_jitter_seconds', 'integer', 0, 86400, true,
        'Up to so much is added to that at random, so that a fleet does not start at once (240 if not set)');

UPDATE control_plane_version SET schema_version = 10;
