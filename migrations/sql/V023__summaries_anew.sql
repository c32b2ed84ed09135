-- All that the triggers keep about runs, made anew from the runs that there are.

CREATE FUNCTION holdfast.sum_up_runs() RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM public.job_days;
  INSERT INTO public.job_days (job_id, day, device_id, runs, successes, failures, added_bytes)
  SELECT job_id, (start_time AT TIME ZONE 'UTC')::date, min(device_id), count(*),
         count(*) FILTER (WHERE outcome = 'success'), count(*) FILTER (WHERE outcome IN ('failed', 'partial')),
         coalesce(sum(data_added_bytes), 0)
  FROM public.runs
  WHERE job_id IS NOT NULL AND status <> 'running'
  GROUP BY 1, 2;
  DELETE FROM public.job_hours;
  INSERT INTO public.job_hours (job_id, week, weekday, hour, runs, successes)
  SELECT job_id, date_trunc('week', start_time AT TIME ZONE 'UTC')::date,
         extract(isodow FROM start_time AT TIME ZONE 'UTC'), extract(hour FROM start_time AT TIME ZONE 'UTC'), count(*),
         count(*) FILTER (WHERE outcome = 'success')
  FROM public.runs
  WHERE job_id IS NOT NULL AND status <> 'running' AND start_time > now() - interval '60 days'
  GROUP BY 1, 2, 3, 4;
  PERFORM holdfast.refresh_job_state(id) FROM public.backup_jobs;
END
$$;

COMMENT ON FUNCTION holdfast.sum_up_runs() IS
  'Makes job_state, job_days and job_hours anew from the runs that there are; what was cleaned up is lost to them';

REVOKE EXECUTE ON FUNCTION holdfast.sum_up_runs() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.sum_up_runs() TO backup_admin;

UPDATE control_plane_version SET schema_version = 23;
