-- The seed's two views: their columns first, ours behind. The newest run is looked up job by job, which stays
-- instant with millions of runs; the seed's DISTINCT ON read them all.

CREATE VIEW latest_runs AS
SELECT r.id,
       j.id AS job_id,
       -- j, not r: a condition on the device then picks the jobs first.
       j.device_id,
       r.start_time,
       r.end_time,
       r.status,
       r.error_message,
       r.snapshot_id,
       r.triggered_by,
       r.outcome
FROM backup_jobs j
       CROSS JOIN LATERAL (
  SELECT * FROM runs x WHERE x.job_id = j.id ORDER BY x.start_time DESC LIMIT 1
  ) r;

COMMENT ON VIEW latest_runs IS 'Most recent run for each backup job';

CREATE VIEW job_summary AS
SELECT j.id             AS job_id,
       j.device_id,
       j.name           AS job_name,
       j.enabled        AS job_enabled,
       s.schedule_type,
       s.cron_expression,
       s.interval_seconds,
       s.enabled        AS schedule_enabled,
       s.last_run_at,
       s.next_run_at,
       lr.start_time    AS last_run_start,
       lr.status        AS last_run_status,
       lr.snapshot_id   AS last_snapshot_id,
       lr.outcome       AS last_run_outcome,
       lr.error_message AS last_run_error
FROM backup_jobs j
       LEFT JOIN schedules s ON j.id = s.job_id
       LEFT JOIN latest_runs lr ON j.id = lr.job_id;

COMMENT ON VIEW job_summary IS 'Complete overview of jobs with schedule and last run info; a row per schedule';

GRANT SELECT ON latest_runs, job_summary TO backup_admin, backup_client, backup_viewer;
