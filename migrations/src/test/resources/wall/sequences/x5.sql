CREATE FUNCTION pg_temp.evil(t pg_catalog.date) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN RAISE NOTICE 'date: running as %', current_user; RETURN true; END $$;
CREATE DOMAIN pg_temp.date AS pg_catalog.date CHECK (pg_temp.evil(VALUE));
INSERT INTO runs (run_uuid, job_id, device_id, status, start_time, end_time, triggered_by)
 SELECT gen_random_uuid(), id, 'alpha', 'failed', now()-interval '2 hour', now()-interval '1 hour','schedule' FROM backup_jobs;
