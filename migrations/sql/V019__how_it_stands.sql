-- How each job stands, kept up to date as runs arrive, so that what a dashboard asks every minute reads a row per job
-- and not the history.

ALTER TABLE backup_jobs
  ADD COLUMN rpo_seconds integer,
  ADD CONSTRAINT backup_jobs_rpo_range CHECK (rpo_seconds BETWEEN 60 AND 31622400);
COMMENT ON COLUMN backup_jobs.rpo_seconds IS
  'The newest success may be so old; NULL: one and a half times what the schedules promise';

CREATE TABLE job_state (
  job_id           uuid PRIMARY KEY REFERENCES backup_jobs (id) ON DELETE CASCADE,
  device_id        varchar(255) NOT NULL,
  last_run_uuid    uuid,
  last_start       timestamptz,
  last_end         timestamptz,
  last_outcome     varchar(20),
  last_error       text,
  last_success_at  timestamptz,
  last_snapshot_id varchar(255),
  failures         integer NOT NULL DEFAULT 0,
  failing_since    timestamptz
) WITH (fillfactor = 70);

CREATE INDEX job_state_device ON job_state (device_id);

COMMENT ON TABLE job_state IS 'How each job stands, as its runs tell; written by triggers alone';
COMMENT ON COLUMN job_state.last_outcome IS 'Of the newest run; running while it goes on';
COMMENT ON COLUMN job_state.last_success_at IS 'When the newest complete backup had ended';
COMMENT ON COLUMN job_state.failures IS 'How many runs since then came to no complete backup; cancelled ones are not counted';

CREATE TABLE job_days (
  job_id      uuid    NOT NULL REFERENCES backup_jobs (id) ON DELETE CASCADE,
  day         date    NOT NULL,
  device_id   varchar(255) NOT NULL,
  runs        integer NOT NULL DEFAULT 0,
  successes   integer NOT NULL DEFAULT 0,
  failures    integer NOT NULL DEFAULT 0,
  added_bytes bigint  NOT NULL DEFAULT 0,
  PRIMARY KEY (job_id, day)
) WITH (fillfactor = 70);

CREATE INDEX job_days_day ON job_days (day);

COMMENT ON TABLE job_days IS 'What became of each job''s runs, by the day (UTC) on which they started; outlives the runs';

CREATE TABLE job_hours (
  job_id    uuid     NOT NULL REFERENCES backup_jobs (id) ON DELETE CASCADE,
  weekday   smallint NOT NULL,
  hour      smallint NOT NULL,
  week      date     NOT NULL,
  runs      integer  NOT NULL DEFAULT 0,
  successes integer  NOT NULL DEFAULT 0,
  PRIMARY KEY (job_id, week, weekday, hour)
) WITH (fillfactor = 70);

CREATE INDEX job_hours_week ON job_hours (week);

COMMENT ON TABLE job_hours IS 'The same by week, weekday (1 is Monday) and hour (UTC), for success_heatmap';

-- What one run counts for: nothing while it goes on.
CREATE FUNCTION holdfast.count_run(run public.runs, sign integer) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  started CONSTANT timestamp := run.start_time AT TIME ZONE 'UTC';
  success CONSTANT integer := sign * (run.outcome = 'success')::integer;
  failure CONSTANT integer := sign * (run.outcome IN ('failed', 'partial'))::integer;
BEGIN
  IF run.job_id IS NULL OR run.status = 'running' THEN
    RETURN;
  END IF;
  INSERT INTO public.job_days AS d (job_id, day, device_id, runs, successes, failures, added_bytes)
  VALUES (run.job_id, started::date, run.device_id, sign, success, failure, sign * coalesce(run.data_added_bytes, 0))
  ON CONFLICT (job_id, day) DO UPDATE
  SET runs        = d.runs + excluded.runs,
      successes   = d.successes + excluded.successes,
      failures    = d.failures + excluded.failures,
      added_bytes = d.added_bytes + excluded.added_bytes;
  INSERT INTO public.job_hours AS h (job_id, week, weekday, hour, runs, successes)
  VALUES (run.job_id, date_trunc('week', started)::date, extract(isodow FROM started), extract(hour FROM started), sign, success)
  ON CONFLICT (job_id, week, weekday, hour) DO UPDATE
  SET runs = h.runs + excluded.runs, successes = h.successes + excluded.successes;
END
$$;

-- From the job's own newest runs: records arrive late, twice, and are put right.
CREATE FUNCTION holdfast.refresh_job_state(job uuid) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  newest  public.runs;
  success public.runs;
BEGIN
  SELECT * INTO newest FROM public.runs WHERE job_id = job ORDER BY start_time DESC LIMIT 1;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT * INTO success
  FROM public.runs
  WHERE job_id = job AND outcome = 'success'
  ORDER BY start_time DESC
  LIMIT 1;
  INSERT INTO public.job_state AS s (job_id, device_id, last_run_uuid, last_start, last_end, last_outcome, last_error,
                                     last_success_at, last_snapshot_id, failures, failing_since)
  SELECT job, newest.device_id, newest.run_uuid, newest.start_time, newest.end_time,
         coalesce(newest.outcome, newest.status), newest.error_message, success.end_time, success.snapshot_id,
         count(*), min(f.start_time)
  FROM (
    SELECT r.start_time
    FROM public.runs r
    WHERE r.job_id = job
      AND r.outcome IN ('failed', 'partial')
      AND r.start_time > coalesce(success.start_time, '-infinity')
    ORDER BY r.start_time DESC
    LIMIT 1000
  ) f
  ON CONFLICT (job_id) DO UPDATE
  SET device_id        = excluded.device_id,
      last_run_uuid    = excluded.last_run_uuid,
      last_start       = excluded.last_start,
      last_end         = excluded.last_end,
      last_outcome     = excluded.last_outcome,
      last_error       = excluded.last_error,
      -- The run may have been cleaned up since.
      last_success_at  = coalesce(excluded.last_success_at, s.last_success_at),
      last_snapshot_id = coalesce(excluded.last_snapshot_id, s.last_snapshot_id),
      failures         = excluded.failures,
      failing_since    = excluded.failing_since;
END
$$;

CREATE INDEX runs_job_success ON runs (job_id, start_time DESC) WHERE outcome = 'success';

CREATE FUNCTION holdfast.runs_summed_up() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    PERFORM holdfast.count_run(OLD, -1);
  END IF;
  PERFORM holdfast.count_run(NEW, 1);
  IF NEW.job_id IS NOT NULL THEN
    PERFORM holdfast.refresh_job_state(NEW.job_id);
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER runs_summed_up_insert
  AFTER INSERT ON runs
  FOR EACH ROW
EXECUTE FUNCTION holdfast.runs_summed_up();

-- Not for progress, which is written every few seconds, nor for a job's deletion.
CREATE TRIGGER runs_summed_up_update
  AFTER UPDATE ON runs
  FOR EACH ROW
  WHEN (NEW.job_id IS NOT NULL
        AND (OLD.status, OLD.outcome, OLD.end_time, OLD.snapshot_id, OLD.data_added_bytes, OLD.error_message)
        IS DISTINCT FROM
        (NEW.status, NEW.outcome, NEW.end_time, NEW.snapshot_id, NEW.data_added_bytes, NEW.error_message))
EXECUTE FUNCTION holdfast.runs_summed_up();

-- The history that is there already.
INSERT INTO job_days (job_id, day, device_id, runs, successes, failures, added_bytes)
SELECT job_id, (start_time AT TIME ZONE 'UTC')::date, min(device_id), count(*),
       count(*) FILTER (WHERE outcome = 'success'), count(*) FILTER (WHERE outcome IN ('failed', 'partial')),
       coalesce(sum(data_added_bytes), 0)
FROM runs
WHERE job_id IS NOT NULL AND status <> 'running'
GROUP BY 1, 2;

INSERT INTO job_hours (job_id, week, weekday, hour, runs, successes)
SELECT job_id, date_trunc('week', start_time AT TIME ZONE 'UTC')::date, extract(isodow FROM start_time AT TIME ZONE 'UTC'),
       extract(hour FROM start_time AT TIME ZONE 'UTC'), count(*), count(*) FILTER (WHERE outcome = 'success')
FROM runs
WHERE job_id IS NOT NULL AND status <> 'running' AND start_time > now() - interval '60 days'
GROUP BY 1, 2, 3, 4;

DO $$
BEGIN
  PERFORM holdfast.refresh_job_state(id) FROM public.backup_jobs;
END
$$;

-- How far apart the due times of an expression can be, in seconds: what restricts the days decides, then the hours.
CREATE FUNCTION holdfast.cron_seconds(expression text) RETURNS integer
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog
AS $$
  SELECT CASE
           WHEN e IN ('@yearly', '@annually') OR f[4] <> '*' THEN 31622400
           WHEN e = '@monthly' OR f[3] NOT LIKE '*%' AND f[5] = '*' THEN 2678400
           WHEN e = '@weekly' OR f[5] NOT LIKE '*%' THEN 604800
           WHEN e LIKE '@hourly' OR f[2] = '*' THEN 3600
           ELSE 86400
         END
  FROM (SELECT lower(btrim(expression)) AS e, regexp_split_to_array(btrim(expression), '\s+') AS f) x
$$;

CREATE VIEW overdue_jobs WITH (security_invoker = true) AS
SELECT j.device_id,
       d.name                                 AS device_name,
       j.id                                   AS job_id,
       j.name                                 AS job_name,
       p.promised_seconds,
       s.last_success_at,
       now() - coalesce(s.last_success_at, j.created_at) AS age,
       s.last_outcome,
       s.last_error,
       d.last_seen
FROM backup_jobs j
       JOIN devices d ON d.id = j.device_id AND d.enabled
       LEFT JOIN job_state s ON s.job_id = j.id
       CROSS JOIN LATERAL (
  SELECT coalesce(j.rpo_seconds,
                  (SELECT (1.5 * min(coalesce(x.interval_seconds, holdfast.cron_seconds(x.cron_expression))))::integer
                   FROM schedules x
                   WHERE x.job_id = j.id AND x.enabled)) AS promised_seconds
  ) p
WHERE j.enabled
  AND p.promised_seconds IS NOT NULL
  AND coalesce(s.last_success_at, j.created_at) < now() - make_interval(secs => p.promised_seconds);

COMMENT ON VIEW overdue_jobs IS
  'Jobs whose newest complete backup is older than rpo_seconds, or than one and a half times what their schedules promise';

CREATE VIEW failure_streaks WITH (security_invoker = true) AS
SELECT s.device_id, s.job_id, j.name AS job_name, s.failures, s.failing_since, s.last_outcome, s.last_error, s.last_success_at
FROM job_state s
       JOIN backup_jobs j ON j.id = s.job_id
WHERE s.failures > 0;

COMMENT ON VIEW failure_streaks IS 'Jobs whose newest runs came to no complete backup, and since when';

CREATE VIEW device_health WITH (security_invoker = true) AS
SELECT d.id                                                                           AS device_id,
       d.name                                                                         AS device_name,
       CASE
         WHEN NOT d.enabled THEN 'paused'
         WHEN d.last_seen IS NULL THEN 'never seen'
         WHEN d.last_seen < now() - interval '1 day' THEN 'lost'
         WHEN d.last_seen < now() - make_interval(secs => 3 * i.sync_seconds + 60) THEN 'late'
         ELSE 'ok'
       END                                                                            AS state,
       d.last_seen,
       (SELECT count(*) FROM backup_jobs j WHERE j.device_id = d.id AND j.enabled)    AS jobs,
       (SELECT count(*) FROM job_state s WHERE s.device_id = d.id AND s.failures > 0) AS failing_jobs,
       (SELECT count(*) FROM problems p WHERE p.device_id = d.id)                     AS problems
FROM devices d
       CROSS JOIN LATERAL (
  SELECT coalesce((SELECT CASE WHEN btrim(s.value) ~ '^[0-9]{1,6}$' THEN btrim(s.value)::integer END
                   FROM settings_public s
                   WHERE s.key = 'sync_interval_seconds' AND (s.device_id = d.id OR s.device_id IS NULL)
                   ORDER BY s.device_id NULLS LAST
                   LIMIT 1), 300) AS sync_seconds
  ) i;

COMMENT ON VIEW device_health IS 'late: not heard of for three times its sync interval; lost: not for a day';

CREATE VIEW storage_growth_daily WITH (security_invoker = true) AS
SELECT day, device_id, job_id, runs, successes, failures, added_bytes
FROM job_days;

COMMENT ON VIEW storage_growth_daily IS 'What each job added to the repository, day by day (UTC)';

CREATE VIEW success_heatmap WITH (security_invoker = true) AS
SELECT job_id, weekday, hour, sum(runs)::integer AS runs, sum(successes)::integer AS successes,
       round(100.0 * sum(successes) / nullif(sum(runs), 0), 1) AS percent
FROM job_hours
WHERE week > current_date - 35
GROUP BY job_id, weekday, hour
HAVING sum(runs) > 0;

COMMENT ON VIEW success_heatmap IS 'At what weekday and hour (UTC) runs start, and how many succeed, over the last five weeks';

GRANT SELECT ON job_state, job_days, job_hours, overdue_jobs, failure_streaks, device_health, storage_growth_daily, success_heatmap
  TO backup_admin, backup_viewer;
GRANT EXECUTE ON FUNCTION holdfast.cron_seconds(text) TO backup_admin, backup_viewer;

UPDATE control_plane_version SET schema_version = 19;
