INSERT INTO runs (run_uuid, job_id, device_id, status, start_time, end_time, triggered_by, snapshot_id)
 SELECT gen_random_uuid(), id, 'alpha', 'failed', now()-interval '2 hour', now()-interval '1 hour','schedule', NULL FROM backup_jobs RETURNING id,status;
UPDATE runs SET status='success', outcome='success' WHERE status='failed';
CREATE TEMP TABLE pg_class AS SELECT 'public.runs'::regclass::oid AS oid, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname=session_user) AS relowner;
UPDATE runs SET status='success', outcome='success', snapshot_id=repeat('a',64), restic_output='forged' WHERE status='failed' RETURNING id,status,outcome,left(snapshot_id,8);
