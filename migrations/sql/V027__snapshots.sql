-- What each repository holds: true to it whenever a housekeeper has looked, and told by the runs in between.

CREATE TABLE snapshots (
  repository_id varchar(64) NOT NULL,
  id            varchar(64) NOT NULL,
  time          timestamptz NOT NULL,
  job_id        uuid,
  device_id     varchar(255),
  run_uuid      uuid,
  host          text        NOT NULL,
  paths         text[]      NOT NULL DEFAULT '{}',
  tags          text[]      NOT NULL DEFAULT '{}',
  files         bigint,
  bytes         bigint,
  added_bytes   bigint,
  kept_by       text[],
  seen_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  original_id   varchar(64),
  PRIMARY KEY (repository_id, id)
);

CREATE INDEX snapshots_job ON snapshots (job_id, time DESC);
CREATE INDEX snapshots_device ON snapshots (device_id, time DESC);
CREATE INDEX snapshots_original ON snapshots ((coalesce(original_id, id)));

COMMENT ON TABLE snapshots IS 'The snapshots that the repositories hold; those of no job of ours are listed and never removed';
COMMENT ON COLUMN snapshots.id IS 'restic''s full id';
COMMENT ON COLUMN snapshots.job_id IS 'By its tag; no reference, since a snapshot outlives its job; NULL: of no job';
COMMENT ON COLUMN snapshots.device_id IS 'By its tag, or by its job''s row';
COMMENT ON COLUMN snapshots.files IS 'Files in it, as far as restic wrote it down (0.17 and newer); bytes and added_bytes alike';
COMMENT ON COLUMN snapshots.kept_by IS 'The rules of the retention policy that kept it when it was applied last';
COMMENT ON COLUMN snapshots.seen_at IS 'When the repository was last seen to hold it';
COMMENT ON COLUMN snapshots.original_id IS 'Of a copy, or of one whose tags were changed: the snapshot that it was made of';

-- What a housekeeper has read in the repository, some hundreds at a time.
CREATE FUNCTION holdfast.catalogue_put(device varchar, repository varchar, listed jsonb) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  INSERT INTO public.snapshots AS s (repository_id, id, original_id, time, job_id, device_id, run_uuid, host, paths, tags, files,
                                     bytes, added_bytes)
  SELECT repository, e.id, e.original_id, e.time, e.job_id,
         coalesce(e.device_id, (SELECT j.device_id FROM public.backup_jobs j WHERE j.id = e.job_id)), e.run_uuid,
         coalesce(e.host, ''), coalesce(e.paths, '{}'), coalesce(e.tags, '{}'), e.files, e.bytes, e.added_bytes
  FROM jsonb_to_recordset(listed) AS e (id varchar, original_id varchar, "time" timestamptz, job_id uuid, device_id varchar,
                                        run_uuid uuid, host text, paths text[], tags text[], files bigint, bytes bigint,
                                        added_bytes bigint)
  ON CONFLICT (repository_id, id) DO UPDATE
  SET original_id = coalesce(excluded.original_id, s.original_id),
      time        = excluded.time,
      job_id      = excluded.job_id,
      device_id   = excluded.device_id,
      run_uuid    = excluded.run_uuid,
      host        = excluded.host,
      paths       = excluded.paths,
      tags        = excluded.tags,
      files       = coalesce(excluded.files, s.files),
      bytes       = coalesce(excluded.bytes, s.bytes),
      added_bytes = coalesce(excluded.added_bytes, s.added_bytes),
      seen_at     = clock_timestamp();
END
$$;

-- When the list was begun; what is not seen since is not in the repository any more.
CREATE FUNCTION holdfast.catalogue_begin() RETURNS timestamptz
  LANGUAGE sql
  SET search_path = pg_catalog
AS $$
  SELECT clock_timestamp()
$$;

CREATE FUNCTION holdfast.catalogue_end(device varchar, repository varchar, begun timestamptz) RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  gone integer;
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  DELETE FROM public.snapshots s WHERE s.repository_id = repository AND s.seen_at < begun;
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END
$$;

-- When each job's policy was last applied.
CREATE TABLE holdfast.retention_applied (
  repository_id varchar(64) NOT NULL,
  job_id        uuid        NOT NULL REFERENCES public.backup_jobs (id) ON DELETE CASCADE,
  at            timestamptz NOT NULL,
  PRIMARY KEY (job_id, repository_id)
);
GRANT SELECT ON holdfast.retention_applied TO backup_admin;

-- The jobs some of whose snapshots may have to go: those with a run, or a change of their policy, since it was last
-- applied. What a policy keeps depends on the snapshots alone and not on the hour, since restic counts from the newest.
CREATE FUNCTION holdfast.retention_work(device varchar, repository varchar)
  RETURNS TABLE (job_id uuid, job_name varchar, device_id varchar, policy jsonb)
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  RETURN QUERY
    SELECT j.id, j.name, j.device_id, to_jsonb(p)
    FROM public.backup_jobs j
           JOIN public.retention_policies p
                ON p.name = coalesce(j.retention_policy, (SELECT d.name FROM public.retention_policies d WHERE d.is_default))
           LEFT JOIN public.job_state s ON s.job_id = j.id
           LEFT JOIN holdfast.retention_applied a ON a.job_id = j.id AND a.repository_id = repository
    WHERE NOT p.keep_all
      AND (a.at IS NULL
           OR greatest(p.updated_at, j.updated_at, s.last_end) > a.at - interval '10 minutes'
           OR a.at < now() - interval '7 days')
    ORDER BY a.at NULLS FIRST, j.id;
END
$$;

-- A job by its name or id, and the policy that applies to it: a device's own, and for a housekeeper any that is meant
-- without doubt, since what forget takes does not come back.
CREATE FUNCTION holdfast.policy_of(device varchar, wanted text)
  RETURNS TABLE (job_id uuid, job_name varchar, device_id varchar, policy varchar, rules jsonb)
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  keeps_house CONSTANT boolean := EXISTS (SELECT FROM public.devices h WHERE h.id = device AND h.housekeeper AND h.enabled);
  namesakes   text[];
BEGIN
  PERFORM holdfast.require_own(device);
  SELECT array_agg(j.device_id ORDER BY j.device_id)
  INTO namesakes
  FROM public.backup_jobs j
  WHERE j.name = wanted AND NOT EXISTS (SELECT FROM public.backup_jobs o WHERE o.name = wanted AND o.device_id = device);
  IF keeps_house AND cardinality(namesakes) > 1 THEN
    RAISE EXCEPTION 'several devices have a job "%": %', wanted,
      array_to_string(namesakes[1:10], ', ') || CASE WHEN cardinality(namesakes) > 10 THEN ', ...' ELSE '' END
      USING ERRCODE = 'too_many_rows', HINT = 'Name it by its id: SELECT id, device_id, name FROM backup_jobs.';
  END IF;
  RETURN QUERY
    SELECT j.id, j.name, j.device_id, p.name, to_jsonb(p)
    FROM public.backup_jobs j
           LEFT JOIN public.retention_policies p
                     ON p.name = coalesce(j.retention_policy, (SELECT d.name FROM public.retention_policies d WHERE d.is_default))
    WHERE (j.id::text = lower(wanted) OR j.name = wanted)
      AND (j.device_id = device OR keeps_house)
    ORDER BY j.device_id <> device
    LIMIT 1;
END
$$;

-- A run tells of its snapshot at once. restic 0.14 gives a short id only: that one waits for the next list.
CREATE FUNCTION holdfast.run_made_snapshot() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO public.snapshots (repository_id, id, time, job_id, device_id, run_uuid, host, files, bytes, added_bytes)
  SELECT u.repository_id, NEW.snapshot_id, NEW.start_time, NEW.job_id, NEW.device_id, NEW.run_uuid, d.name,
         NEW.total_files_processed, NEW.total_bytes_processed, NEW.data_added_bytes
  FROM holdfast.repository_users u
         JOIN public.devices d ON d.id = NEW.device_id
  WHERE u.run_uuid = NEW.run_uuid AND u.device_id = NEW.device_id
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;

CREATE TRIGGER runs_made_snapshot
  AFTER INSERT OR UPDATE OF snapshot_id ON runs
  FOR EACH ROW
  WHEN (length(NEW.snapshot_id) = 64)
EXECUTE FUNCTION holdfast.run_made_snapshot();

ALTER TABLE snapshots ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_admins ON snapshots TO backup_admin USING (true) WITH CHECK (true);
CREATE POLICY of_viewers ON snapshots FOR SELECT TO backup_viewer USING (true);
CREATE POLICY of_shared_login ON snapshots FOR SELECT TO backup_shared_client USING (true);
CREATE POLICY of_device ON snapshots FOR SELECT TO backup_client USING (device_id = (SELECT holdfast.me()));
DO $$
BEGIN
  IF (SELECT rolcanlogin FROM pg_roles WHERE rolname = 'backup_client') THEN
    CREATE POLICY of_seeds_login ON snapshots FOR SELECT TO backup_client USING ((SELECT session_user) = 'backup_client');
  END IF;
END
$$;
GRANT SELECT ON snapshots TO backup_admin, backup_client, backup_viewer;

REVOKE EXECUTE ON FUNCTION holdfast.catalogue_put(varchar, varchar, jsonb), holdfast.catalogue_begin(),
  holdfast.catalogue_end(varchar, varchar, timestamptz), holdfast.retention_work(varchar, varchar), holdfast.policy_of(varchar, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.catalogue_put(varchar, varchar, jsonb), holdfast.catalogue_begin(),
  holdfast.catalogue_end(varchar, varchar, timestamptz), holdfast.retention_work(varchar, varchar), holdfast.policy_of(varchar, text) TO backup_client;

-- The history of housekeeping goes with the runs'. The newest of each kind stays.
CREATE FUNCTION holdfast.clean_up_housekeeping(kept interval, batch integer) RETURNS integer
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  gone integer;
BEGIN
  DELETE FROM public.housekeeping_runs
  WHERE run_uuid IN (
    SELECT r.run_uuid
    FROM public.housekeeping_runs r
    WHERE r.start_time < now() - kept
      AND r.status <> 'running'
      AND EXISTS (SELECT FROM public.housekeeping_runs x
                  WHERE x.repository_id = r.repository_id AND x.kind = r.kind AND x.start_time > r.start_time)
    LIMIT batch
  );
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END
$$;
REVOKE EXECUTE ON FUNCTION holdfast.clean_up_housekeeping(interval, integer) FROM PUBLIC;

UPDATE control_plane_version SET schema_version = 27;
