-- The rows of a database that was made from the seed's document, into the tables of ours. No row is lost: what today's
-- schema would refuse is taken over as it is, for agents to report, and the little that it cannot hold is put right
-- here. Once; the schema seed stays as it was until somebody drops it.
DO $$
DECLARE
  guarded text;
BEGIN
  IF to_regclass('seed.devices') IS NULL OR to_regclass('holdfast.taken_over') IS NOT NULL THEN
    RETURN;
  END IF;
  FOREACH guarded IN ARRAY ARRAY ['devices', 'backup_jobs', 'schedules', 'settings', 'runs'] LOOP
    EXECUTE format('ALTER TABLE public.%I DISABLE TRIGGER USER', guarded);
  END LOOP;
  -- Old rows may break these; new ones may not.
  ALTER TABLE public.devices DROP CONSTRAINT devices_id_shape, DROP CONSTRAINT devices_platform_known;

  INSERT INTO public.devices (id, name, description, platform, hostname, last_seen, created_at, updated_at, enabled, metadata)
  SELECT id, name, description, platform, hostname, last_seen, created_at, updated_at, enabled, metadata FROM seed.devices;

  ALTER TABLE public.devices
    ADD CONSTRAINT devices_id_shape CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$') NOT VALID,
    ADD CONSTRAINT devices_platform_known CHECK (platform IN ('linux', 'windows', 'darwin', 'freebsd')) NOT VALID;

  INSERT INTO public.backup_jobs (id, device_id, name, description, source_paths, exclude_patterns, tags, restic_args,
                                  enabled, created_at, updated_at, metadata, origin_name, origin_id, account_id)
  SELECT id, device_id, name, description, source_paths, exclude_patterns, tags, restic_args, enabled, created_at,
         updated_at, metadata, origin_name, origin_id, account_id
  FROM seed.backup_jobs;

  INSERT INTO public.schedules (id, job_id, schedule_type, cron_expression, interval_seconds, enabled, last_run_at,
                                next_run_at, created_at, updated_at, metadata)
  SELECT id, job_id, schedule_type, cron_expression, interval_seconds, enabled, last_run_at, next_run_at, created_at,
         updated_at, metadata
  FROM seed.schedules;

  -- A global setting could exist several times: the newest counts, as it did for whoever read the last.
  INSERT INTO public.settings (device_id, key, value, description, created_at, updated_at)
  SELECT DISTINCT ON (device_id, key) device_id, key, value, description, created_at, updated_at
  FROM seed.settings
  ORDER BY device_id, key, id DESC
  ON CONFLICT (device_id, key) DO UPDATE
  SET value = excluded.value, description = excluded.description, created_at = excluded.created_at,
      updated_at = excluded.updated_at;
  PERFORM holdfast.keep_fleets_secrets();

  -- Of several runs of a job that go on only the newest can still do so.
  INSERT INTO public.runs (id, job_id, device_id, start_time, end_time, status, outcome, exit_code, error_message,
                           files_new, files_changed, files_unmodified, dirs_new, dirs_changed, dirs_unmodified,
                           data_added_bytes, total_files_processed, total_bytes_processed, duration_seconds, snapshot_id,
                           restic_output, restic_errors, triggered_by, created_at, received_at, metadata, job_name)
  SELECT r.id, r.job_id, r.device_id, r.start_time,
         CASE WHEN s.status <> 'running' THEN greatest(r.start_time, coalesce(r.end_time, r.start_time)) END,
         s.status, nullif(s.status, 'running'), r.exit_code,
         CASE
           WHEN s.status <> r.status THEN 'the run was left open, and another of the same job was begun after it'
           ELSE left(r.error_message, 2000)
         END,
         r.files_new, r.files_changed, r.files_unmodified, r.dirs_new, r.dirs_changed, r.dirs_unmodified,
         r.data_added_bytes, r.total_files_processed, r.total_bytes_processed, greatest(r.duration_seconds, 0),
         r.snapshot_id, left(r.restic_output, 16000), left(r.restic_errors, 16000),
         CASE WHEN r.triggered_by IN ('schedule', 'manual', 'missed') THEN r.triggered_by END, r.created_at, r.created_at,
         coalesce(r.metadata, '{}') || CASE
           WHEN r.triggered_by NOT IN ('schedule', 'manual', 'missed') THEN jsonb_build_object('triggered_by', r.triggered_by)
           ELSE '{}'
         END,
         j.name
  FROM seed.runs r
         JOIN seed.backup_jobs j ON j.id = r.job_id
         CROSS JOIN LATERAL (
    SELECT CASE
             WHEN r.status = 'running' AND EXISTS (
               SELECT FROM seed.runs x WHERE x.job_id = r.job_id AND (x.start_time, x.id) > (r.start_time, r.id))
               THEN 'failed'
             ELSE r.status
           END AS status
    ) s;

  PERFORM setval('public.schedules_id_seq', greatest(1, (SELECT max(id) FROM public.schedules)));
  PERFORM setval('public.runs_id_seq', greatest(1, (SELECT max(id) FROM public.runs)));
  FOREACH guarded IN ARRAY ARRAY ['devices', 'backup_jobs', 'schedules', 'settings', 'runs'] LOOP
    EXECUTE format('ALTER TABLE public.%I ENABLE TRIGGER USER', guarded);
  END LOOP;
  PERFORM holdfast.sum_up_runs();

  CREATE TABLE holdfast.taken_over (at timestamptz NOT NULL DEFAULT now());
  COMMENT ON TABLE holdfast.taken_over IS 'When the rows of the schema seed were taken over';
  INSERT INTO holdfast.taken_over DEFAULT VALUES;
  RAISE NOTICE 'the rows of the seed have been taken over; DROP SCHEMA seed CASCADE removes the old tables';
END
$$;
