CREATE FUNCTION pg_temp.evil(t pg_catalog.text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'STILL running as %', current_user; RETURN true; END $$;
CREATE FUNCTION pg_temp.evild(t pg_catalog.date) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'STILL running as %', current_user; RETURN true; END $$;
CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.evil(VALUE));
CREATE DOMAIN pg_temp.date AS pg_catalog.date CHECK (pg_temp.evild(VALUE));
SELECT holdfast.agent_sync('alpha','x','linux','h','{}','') IS NOT NULL AS sync;
INSERT INTO runs (run_uuid, job_id, device_id, status, start_time, end_time, triggered_by)
 SELECT gen_random_uuid(), id, 'alpha', 'failed', now()-interval '2 hour', now()-interval '1 hour','schedule' FROM backup_jobs;
CREATE TEMP TABLE pg_class AS SELECT 'public.runs'::regclass::oid AS oid, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname=session_user) AS relowner;
UPDATE runs SET status='success', outcome='success' WHERE status='failed';
