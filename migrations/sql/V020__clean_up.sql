-- Run history goes after run_retention_days, a batch at a time; never a job's newest success, nor what goes on.

CREATE FUNCTION holdfast.clean_up(batch integer DEFAULT 1000) RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kept    interval;
  removed integer;
  gone    integer;
BEGIN
  -- One at a time; whoever comes second has nothing to do.
  IF NOT pg_try_advisory_xact_lock(hashtext('holdfast.clean_up')) THEN
    RETURN 0;
  END IF;
  SELECT make_interval(days => btrim(value)::integer)
  INTO kept
  FROM public.settings
  WHERE key = 'run_retention_days' AND device_id IS NULL AND btrim(value) ~ '^[0-9]{1,5}$' AND btrim(value)::integer >= 1;
  IF kept IS NULL THEN
    RETURN 0;
  END IF;
  DELETE FROM public.runs
  WHERE id IN (
    SELECT r.id
    FROM public.runs r
    WHERE r.start_time < now() - kept
      AND r.status <> 'running'
      AND NOT (r.outcome = 'success' AND r.job_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.runs x WHERE x.job_id = r.job_id AND x.outcome = 'success' AND x.start_time > r.start_time))
    ORDER BY r.start_time
    LIMIT least(greatest(batch, 1), 10000)
  );
  GET DIAGNOSTICS removed = ROW_COUNT;
  DELETE FROM public.missed_runs
  WHERE id IN (SELECT id FROM public.missed_runs WHERE last_due_at < now() - kept LIMIT batch);
  GET DIAGNOSTICS gone = ROW_COUNT;
  removed := removed + gone;
  DELETE FROM public.requests
  WHERE id IN (SELECT id FROM public.requests WHERE finished_at < now() - kept LIMIT batch);
  GET DIAGNOSTICS gone = ROW_COUNT;
  removed := removed + gone;
  DELETE FROM public.job_hours WHERE week < current_date - 60;
  RETURN removed;
END
$$;

COMMENT ON FUNCTION holdfast.clean_up(integer) IS
  'Removes history that is older than run_retention_days, so many rows of a kind at most; returns how many';

REVOKE EXECUTE ON FUNCTION holdfast.clean_up(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.clean_up(integer) TO backup_admin;

-- What only time can end, and what has had its time: any agent's sync sees to it for all, once an hour.
CREATE TABLE holdfast.last_sweep (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  at       timestamptz NOT NULL
);
INSERT INTO holdfast.last_sweep (at) VALUES ('-infinity');

ALTER FUNCTION holdfast.sweep() RENAME TO sweep_stale;
REVOKE EXECUTE ON FUNCTION holdfast.sweep_stale() FROM backup_client;

CREATE FUNCTION holdfast.sweep() RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.sweep_stale();
  UPDATE holdfast.last_sweep
  SET at = clock_timestamp()
  WHERE only_row = (SELECT l.only_row FROM holdfast.last_sweep l WHERE l.at < clock_timestamp() - interval '1 hour'
                    FOR UPDATE SKIP LOCKED);
  IF FOUND THEN
    PERFORM holdfast.clean_up(10000);
  END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION holdfast.sweep() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.sweep() TO backup_admin, backup_client;

UPDATE control_plane_version SET schema_version = 20;
