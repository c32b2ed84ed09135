-- A backup is worth what its restore is worth: restore tests by schedule, and what came of them.

ALTER TABLE backup_jobs
  ADD COLUMN verify_schedule        varchar(255),
  ADD COLUMN verify_files           integer NOT NULL DEFAULT 20,
  ADD COLUMN verify_bytes           bigint  NOT NULL DEFAULT 1073741824,
  ADD COLUMN verify_max_age_seconds integer,
  ADD CONSTRAINT backup_jobs_verify_files_range CHECK (verify_files BETWEEN 1 AND 1000),
  ADD CONSTRAINT backup_jobs_verify_bytes_range CHECK (verify_bytes BETWEEN 1 AND 1099511627776),
  ADD CONSTRAINT backup_jobs_verify_max_age_range CHECK (verify_max_age_seconds BETWEEN 60 AND 31622400);

COMMENT ON COLUMN backup_jobs.verify_schedule IS
  'When the machine restores a sample of the newest snapshot and compares it: a cron expression, by the device''s own zone; NULL: never';
COMMENT ON COLUMN backup_jobs.verify_files IS 'Files in a sample: half by chance, half by size';
COMMENT ON COLUMN backup_jobs.verify_bytes IS 'A sample takes no more room than this';
COMMENT ON COLUMN backup_jobs.verify_max_age_seconds IS
  'The newest good proof may be so old; NULL: one and a half times what verify_schedule promises';

CREATE FUNCTION holdfast.verify_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  problem CONSTANT text := holdfast.cron_problem(NEW.verify_schedule);
BEGIN
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'job refused: verify_schedule: ' || problem,
      HINT = 'Write five fields, minute hour day-of-month month day-of-week, such as ''0 4 * * sun''.';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER backup_jobs_verify_check
  BEFORE INSERT OR UPDATE OF verify_schedule ON backup_jobs
  FOR EACH ROW
  WHEN (NEW.verify_schedule IS NOT NULL)
EXECUTE FUNCTION holdfast.verify_check();

CREATE TABLE verifications (
  id             uuid PRIMARY KEY,
  job_id         uuid REFERENCES backup_jobs (id) ON DELETE SET NULL,
  job_name       varchar(255) NOT NULL,
  device_id      varchar(255) NOT NULL REFERENCES devices (id),
  snapshot_id    varchar(64),
  triggered_by   varchar(20)  NOT NULL,
  start_time     timestamptz  NOT NULL,
  end_time       timestamptz  NOT NULL,
  outcome        varchar(20)  NOT NULL,
  code           varchar(64)  NOT NULL,
  message        text,
  files          integer      NOT NULL DEFAULT 0,
  bytes          bigint       NOT NULL DEFAULT 0,
  with_source    integer      NOT NULL DEFAULT 0,
  failures       text[]       NOT NULL DEFAULT '{}',
  CONSTRAINT verifications_outcome_known CHECK (outcome IN ('success', 'failed', 'cancelled')),
  CONSTRAINT verifications_text_bounded CHECK (octet_length(message) <= 8192 AND cardinality(failures) <= 100)
);

CREATE INDEX verifications_job ON verifications (job_id, outcome, end_time DESC);
CREATE INDEX verifications_device ON verifications (device_id, end_time DESC);

COMMENT ON TABLE verifications IS 'Proofs that what was backed up can be restored: a sample each';
COMMENT ON COLUMN verifications.files IS 'How many files were restored and agree with what the repository says of them';
COMMENT ON COLUMN verifications.with_source IS 'How many of them were unchanged on the machine, and agree with that too';
COMMENT ON COLUMN verifications.failures IS 'The files that did not come back as they were';

ALTER TABLE snapshots
  ADD COLUMN verified_at timestamptz,
  ADD COLUMN verified    boolean;
COMMENT ON COLUMN snapshots.verified_at IS 'When a sample of it was last restored and compared';
COMMENT ON COLUMN snapshots.verified IS 'Whether that went well';

ALTER TABLE problems
  DROP CONSTRAINT problems_source_known,
  ADD CONSTRAINT problems_source_known CHECK (source IN ('config', 'run', 'repository', 'proof'));
COMMENT ON COLUMN problems.source IS
  'config: found in the rows or on the machine; run: left by the newest run of a job; repository: left by housekeeping; proof: by a restore test, or the want of one';

-- The snapshot carries its proof, and what did not come back is a problem until a later proof goes well.
CREATE FUNCTION holdfast.proof_came() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NEW.outcome = 'cancelled' OR NEW.job_id IS NULL THEN
    RETURN NULL;
  END IF;
  IF NEW.code IN ('ok', 'proof-failed') THEN
    UPDATE public.snapshots
    SET verified_at = NEW.end_time, verified = NEW.outcome = 'success'
    WHERE id = NEW.snapshot_id AND job_id = NEW.job_id;
  END IF;
  DELETE FROM public.problems p
  WHERE p.source = 'proof' AND p.job_id = NEW.job_id AND (NEW.outcome = 'success' OR p.code NOT IN (NEW.code, 'proof-failed', 'proof-overdue'));
  IF NEW.outcome = 'failed' THEN
    INSERT INTO public.problems AS p (device_id, source, subject, code, job_id, severity, message, remedy)
    VALUES (NEW.device_id, 'proof', 'job ' || NEW.job_name, NEW.code, NEW.job_id, 'error',
            format('job "%s": the restore test failed: %s', NEW.job_name, NEW.message),
            'The row in verifications names the files; docs/restore-tests.md says what to do.')
    ON CONFLICT (device_id, source, subject, code) DO UPDATE SET message = excluded.message, seen_at = excluded.seen_at;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER verifications_came
  AFTER INSERT ON verifications
  FOR EACH ROW
EXECUTE FUNCTION holdfast.proof_came();

-- A proof may come before its snapshot is listed: restic 0.14 tells a run only the beginning of the id.
CREATE FUNCTION holdfast.snapshot_had_proof() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE public.snapshots s
  SET verified_at = v.end_time, verified = v.outcome = 'success'
  FROM (SELECT x.end_time, x.outcome
        FROM public.verifications x
        WHERE x.job_id = NEW.job_id AND x.snapshot_id = NEW.id AND x.code IN ('ok', 'proof-failed')
        ORDER BY x.end_time DESC
        LIMIT 1) v
  WHERE s.repository_id = NEW.repository_id AND s.id = NEW.id;
  RETURN NULL;
END
$$;

CREATE TRIGGER snapshots_had_proof
  AFTER INSERT ON snapshots
  FOR EACH ROW
  WHEN (NEW.job_id IS NOT NULL)
EXECUTE FUNCTION holdfast.snapshot_had_proof();

CREATE VIEW unproven_jobs WITH (security_invoker = true) AS
SELECT j.device_id,
       j.id   AS job_id,
       j.name AS job_name,
       p.allowed_seconds,
       v.proven_at,
       now() - coalesce(v.proven_at, j.created_at) AS age
FROM backup_jobs j
       CROSS JOIN LATERAL (
         SELECT coalesce(j.verify_max_age_seconds, (1.5 * holdfast.cron_seconds(j.verify_schedule))::integer) AS allowed_seconds
         ) p
       LEFT JOIN LATERAL (
         SELECT max(x.end_time) AS proven_at FROM verifications x WHERE x.job_id = j.id AND x.outcome = 'success') v ON true
WHERE j.enabled
  AND p.allowed_seconds IS NOT NULL
  AND coalesce(v.proven_at, j.created_at) < now() - make_interval(secs => p.allowed_seconds);

COMMENT ON VIEW unproven_jobs IS 'Jobs whose newest good restore test is older than it may be';

-- Told as problems too, once an hour, whether their devices are alive or not.
CREATE FUNCTION holdfast.tell_of_proofs() RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM public.problems p
  WHERE p.source = 'proof' AND p.code = 'proof-overdue'
    AND NOT EXISTS (SELECT FROM public.unproven_jobs u WHERE u.job_id = p.job_id);
  INSERT INTO public.problems AS p (device_id, source, subject, code, job_id, severity, message, remedy)
  SELECT u.device_id, 'proof', 'job ' || u.job_name, 'proof-overdue', u.job_id, 'error',
         format('job "%s": no restore test has gone well for longer than %s s', u.job_name, u.allowed_seconds),
         'Run it on the machine: holdfast prove ' || u.job_name || '.'
  FROM public.unproven_jobs u
  ON CONFLICT (device_id, source, subject, code) DO UPDATE SET seen_at = excluded.seen_at;
END
$$;

REVOKE EXECUTE ON FUNCTION holdfast.tell_of_proofs() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.tell_of_proofs() TO backup_admin;

CREATE OR REPLACE FUNCTION holdfast.sweep() RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  last holdfast.last_sweep;
BEGIN
  SELECT * INTO last FROM holdfast.last_sweep;
  IF last.stale_at > clock_timestamp() - interval '1 minute' THEN
    RETURN;
  END IF;
  SELECT * INTO last FROM holdfast.last_sweep FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  PERFORM holdfast.sweep_stale();
  IF last.at < clock_timestamp() - interval '1 hour' THEN
    PERFORM holdfast.clean_up(10000);
    PERFORM holdfast.tell_of_proofs();
    PERFORM holdfast.sweep_repositories();
    UPDATE holdfast.last_sweep SET at = clock_timestamp();
  END IF;
  UPDATE holdfast.last_sweep SET stale_at = clock_timestamp();
END
$$;

ALTER TABLE verifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_admins ON verifications TO backup_admin USING (true) WITH CHECK (true);
CREATE POLICY of_viewers ON verifications FOR SELECT TO backup_viewer USING (true);
CREATE POLICY of_shared_login ON verifications TO backup_shared_client USING (true) WITH CHECK (true);
CREATE POLICY of_device ON verifications TO backup_client
  USING (device_id = (SELECT holdfast.me()))
  WITH CHECK (device_id = (SELECT holdfast.me())
              AND (job_id IS NULL OR EXISTS (SELECT FROM backup_jobs j WHERE j.id = job_id)));
DO $$
BEGIN
  IF (SELECT rolcanlogin FROM pg_roles WHERE rolname = 'backup_client') THEN
    CREATE POLICY of_seeds_login ON verifications TO backup_client
      USING ((SELECT session_user) = 'backup_client') WITH CHECK ((SELECT session_user) = 'backup_client');
  END IF;
END
$$;

GRANT SELECT, DELETE ON verifications TO backup_admin;
GRANT SELECT ON verifications TO backup_viewer;
GRANT SELECT, INSERT ON verifications TO backup_client;
GRANT SELECT ON unproven_jobs TO backup_admin, backup_viewer;

UPDATE control_plane_version SET schema_version = 31;
