-- A database that was made from the seed's document: its tables step aside into a schema of their own, whole and
-- untouched, and afterMigrate__seed.sql copies their rows. An admin drops that schema when he has looked.
DO $$
DECLARE
  name text;
BEGIN
  IF to_regclass('public.backup_jobs') IS NULL OR to_regnamespace('holdfast') IS NOT NULL
     OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('public.runs') AND attname = 'run_uuid') THEN
    RETURN;
  END IF;
  CREATE SCHEMA seed;
  FOREACH name IN ARRAY ARRAY ['job_summary', 'latest_runs'] LOOP
    EXECUTE format('ALTER VIEW IF EXISTS public.%I SET SCHEMA seed', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY ['settings', 'runs', 'schedules', 'backup_jobs', 'devices'] LOOP
    EXECUTE format('ALTER TABLE public.%I SET SCHEMA seed', name);
  END LOOP;
  RAISE NOTICE 'the tables of the seed now stand in the schema seed; their rows are copied';
END
$$;
