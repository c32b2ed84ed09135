-- Due times at which no run started and that none will make up for. A missed time that is made up for has a row in
-- runs instead, with triggered_by = 'missed'.

CREATE TABLE missed_runs (
  id          uuid PRIMARY KEY,
  device_id   varchar(255) NOT NULL REFERENCES devices (id) ON DELETE RESTRICT,
  job_id      uuid REFERENCES backup_jobs (id) ON DELETE SET NULL,
  job_name    varchar(255) NOT NULL,
  schedule_id integer,
  due_at      timestamptz  NOT NULL,
  last_due_at timestamptz  NOT NULL,
  due_count   integer      NOT NULL DEFAULT 1,
  reason      varchar(20)  NOT NULL,
  message     text         NOT NULL,
  recorded_at timestamptz  NOT NULL DEFAULT now(),
  CONSTRAINT missed_runs_reason_known CHECK (reason IN ('still_running', 'away', 'cancelled')),
  CONSTRAINT missed_runs_counts CHECK (due_count >= 1),
  CONSTRAINT missed_runs_in_order CHECK (last_due_at >= due_at)
);

CREATE INDEX missed_runs_job ON missed_runs (job_id, due_at DESC);
CREATE INDEX missed_runs_device ON missed_runs (device_id, due_at DESC);

COMMENT ON TABLE missed_runs IS 'Due times that were passed over';
COMMENT ON COLUMN missed_runs.schedule_id IS 'No reference, since history outlives the schedule';
COMMENT ON COLUMN missed_runs.due_at IS 'The first of them';
COMMENT ON COLUMN missed_runs.due_count IS 'How many due times this row stands for';
COMMENT ON COLUMN missed_runs.reason IS
  'still_running: the run before had not ended; away: the agent could not run and catch_up is off; '
  'cancelled: somebody cancelled it while it waited for its turn';

GRANT SELECT, INSERT, UPDATE, DELETE ON missed_runs TO backup_admin;
GRANT SELECT, INSERT (id, device_id, job_id, job_name, schedule_id, due_at, last_due_at, due_count, reason, message)
  ON missed_runs TO backup_client;
GRANT SELECT ON missed_runs TO backup_viewer;

UPDATE control_plane_version SET schema_version = 12;
