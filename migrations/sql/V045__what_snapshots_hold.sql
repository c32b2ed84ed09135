-- Nothing is green that holds nothing. A disk that is not mounted leaves an empty directory, and restic makes a snapshot of
-- that without a word: the agent compares what a run has read with what the job's last good run had (codes source-empty and
-- source-shrunken), and such a snapshot takes no good one's place when a policy is applied.

-- ---- What is meant to be less.

CREATE TABLE holdfast.contents_accepted (
  job_id      uuid PRIMARY KEY REFERENCES public.backup_jobs (id) ON DELETE CASCADE,
  accepted_by varchar(63) NOT NULL DEFAULT session_user,
  accepted_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE holdfast.contents_accepted IS
  'The jobs whose sources hold less than they did, as they should; on whose word, and since when';
GRANT SELECT ON holdfast.contents_accepted TO backup_admin;

CREATE FUNCTION holdfast.accept_contents(job uuid) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.backup_jobs j WHERE j.id = job) THEN
    RAISE EXCEPTION 'there is no job %', job
      USING ERRCODE = 'no_data_found', HINT = 'SELECT id, device_id, name FROM backup_jobs lists the jobs.';
  END IF;
  INSERT INTO holdfast.contents_accepted AS a (job_id)
  VALUES (job)
  ON CONFLICT (job_id) DO UPDATE SET accepted_by = excluded.accepted_by, accepted_at = excluded.accepted_at;
END
$$;
COMMENT ON FUNCTION holdfast.accept_contents(uuid) IS
  'The job''s sources hold as much as they should: the next run is a good one, with which later ones are compared';

-- What the last good run before this one had read, and whether an admin has said since that less is as it should be. A run
-- that could not read single files is good in this; one that lacks a whole source path is not.
CREATE FUNCTION holdfast.contents_of(device varchar, job uuid, before timestamptz)
  RETURNS TABLE (files bigint, accepted boolean)
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  good_at timestamptz;
BEGIN
  PERFORM holdfast.require_own(device);
  SELECT r.total_files_processed, r.start_time
  INTO files, good_at
  FROM public.runs r
  WHERE r.job_id = job AND r.device_id = device AND r.start_time < before
    AND r.total_files_processed > 0
    AND (r.outcome = 'success' OR r.outcome = 'partial' AND r.metadata ->> 'code' = 'source-unreadable')
  ORDER BY r.start_time DESC
  LIMIT 1;
  accepted := EXISTS (SELECT FROM holdfast.contents_accepted a
                      WHERE a.job_id = job AND a.accepted_at > coalesce(good_at, '-infinity'));
  RETURN NEXT;
END
$$;

-- ---- What a policy is applied to. Of a snapshot by restic 0.14 the run alone knows what is in it.

DROP FUNCTION holdfast.forget_candidates(varchar, varchar, uuid);
CREATE FUNCTION holdfast.forget_candidates(device varchar, repository varchar, job uuid)
  RETURNS TABLE (id varchar, "time" timestamptz, local_time timestamp, tags text[], hollow boolean)
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  RETURN QUERY
    SELECT s.id, s.time, coalesce(s.local_time, s.time AT TIME ZONE 'UTC'), s.tags,
           coalesce(coalesce(s.files, r.total_files_processed) = 0, false)
             OR coalesce(r.outcome = 'partial' AND r.metadata ->> 'code' IN ('source-empty', 'source-shrunken'), false)
    FROM public.snapshots s
           LEFT JOIN public.runs r ON r.run_uuid = s.run_uuid AND r.device_id = s.device_id AND r.job_id = job
    WHERE s.repository_id = repository AND s.job_id = job AND s.told AND s.vanished_at IS NULL
      AND s.time <= clock_timestamp() + interval '1 day'
    ORDER BY s.time DESC;
END
$$;

REVOKE EXECUTE ON FUNCTION holdfast.accept_contents(uuid), holdfast.contents_of(varchar, uuid, timestamptz),
  holdfast.forget_candidates(varchar, varchar, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.contents_of(varchar, uuid, timestamptz),
  holdfast.forget_candidates(varchar, varchar, uuid) TO backup_client;
GRANT EXECUTE ON FUNCTION holdfast.accept_contents(uuid) TO backup_admin;

INSERT INTO holdfast.rights (kind, object, grantee, privilege)
VALUES ('TABLE', 'holdfast.contents_accepted', 'backup_admin', 'SELECT'),
       ('FUNCTION', 'holdfast.accept_contents', 'backup_admin', 'EXECUTE'),
       ('FUNCTION', 'holdfast.contents_of', 'backup_client', 'EXECUTE');
SELECT holdfast.build_walls('flyway_schema_history');

UPDATE control_plane_version SET schema_version = 45;
