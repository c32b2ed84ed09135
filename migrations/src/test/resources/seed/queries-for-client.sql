-- Load all jobs for a device
SELECT *
FROM backup_jobs
WHERE device_id = $1
  AND enabled = true;

-- Load all schedules for device's jobs
SELECT s.*
FROM schedules s
         JOIN backup_jobs j ON s.job_id = j.id
WHERE j.device_id = $1
  AND j.enabled = true
  AND s.enabled = true;

-- Load device-specific and global settings (includes repository config)
SELECT key, value
FROM settings
WHERE device_id IS NULL OR device_id = $1
ORDER BY device_id NULLS FIRST; -- Global settings first, then device-specific

-- Start a run
INSERT INTO runs (job_id, device_id, start_time, status, triggered_by)
VALUES ($1, $2, NOW(), 'running', $3) RETURNING id;

-- Update run on completion
UPDATE runs
SET end_time         = $1,
    status           = $2,
    exit_code        = $3,
    error_message    = $4,
    files_new        = $5,
    files_changed    = $6,
    files_unmodified = $7,
    data_added_bytes = $8,
    snapshot_id      = $9,
    restic_output    = $10,
    restic_errors    = $11,
    duration_seconds = EXTRACT(EPOCH FROM ($1 - start_time)) ::INTEGER
WHERE id = $12;

-- Update schedule last_run_at
UPDATE schedules
SET last_run_at = $1,
    next_run_at = $2
WHERE job_id = $3;

UPDATE devices
SET last_seen = NOW(),
    hostname  = $2,
    metadata  = $3
WHERE id = $1;
