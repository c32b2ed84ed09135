-- What an agent found wrong, for as long as it is wrong: the admin's list of things to mend.

CREATE TABLE problems (
  device_id   varchar(255) NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  source      varchar(10)  NOT NULL,
  subject     varchar(300) NOT NULL,
  code        varchar(64)  NOT NULL,
  job_id      uuid REFERENCES backup_jobs (id) ON DELETE CASCADE,
  schedule_id integer REFERENCES schedules (id) ON DELETE CASCADE,
  severity    varchar(10)  NOT NULL DEFAULT 'error',
  message     text         NOT NULL,
  remedy      text         NOT NULL,
  since       timestamptz  NOT NULL DEFAULT now(),
  seen_at     timestamptz  NOT NULL DEFAULT now(),
  PRIMARY KEY (device_id, source, subject, code),
  CONSTRAINT problems_source_known CHECK (source IN ('config', 'run')),
  CONSTRAINT problems_severity_known CHECK (severity IN ('warning', 'error'))
);

CREATE INDEX problems_job ON problems (job_id);
CREATE INDEX problems_schedule ON problems (schedule_id);

COMMENT ON TABLE problems IS 'What agents found wrong; a row goes when its cause has gone';
COMMENT ON COLUMN problems.source IS 'config: found in the rows or on the machine; run: left by the newest run of a job';
COMMENT ON COLUMN problems.subject IS 'device, job <name>, schedule <id> or setting <key>';
COMMENT ON COLUMN problems.code IS 'For programs: stays the same when the sentence is reworded';
COMMENT ON COLUMN problems.severity IS 'error: something is not backed up; warning: it could be done better';
COMMENT ON COLUMN problems.message IS 'What is wrong, and where';
COMMENT ON COLUMN problems.remedy IS 'What to do about it';
COMMENT ON COLUMN problems.since IS 'When it was found first';

GRANT SELECT, INSERT, UPDATE, DELETE ON problems TO backup_admin, backup_client;
GRANT SELECT ON problems TO backup_viewer;
