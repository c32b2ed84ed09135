-- Only what was told is believed. Whoever has a repository's password can add snapshots with any tag, of any time; only a
-- device's own login can write a run of that device. So a snapshot counts if a run of its job told of it, and no other does.

CREATE TABLE holdfast.told_snapshots (
  snapshot_id varchar(64)  NOT NULL,
  device_id   varchar(255) NOT NULL,
  job_id      uuid,
  run_uuid    uuid,
  told_at     timestamptz  NOT NULL DEFAULT now(),
  believed_by varchar(63),
  PRIMARY KEY (snapshot_id, device_id)
);
CREATE INDEX told_snapshots_job ON holdfast.told_snapshots (job_id);

COMMENT ON TABLE holdfast.told_snapshots IS
  'The snapshots that runs told of: kept as long as a repository may hold them, which is longer than the runs';
COMMENT ON COLUMN holdfast.told_snapshots.snapshot_id IS
  'restic''s id; eight digits from restic 0.14, until a housekeeper has listed the snapshot';
COMMENT ON COLUMN holdfast.told_snapshots.job_id IS
  'A job of the device''s own when it told; no reference, since a snapshot outlives its job';
COMMENT ON COLUMN holdfast.told_snapshots.believed_by IS 'The admin on whose word it counts; NULL: a run told of it';
GRANT SELECT ON holdfast.told_snapshots TO backup_admin;

-- What a forget of ours has removed. A list that was read before must not bring it back, and its telling goes with it.
CREATE TABLE holdfast.forgotten_snapshots (
  repository_id varchar(64) NOT NULL,
  snapshot_id   varchar(64) NOT NULL,
  original_id   varchar(64) NOT NULL,
  forgotten_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (repository_id, snapshot_id)
);
COMMENT ON TABLE holdfast.forgotten_snapshots IS 'The snapshots that housekeepers have forgotten in the last 30 days';
GRANT SELECT ON holdfast.forgotten_snapshots TO backup_admin;

ALTER TABLE snapshots
  ADD COLUMN told             boolean NOT NULL DEFAULT false,
  ADD COLUMN local_time       timestamp,
  ADD COLUMN forgetting_since timestamptz,
  ADD COLUMN vanished_at      timestamptz,
  ADD COLUMN vanished_seen_by varchar(63);

COMMENT ON COLUMN snapshots.told IS
  'Whether a run of its job told of it, or an admin believes it: if not, it is neither counted, forgotten, copied, tested nor restored as a job''s latest';
COMMENT ON COLUMN snapshots.local_time IS 'What the clock of its machine showed: by that restic counts hours, days and weeks';
COMMENT ON COLUMN snapshots.forgetting_since IS 'A housekeeper is about to remove it';
COMMENT ON COLUMN snapshots.vanished_at IS 'When it was first missing from its repository, though no forget of ours had removed it';
COMMENT ON COLUMN snapshots.vanished_seen_by IS 'The admin who knows of that: holdfast.acknowledge_vanished()';

CREATE INDEX snapshots_vanished ON snapshots (repository_id) WHERE vanished_at IS NOT NULL;
CREATE INDEX snapshots_forgetting ON snapshots (repository_id) WHERE forgetting_since IS NOT NULL;

-- A copy target's password is the housekeepers' alone, and so is what is in it: there the id counts of which restic says that
-- the copy was made of it. Elsewhere anybody could write that, and only the snapshot's own id counts.
CREATE FUNCTION holdfast.is_told(repository varchar, snapshot varchar, original varchar, tagged_device varchar, job uuid)
  RETURNS boolean
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT EXISTS (
    SELECT FROM holdfast.told_snapshots t
    WHERE t.snapshot_id IN (snapshot, CASE WHEN EXISTS (SELECT FROM public.copy_targets c WHERE c.repository_id = repository)
                                        THEN original
                                      END)
      AND t.job_id = job
      AND t.device_id = coalesce(tagged_device, t.device_id))
$$;

-- ---- What runs told until now.

INSERT INTO holdfast.told_snapshots (snapshot_id, device_id, job_id, run_uuid, told_at)
SELECT DISTINCT ON (r.snapshot_id, r.device_id) r.snapshot_id, r.device_id, r.job_id, r.run_uuid, r.received_at
FROM runs r
WHERE r.snapshot_id ~ '^([0-9a-f]{8}|[0-9a-f]{64})$'
ORDER BY r.snapshot_id, r.device_id, r.job_id NULLS LAST, r.received_at;

UPDATE holdfast.told_snapshots t
SET snapshot_id = s.id
FROM snapshots s
WHERE length(t.snapshot_id) = 8 AND t.snapshot_id = left(s.id, 8) AND s.original_id IS NULL
  AND (t.run_uuid, t.device_id, t.job_id) = (s.run_uuid, s.device_id, s.job_id);

UPDATE snapshots s SET told = true WHERE holdfast.is_told(s.repository_id, s.id, s.original_id, s.device_id, s.job_id);

-- ---- A run tells of its snapshot as it ends. What holdfast rebuild concludes from a snapshot tells nothing of it.

CREATE OR REPLACE FUNCTION holdfast.run_made_snapshot() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  own_job CONSTANT uuid := (SELECT j.id FROM public.backup_jobs j WHERE j.id = NEW.job_id AND j.device_id = NEW.device_id);
BEGIN
  IF NEW.snapshot_id !~ '^([0-9a-f]{8}|[0-9a-f]{64})$'
     OR NEW.metadata ->> 'code' IS NOT DISTINCT FROM 'rebuilt' THEN
    RETURN NULL;
  END IF;
  INSERT INTO holdfast.told_snapshots AS t (snapshot_id, device_id, job_id, run_uuid)
  VALUES (NEW.snapshot_id, NEW.device_id, own_job, NEW.run_uuid)
  ON CONFLICT (snapshot_id, device_id) DO UPDATE SET job_id = excluded.job_id, run_uuid = excluded.run_uuid
  WHERE t.job_id IS NULL;
  -- A run that goes on can name one snapshot after the other.
  IF FOUND AND NOT pg_has_role(session_user, 'backup_admin', 'USAGE') THEN
    PERFORM holdfast.count_written(NEW.device_id, 'snapshots', 10000);
  END IF;
  -- A housekeeper may have listed it before the run's record came.
  UPDATE public.snapshots s
  SET told = true
  WHERE coalesce(s.original_id, s.id) = NEW.snapshot_id AND NOT s.told
    AND holdfast.is_told(s.repository_id, s.id, s.original_id, s.device_id, s.job_id);
  INSERT INTO public.snapshots (repository_id, id, time, job_id, device_id, run_uuid, host, files, bytes, added_bytes, told)
  SELECT u.repository_id, NEW.snapshot_id, NEW.start_time, NEW.job_id, NEW.device_id, NEW.run_uuid, d.name,
         NEW.total_files_processed, NEW.total_bytes_processed, NEW.data_added_bytes, own_job IS NOT NULL
  FROM holdfast.repository_users u
         JOIN public.devices d ON d.id = NEW.device_id
  WHERE u.run_uuid = NEW.run_uuid AND u.device_id = NEW.device_id AND length(NEW.snapshot_id) = 64
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;

DROP TRIGGER runs_made_snapshot ON runs;
CREATE TRIGGER runs_made_snapshot
  AFTER INSERT OR UPDATE OF snapshot_id ON runs
  FOR EACH ROW
  WHEN (NEW.snapshot_id IS NOT NULL)
EXECUTE FUNCTION holdfast.run_made_snapshot();

-- ---- The problems of a repository's snapshots.

CREATE FUNCTION holdfast.snapshots_subject(repository varchar) RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce((SELECT format('copy target %s, snapshots', c.name)
                   FROM public.copy_targets c
                   WHERE c.repository_id = repository
                   ORDER BY c.id
                   LIMIT 1),
                  format('repository %s, snapshots', left(repository, 8)))
$$;

-- Those of jobs that there are; of others nothing is forgotten, and nothing is anybody's latest. A run that goes on has not told yet.
CREATE VIEW untold_snapshots WITH (security_invoker = true) AS
SELECT s.repository_id, s.id, s.time, s.device_id, s.job_id, j.name AS job_name, s.host, s.paths,
       CASE WHEN s.told THEN 'future' ELSE 'untold' END AS reason
FROM snapshots s
       JOIN backup_jobs j ON j.id = s.job_id
WHERE s.vanished_at IS NULL
  AND (NOT s.told OR s.time > now() + interval '1 day')
  AND NOT EXISTS (SELECT FROM runs r WHERE r.run_uuid = s.run_uuid AND r.device_id = s.device_id AND r.status = 'running');

COMMENT ON VIEW untold_snapshots IS
  'Snapshots with the tag of a job here that do not count: no run of the job told of them, or they are dated more than a day from now';
GRANT SELECT ON untold_snapshots TO backup_admin, backup_viewer;

CREATE FUNCTION holdfast.tell_of_snapshots(device varchar, repository varchar) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  about CONSTANT text := holdfast.snapshots_subject(repository);
  those record;
BEGIN
  DELETE FROM public.problems p
  WHERE p.source = 'repository' AND p.subject = about AND p.code IN ('snapshots-untold', 'snapshots-vanished')
    AND p.device_id <> device;

  SELECT count(*) AS n, (array_agg(format('job "%s" of %s', u.job_name, u.device_id) ORDER BY u.time DESC))[1] AS newest
  INTO those
  FROM public.untold_snapshots u
  WHERE u.repository_id = repository;
  IF those.n = 0 THEN
    DELETE FROM public.problems p
    WHERE p.source = 'repository' AND p.subject = about AND p.code = 'snapshots-untold';
  ELSE
    INSERT INTO public.problems AS p (device_id, source, subject, code, severity, message, remedy)
    VALUES (device, 'repository', about, 'snapshots-untold', 'warning',
            format('%s snapshots that no run told of, or that are dated in the future, bear the tags of jobs here; the newest says '
                   'that it is of %s', those.n, those.newest),
            'They are neither counted nor forgotten. SELECT * FROM untold_snapshots lists them, and docs/housekeeping.md says '
            'what they may be.')
    ON CONFLICT (device_id, source, subject, code) DO UPDATE SET message = excluded.message, seen_at = excluded.seen_at;
  END IF;

  SELECT count(*) AS n
  INTO those
  FROM public.snapshots s
  WHERE s.repository_id = repository AND s.vanished_at IS NOT NULL AND s.vanished_seen_by IS NULL;
  IF those.n = 0 THEN
    DELETE FROM public.problems p
    WHERE p.source = 'repository' AND p.subject = about AND p.code = 'snapshots-vanished';
  ELSE
    INSERT INTO public.problems AS p (device_id, source, subject, code, severity, message, remedy)
    VALUES (device, 'repository', about, 'snapshots-vanished', 'error',
            format('%s snapshots are not in the repository any more, and no housekeeper here has forgotten them', those.n),
            'SELECT * FROM snapshots WHERE vanished_at IS NOT NULL lists them. Find out who removed them; then '
            'SELECT holdfast.acknowledge_vanished().')
    ON CONFLICT (device_id, source, subject, code) DO UPDATE SET message = excluded.message, seen_at = excluded.seen_at;
  END IF;
END
$$;

-- ---- The catalogue.

-- With the moment at which the list was begun: what it shows was there then, and may be gone since.
DROP FUNCTION holdfast.catalogue_put(varchar, varchar, jsonb);
CREATE FUNCTION holdfast.catalogue_put(device varchar, repository varchar, begun timestamptz, listed jsonb) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  -- Of restic 0.14 a run has told the beginning of the id only; the first snapshot that begins so and bears its tags is its own.
  UPDATE holdfast.told_snapshots t
  SET snapshot_id = e.id
  FROM jsonb_to_recordset(listed) AS e (id varchar, job_id uuid, device_id varchar, run_uuid uuid)
  WHERE t.snapshot_id = left(e.id, 8)
    AND (t.run_uuid, t.device_id, t.job_id) = (e.run_uuid, e.device_id, e.job_id)
    AND NOT EXISTS (SELECT FROM holdfast.told_snapshots o WHERE o.snapshot_id = e.id AND o.device_id = e.device_id);
  INSERT INTO public.snapshots AS s (repository_id, id, original_id, time, local_time, job_id, device_id, run_uuid, host, paths,
                                     tags, files, bytes, added_bytes, told, seen_at)
  SELECT repository, e.id, e.original_id, e.time, e.local_time, e.job_id,
         coalesce(e.device_id, (SELECT j.device_id FROM public.backup_jobs j WHERE j.id = e.job_id)), e.run_uuid,
         coalesce(e.host, ''), coalesce(e.paths, '{}'), coalesce(e.tags, '{}'), e.files, e.bytes, e.added_bytes,
         holdfast.is_told(repository, e.id, e.original_id, e.device_id, e.job_id), least(begun, clock_timestamp())
  FROM jsonb_to_recordset(listed) AS e (id varchar, original_id varchar, "time" timestamptz, local_time timestamp, job_id uuid,
                                        device_id varchar, run_uuid uuid, host text, paths text[], tags text[], files bigint,
                                        bytes bigint, added_bytes bigint)
  -- The list may have been read before a forget that has ended since.
  WHERE NOT EXISTS (SELECT FROM holdfast.forgotten_snapshots f
                    WHERE f.repository_id = repository AND f.snapshot_id = e.id
                      AND f.forgotten_at > clock_timestamp() - interval '1 day')
  ON CONFLICT (repository_id, id) DO UPDATE
  SET original_id      = coalesce(excluded.original_id, s.original_id),
      time             = excluded.time,
      local_time       = excluded.local_time,
      job_id           = excluded.job_id,
      device_id        = excluded.device_id,
      run_uuid         = excluded.run_uuid,
      host             = excluded.host,
      paths            = excluded.paths,
      tags             = excluded.tags,
      files            = coalesce(excluded.files, s.files),
      bytes            = coalesce(excluded.bytes, s.bytes),
      added_bytes      = coalesce(excluded.added_bytes, s.added_bytes),
      -- An id stands for its content: what has been believed once still is.
      told             = s.told OR excluded.told,
      vanished_at      = NULL,
      vanished_seen_by = NULL,
      seen_at          = greatest(s.seen_at, excluded.seen_at);
END
$$;

-- What the list lacks is not in the repository any more: removed by a forget of ours, or none of ours to begin with, or vanished.
-- What a forget was about to remove before the list was begun, and what is in it, the storage has not let go.
DROP FUNCTION holdfast.catalogue_end(varchar, varchar, timestamptz);
CREATE FUNCTION holdfast.catalogue_end(device varchar, repository varchar, begun timestamptz)
  RETURNS TABLE (forgotten integer, gone integer, vanished integer, refused integer)
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  WITH removed AS (
    DELETE FROM public.snapshots s
    WHERE s.repository_id = repository AND s.forgetting_since IS NOT NULL AND s.seen_at < begun
    RETURNING s.id, coalesce(s.original_id, s.id) AS original_id
  ), in_target AS (
    INSERT INTO holdfast.forgotten_copies (repository_id, original_id)
    SELECT repository, r.original_id
    FROM removed r
    WHERE EXISTS (SELECT FROM public.copy_targets t WHERE t.repository_id = repository)
    ON CONFLICT DO NOTHING
  )
  INSERT INTO holdfast.forgotten_snapshots AS f (repository_id, snapshot_id, original_id)
  SELECT repository, r.id, r.original_id FROM removed r
  ON CONFLICT (repository_id, snapshot_id) DO UPDATE SET forgotten_at = excluded.forgotten_at;
  GET DIAGNOSTICS forgotten = ROW_COUNT;

  DELETE FROM public.snapshots s
  WHERE s.repository_id = repository AND s.seen_at < begun AND NOT s.told AND s.vanished_at IS NULL;
  GET DIAGNOSTICS gone = ROW_COUNT;

  UPDATE public.snapshots s
  SET vanished_at = clock_timestamp()
  WHERE s.repository_id = repository AND s.seen_at < begun AND s.vanished_at IS NULL;
  GET DIAGNOSTICS vanished = ROW_COUNT;

  -- Their jobs are due again.
  WITH kept AS (
    UPDATE public.snapshots s
    SET forgetting_since = NULL
    WHERE s.repository_id = repository AND s.forgetting_since < begun
    RETURNING s.job_id
  ), due AS (
    DELETE FROM holdfast.retention_applied a
    WHERE a.repository_id = repository AND a.job_id IN (SELECT k.job_id FROM kept k)
  )
  SELECT count(*) INTO refused FROM kept;

  DELETE FROM public.snapshots s
  WHERE s.repository_id = repository AND s.vanished_seen_by IS NOT NULL AND s.vanished_at < clock_timestamp() - interval '90 days';
  WITH old AS (
    DELETE FROM holdfast.forgotten_snapshots f
    WHERE f.repository_id = repository AND f.forgotten_at < clock_timestamp() - interval '30 days'
    RETURNING f.original_id
  )
  DELETE FROM holdfast.told_snapshots t
  USING old o
  WHERE t.snapshot_id = o.original_id
    AND NOT EXISTS (SELECT FROM public.snapshots s WHERE coalesce(s.original_id, s.id) = t.snapshot_id);
  PERFORM holdfast.tell_of_snapshots(device, repository);
  RETURN NEXT;
END
$$;

-- ---- Retention.

INSERT INTO setting_keys (key, kind, min_value, max_value, per_device, for_devices, description)
VALUES ('forget_brake_percent', 'integer', 1, 100, false, false,
        'A forget that would remove more than this share of a job''s snapshots waits for an admin (default 50; 100: never)'),
       ('forget_brake_minimum', 'integer', 0, 1000000, false, false,
        'A forget that would remove no more of a job''s snapshots than this never waits for an admin (default 10)');

CREATE TABLE holdfast.forget_allowed (
  job_id     uuid PRIMARY KEY REFERENCES public.backup_jobs (id) ON DELETE CASCADE,
  allowed_by varchar(63) NOT NULL DEFAULT session_user,
  allowed_at timestamptz NOT NULL DEFAULT now(),
  always     boolean     NOT NULL
);
COMMENT ON TABLE holdfast.forget_allowed IS 'The jobs whose snapshots may be forgotten though they are many, on whose word';
COMMENT ON COLUMN holdfast.forget_allowed.always IS 'false: once, within a week';
GRANT SELECT ON holdfast.forget_allowed TO backup_admin;

CREATE FUNCTION holdfast.allow_forget(job uuid, always boolean DEFAULT false) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.backup_jobs j WHERE j.id = job) THEN
    RAISE EXCEPTION 'there is no job %', job
      USING ERRCODE = 'no_data_found', HINT = 'SELECT id, device_id, name FROM backup_jobs lists the jobs.';
  END IF;
  INSERT INTO holdfast.forget_allowed AS f (job_id, always)
  VALUES (job, allow_forget.always)
  ON CONFLICT (job_id) DO UPDATE
  SET always = excluded.always, allowed_by = excluded.allowed_by, allowed_at = excluded.allowed_at;
END
$$;
COMMENT ON FUNCTION holdfast.allow_forget(uuid, boolean) IS
  'The next forget may remove as many of the job''s snapshots as its policy says; with always => true, every forget';

-- What a policy is applied to.
CREATE FUNCTION holdfast.forget_candidates(device varchar, repository varchar, job uuid)
  RETURNS TABLE (id varchar, "time" timestamptz, local_time timestamp, tags text[])
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  RETURN QUERY
    SELECT s.id, s.time, coalesce(s.local_time, s.time AT TIME ZONE 'UTC'), s.tags
    FROM public.snapshots s
    WHERE s.repository_id = repository AND s.job_id = job AND s.told AND s.vanished_at IS NULL
      AND s.time <= clock_timestamp() + interval '1 day'
    ORDER BY s.time DESC;
END
$$;

-- Before anything is removed: what is missing afterwards was then removed by us. False if the brake holds it back: it would
-- remove too large a share of the job's snapshots, and of those that the policy had kept the last time.
CREATE FUNCTION holdfast.forget_begins(device varchar, repository varchar, job uuid, ids text[]) RETURNS boolean
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
DECLARE
  percent integer := 50;
  minimum integer := 10;
  n       record;
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  SELECT coalesce(max(btrim(s.value)::integer) FILTER (WHERE s.key = 'forget_brake_percent'), percent),
         coalesce(max(btrim(s.value)::integer) FILTER (WHERE s.key = 'forget_brake_minimum'), minimum)
  INTO percent, minimum
  FROM public.settings s
  WHERE s.device_id IS NULL AND s.key IN ('forget_brake_percent', 'forget_brake_minimum') AND btrim(s.value) ~ '^[0-9]{1,7}$';
  SELECT count(*) AS there,
         count(*) FILTER (WHERE s.id = ANY (ids)) AS going,
         count(*) FILTER (WHERE s.kept_by IS NOT NULL) AS kept_before,
         count(*) FILTER (WHERE s.kept_by IS NOT NULL AND s.id = ANY (ids)) AS going_of_those
  INTO n
  FROM public.snapshots s
  WHERE s.repository_id = repository AND s.job_id = job AND s.told AND s.vanished_at IS NULL;
  IF percent < 100 AND n.going > minimum
     AND n.going * 100 > n.there * percent
     AND (n.kept_before = 0 OR n.going_of_those * 100 > n.kept_before * percent) THEN
    DELETE FROM holdfast.forget_allowed f
    WHERE f.job_id = job AND NOT f.always AND f.allowed_at < now() - interval '7 days';
    IF NOT EXISTS (SELECT FROM holdfast.forget_allowed f WHERE f.job_id = job) THEN
      RETURN false;
    END IF;
    DELETE FROM holdfast.forget_allowed f WHERE f.job_id = job AND NOT f.always;
  END IF;
  UPDATE public.snapshots s
  SET forgetting_since = clock_timestamp()
  WHERE s.repository_id = repository AND s.job_id = job AND s.told AND s.id = ANY (ids);
  RETURN true;
END
$$;

-- A policy has been applied, and these rules keep these snapshots.
CREATE FUNCTION holdfast.forget_judged(device varchar, repository varchar, job uuid, kept jsonb) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  UPDATE public.snapshots s
  SET kept_by = k.rules
  FROM jsonb_to_recordset(kept) AS k (id varchar, rules text[])
  WHERE s.repository_id = repository AND s.job_id = job AND s.id = k.id AND s.kept_by IS DISTINCT FROM k.rules;
  INSERT INTO holdfast.retention_applied AS a (repository_id, job_id, at)
  SELECT repository, j.id, clock_timestamp() FROM public.backup_jobs j WHERE j.id = job
  ON CONFLICT (job_id, repository_id) DO UPDATE SET at = excluded.at;
END
$$;
DROP FUNCTION holdfast.snapshots_forgotten(varchar, varchar, uuid, text[], jsonb);

-- As of V029, but what does not count is not waited for.
CREATE OR REPLACE FUNCTION holdfast.retention_work(device varchar, repository varchar, in_target varchar)
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
    FROM public.copy_targets t
           CROSS JOIN public.backup_jobs j
           JOIN public.retention_policies p
                ON p.name = coalesce(t.retention_policy, j.retention_policy,
                                     (SELECT d.name FROM public.retention_policies d WHERE d.is_default))
           LEFT JOIN holdfast.retention_applied a ON a.job_id = j.id AND a.repository_id = repository
    WHERE t.name = in_target
      AND NOT p.keep_all
      AND EXISTS (SELECT FROM public.snapshots s WHERE s.repository_id = repository AND s.job_id = j.id)
      AND (a.at IS NULL
           OR greatest(p.updated_at, j.updated_at, t.updated_at) > a.at - interval '10 minutes'
           OR a.at < now() - interval '7 days'
           OR EXISTS (SELECT FROM public.snapshots s
                      WHERE s.repository_id = repository AND s.job_id = j.id AND s.kept_by IS NULL
                        AND s.told AND s.vanished_at IS NULL AND s.time <= now() + interval '1 day'))
    ORDER BY a.at NULLS FIRST, j.id;
END
$$;

-- ---- Copies: of what counts in the source, as it has just been listed, and was not forgotten in the target.
DROP FUNCTION holdfast.copies_forgotten(varchar, varchar, text[]);
CREATE FUNCTION holdfast.copies_wanted(device varchar, source varchar, target varchar, ids text[]) RETURNS SETOF varchar
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  RETURN QUERY
    SELECT s.id
    FROM public.snapshots s
    WHERE s.repository_id = source AND s.id = ANY (ids) AND s.told AND s.time <= clock_timestamp() + interval '1 day'
      AND NOT EXISTS (SELECT FROM holdfast.forgotten_copies f
                      WHERE f.repository_id = target AND f.original_id = coalesce(s.original_id, s.id));
END
$$;

CREATE OR REPLACE VIEW snapshot_copies AS
SELECT coalesce(s.original_id, s.id)                                   AS snapshot_id,
       min(s.time)                                                     AS time,
       (array_agg(s.job_id))[1]                                        AS job_id,
       (SELECT j.name FROM backup_jobs j WHERE j.id = (array_agg(s.job_id))[1]) AS job_name,
       min(s.device_id)                                                AS device_id,
       count(DISTINCT s.repository_id)                                 AS copies,
       array_agg(DISTINCT coalesce(t.name, left(s.repository_id, 8)))  AS repositories,
       bool_and(s.told)                                                AS told
FROM snapshots s
       LEFT JOIN copy_targets t ON t.repository_id = s.repository_id
WHERE s.vanished_at IS NULL
GROUP BY coalesce(s.original_id, s.id);

CREATE OR REPLACE VIEW jobs_without_copy AS
SELECT j.device_id,
       j.id                                               AS job_id,
       j.name                                             AS job_name,
       t.name                                             AS target,
       n.newest_at,
       c.newest_at                                        AS newest_copy_at,
       (SELECT min(s.time) FROM snapshots s
        WHERE s.job_id = j.id AND s.told AND s.vanished_at IS NULL AND s.time > coalesce(c.newest_at, '-infinity')) AS since
FROM backup_jobs j
       JOIN copy_targets t ON t.enabled AND holdfast.copies_to(j.copy_to, t.name, t.every_job)
       CROSS JOIN LATERAL (SELECT max(s.time) AS newest_at FROM snapshots s
                           WHERE s.job_id = j.id AND s.told AND s.vanished_at IS NULL AND s.time <= now() + interval '1 day') n
       CROSS JOIN LATERAL (SELECT max(s.time) AS newest_at FROM snapshots s
                           WHERE s.job_id = j.id AND s.told AND s.vanished_at IS NULL AND s.time <= now() + interval '1 day'
                             AND s.repository_id = t.repository_id) c
WHERE n.newest_at > coalesce(c.newest_at, '-infinity');

-- ---- What a machine may believe: of its own jobs, of those of its own that are gone, of one whose files it is asked to restore;
-- a login that may see all devices, and a housekeeper, of any.
CREATE FUNCTION holdfast.told_of(device varchar, jobs uuid[])
  RETURNS TABLE (job_id uuid, snapshot_id varchar, device_id varchar, run_uuid uuid)
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  any_job CONSTANT boolean := pg_has_role(session_user, 'backup_shared_client', 'USAGE')
    OR EXISTS (SELECT FROM public.devices d WHERE d.id = device AND d.housekeeper AND d.enabled);
  visible uuid[];
BEGIN
  PERFORM holdfast.require_own(device);
  SELECT array_agg(j.id)
  INTO visible
  FROM public.backup_jobs j
  WHERE j.id = ANY (jobs)
    AND (any_job
         OR j.device_id = device
         OR EXISTS (SELECT FROM public.requests q
                    WHERE q.device_id = device AND q.job_id = j.id AND q.kind = 'restore'
                      AND q.status IN ('pending', 'claimed')));
  RETURN QUERY
    SELECT t.job_id, t.snapshot_id, t.device_id, t.run_uuid
    FROM holdfast.told_snapshots t
    WHERE t.job_id = ANY (jobs) AND (t.job_id = ANY (visible) OR t.device_id = device)
    UNION
    -- Copies have ids of their own, and a machine may have been sent to them.
    SELECT s.job_id, s.id, s.device_id, s.run_uuid
    FROM public.snapshots s
    WHERE s.job_id = ANY (jobs) AND s.told AND (s.job_id = ANY (visible) OR s.device_id = device);
END
$$;

-- ---- What an admin says.

CREATE FUNCTION holdfast.believe_snapshots(ids text[]) RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  changed integer;
BEGIN
  INSERT INTO holdfast.told_snapshots AS t (snapshot_id, device_id, job_id, run_uuid, believed_by)
  SELECT DISTINCT ON (x.id, x.device_id) x.id, x.device_id, x.job_id, x.run_uuid, session_user
  FROM (SELECT s.id, s.device_id, s.job_id, s.run_uuid
        FROM public.snapshots s
        WHERE s.id = ANY (ids)
        UNION ALL
        SELECT r.snapshot_id, r.device_id, r.job_id, r.run_uuid
        FROM public.runs r
        WHERE r.snapshot_id = ANY (ids)) x
  WHERE x.device_id IS NOT NULL AND x.job_id IS NOT NULL
  ORDER BY x.id, x.device_id
  ON CONFLICT (snapshot_id, device_id) DO UPDATE SET job_id = excluded.job_id, believed_by = excluded.believed_by
  WHERE t.job_id IS DISTINCT FROM excluded.job_id;
  GET DIAGNOSTICS changed = ROW_COUNT;
  UPDATE public.snapshots s
  SET told = true
  WHERE s.id = ANY (ids) AND NOT s.told AND holdfast.is_told(s.repository_id, s.id, s.original_id, s.device_id, s.job_id);
  PERFORM holdfast.tell_of_snapshots(p.device_id, r.repository_id)
  FROM (SELECT DISTINCT s.repository_id FROM public.snapshots s WHERE s.id = ANY (ids)) r
         JOIN public.problems p ON p.source = 'repository' AND p.code = 'snapshots-untold'
                                AND p.subject = holdfast.snapshots_subject(r.repository_id);
  RETURN changed;
END
$$;
COMMENT ON FUNCTION holdfast.believe_snapshots(text[]) IS
  'From now on these snapshots count as if runs had told of them; returns how many are believed that were not';

CREATE FUNCTION holdfast.acknowledge_vanished(repository varchar DEFAULT NULL) RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  seen integer;
BEGIN
  UPDATE public.snapshots s
  SET vanished_seen_by = session_user
  WHERE s.vanished_at IS NOT NULL AND s.vanished_seen_by IS NULL
    AND s.repository_id = coalesce(acknowledge_vanished.repository, s.repository_id);
  GET DIAGNOSTICS seen = ROW_COUNT;
  DELETE FROM public.problems p
  WHERE p.source = 'repository' AND p.code = 'snapshots-vanished'
    AND (acknowledge_vanished.repository IS NULL OR p.subject = holdfast.snapshots_subject(acknowledge_vanished.repository));
  RETURN seen;
END
$$;
COMMENT ON FUNCTION holdfast.acknowledge_vanished(varchar) IS
  'An admin knows of the snapshots that have vanished, from this repository or from all; returns how many. Their rows stay for 90 days';

-- ---- Rights.

REVOKE EXECUTE ON FUNCTION holdfast.catalogue_put(varchar, varchar, timestamptz, jsonb),
  holdfast.is_told(varchar, varchar, varchar, varchar, uuid), holdfast.snapshots_subject(varchar),
  holdfast.tell_of_snapshots(varchar, varchar), holdfast.run_made_snapshot(),
  holdfast.catalogue_end(varchar, varchar, timestamptz),
  holdfast.forget_candidates(varchar, varchar, uuid), holdfast.forget_begins(varchar, varchar, uuid, text[]),
  holdfast.forget_judged(varchar, varchar, uuid, jsonb), holdfast.copies_wanted(varchar, varchar, varchar, text[]),
  holdfast.told_of(varchar, uuid[]), holdfast.allow_forget(uuid, boolean), holdfast.believe_snapshots(text[]),
  holdfast.acknowledge_vanished(varchar) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.catalogue_put(varchar, varchar, timestamptz, jsonb),
  holdfast.catalogue_end(varchar, varchar, timestamptz),
  holdfast.forget_candidates(varchar, varchar, uuid), holdfast.forget_begins(varchar, varchar, uuid, text[]),
  holdfast.forget_judged(varchar, varchar, uuid, jsonb), holdfast.copies_wanted(varchar, varchar, varchar, text[]),
  holdfast.told_of(varchar, uuid[]) TO backup_client;
GRANT EXECUTE ON FUNCTION holdfast.allow_forget(uuid, boolean), holdfast.believe_snapshots(text[]),
  holdfast.acknowledge_vanished(varchar) TO backup_admin;

-- Agents before this forget by tags, and tell of it by a function that is gone.
UPDATE control_plane_version SET schema_version = 39, oldest_agent_schema = 39;
