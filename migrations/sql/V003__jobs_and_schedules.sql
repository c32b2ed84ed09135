-- What to back up, and when.

CREATE TABLE backup_jobs (
  id               uuid PRIMARY KEY      DEFAULT gen_random_uuid(),
  device_id        varchar(255) NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  name             varchar(255) NOT NULL,
  description      text,
  source_paths     text[]       NOT NULL,
  exclude_patterns text[],
  tags             text[],
  restic_args      jsonb                 DEFAULT '[]'::jsonb,
  enabled          boolean      NOT NULL DEFAULT true,
  created_at       timestamptz  NOT NULL DEFAULT now(),
  updated_at       timestamptz  NOT NULL DEFAULT now(),
  metadata         jsonb                 DEFAULT '{}'::jsonb,
  -- Relica compatibility fields
  origin_name      varchar(255),
  origin_id        uuid,
  account_id       uuid,
  UNIQUE (device_id, name)
);

CREATE INDEX idx_backup_jobs_enabled ON backup_jobs (device_id, enabled);
CREATE INDEX idx_backup_jobs_origin ON backup_jobs (origin_id);
CREATE INDEX idx_backup_jobs_account ON backup_jobs (account_id);

COMMENT ON TABLE backup_jobs IS 'Backup job definitions per device';
COMMENT ON COLUMN backup_jobs.id IS 'UUID (for Relica compatibility)';
COMMENT ON COLUMN backup_jobs.name IS 'Backup name (may include origin prefix like "blade/home")';
COMMENT ON COLUMN backup_jobs.source_paths IS 'Directories/files to back up';
COMMENT ON COLUMN backup_jobs.exclude_patterns IS 'Patterns to exclude (restic --exclude)';
COMMENT ON COLUMN backup_jobs.tags IS 'Custom tags (deprecated - standard tags now auto-generated)';
COMMENT ON COLUMN backup_jobs.restic_args IS 'Additional restic CLI arguments as JSON array';
COMMENT ON COLUMN backup_jobs.origin_name IS 'Origin/device name for Relica-style naming';
COMMENT ON COLUMN backup_jobs.origin_id IS 'Origin UUID for Relica compatibility (not used for paths in single-repo model)';
COMMENT ON COLUMN backup_jobs.account_id IS 'Account UUID for multi-tenancy';

CREATE TRIGGER backup_jobs_touch
  BEFORE UPDATE ON backup_jobs
  FOR EACH ROW
EXECUTE FUNCTION holdfast.touch();

GRANT SELECT, INSERT, UPDATE, DELETE ON backup_jobs TO backup_admin;
GRANT SELECT ON backup_jobs TO backup_client, backup_viewer;

CREATE TABLE schedules (
  id               serial PRIMARY KEY,
  job_id           uuid        NOT NULL REFERENCES backup_jobs (id) ON DELETE CASCADE,
  schedule_type    varchar(50) NOT NULL,
  cron_expression  varchar(255),
  interval_seconds integer,
  timezone         varchar(64),
  enabled          boolean     NOT NULL DEFAULT true,
  last_run_at      timestamptz,
  next_run_at      timestamptz,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  metadata         jsonb                DEFAULT '{}'::jsonb,
  CONSTRAINT check_schedule_type CHECK (schedule_type IN ('cron', 'interval')),
  CONSTRAINT check_cron_expression CHECK (
    (schedule_type = 'cron' AND cron_expression IS NOT NULL) OR
    (schedule_type = 'interval' AND interval_seconds IS NOT NULL)
  )
) WITH (fillfactor = 80);

CREATE INDEX idx_schedules_enabled ON schedules (enabled);
CREATE INDEX idx_schedules_next_run ON schedules (next_run_at) WHERE enabled = true;
CREATE INDEX idx_schedules_job ON schedules (job_id);

COMMENT ON TABLE schedules IS 'Execution schedules for backup jobs (multiple allowed per job)';
COMMENT ON COLUMN schedules.job_id IS 'References backup_jobs(id) - UUID type';
COMMENT ON COLUMN schedules.schedule_type IS 'Type of schedule: cron expression or fixed interval';
COMMENT ON COLUMN schedules.cron_expression IS 'Cron expression (e.g., "0 2 * * *" for daily at 2 AM)';
COMMENT ON COLUMN schedules.interval_seconds IS 'Fixed interval in seconds (e.g., 3600 for hourly)';
COMMENT ON COLUMN schedules.timezone IS 'Zone of the cron expression (e.g., "Europe/Berlin"); NULL for the device''s own';
COMMENT ON COLUMN schedules.last_run_at IS 'Timestamp of last execution';
COMMENT ON COLUMN schedules.next_run_at IS 'Calculated next execution time; for people to read, the agent does not';

CREATE TRIGGER schedules_touch
  BEFORE UPDATE ON schedules
  FOR EACH ROW
  WHEN ((OLD.job_id, OLD.schedule_type, OLD.cron_expression, OLD.interval_seconds, OLD.timezone, OLD.enabled,
         OLD.metadata)
        IS DISTINCT FROM
        (NEW.job_id, NEW.schedule_type, NEW.cron_expression, NEW.interval_seconds, NEW.timezone, NEW.enabled,
         NEW.metadata))
EXECUTE FUNCTION holdfast.touch();

GRANT SELECT, INSERT, UPDATE, DELETE ON schedules TO backup_admin;
GRANT USAGE, SELECT ON SEQUENCE schedules_id_seq TO backup_admin;
GRANT SELECT, UPDATE (last_run_at, next_run_at) ON schedules TO backup_client;
GRANT SELECT ON schedules TO backup_viewer;
