-- Further repositories that hold copies of snapshots, and where each snapshot is.

CREATE TABLE copy_targets (
  id                     serial PRIMARY KEY,
  name                   varchar(48) NOT NULL UNIQUE,
  description            text,
  repository_url         text        NOT NULL,
  repository_password    text        NOT NULL,
  repository_environment text,
  every_job              boolean     NOT NULL DEFAULT false,
  auto_init              boolean     NOT NULL DEFAULT false,
  retention_policy       varchar(64) REFERENCES retention_policies (name) ON UPDATE CASCADE,
  enabled                boolean     NOT NULL DEFAULT true,
  repository_id          varchar(64),
  created_at             timestamptz NOT NULL DEFAULT now(),
  updated_at             timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE copy_targets IS 'Further repositories into which housekeepers copy snapshots; housekeeping of kind copy says when';
COMMENT ON COLUMN copy_targets.repository_url IS
  'As restic has it; may be a secret, or stand for one like the setting of the same name: file:, env:, enc:. The other two alike';
COMMENT ON COLUMN copy_targets.every_job IS 'Whether jobs whose copy_to is NULL are copied here';
COMMENT ON COLUMN copy_targets.auto_init IS 'Whether a housekeeper may make a repository there if there is none';
COMMENT ON COLUMN copy_targets.retention_policy IS 'Which copies stay here; NULL: by the policy of each job';
COMMENT ON COLUMN copy_targets.repository_id IS 'restic''s own id, as a housekeeper found it';

ALTER TABLE backup_jobs
  ADD COLUMN copy_to text[];
COMMENT ON COLUMN backup_jobs.copy_to IS
  'Names of the copy targets that its snapshots are copied to; ''{}'': none; NULL: all that have every_job';

CREATE FUNCTION holdfast.copies_to(copy_to text[], target text, every_job boolean) RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog
AS $$
  SELECT CASE WHEN copy_to IS NULL THEN every_job ELSE target = ANY (copy_to) END
$$;

-- ---- What cannot be meant. No sentence repeats a value that may be a secret.
CREATE FUNCTION holdfast.copy_target_check() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  secret  text;
  written text;
BEGIN
  IF NEW.name !~ '^[A-Za-z0-9][A-Za-z0-9._-]*$' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('copy target refused: the name "%s" is not allowed', NEW.name),
      HINT = 'Use letters, digits, ''.'', ''_'' and ''-'', 48 at most, the first a letter or digit.';
  END IF;
  FOREACH secret IN ARRAY ARRAY ['repository_url', 'repository_password', 'repository_environment'] LOOP
    written := to_jsonb(NEW) ->> secret;
    IF secret <> 'repository_environment' AND btrim(written) = '' THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = format('copy target refused: %s is empty', secret),
        HINT = 'Write it, or what it stands for: file:NAME, env:HOLDFAST_SECRET_NAME, enc:v1:...';
    END IF;
    IF written LIKE 'file:%' AND written !~ '^file:[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'
       OR written LIKE 'env:%' AND written !~ '^env:HOLDFAST_SECRET_[A-Z0-9_]{1,64}$'
       OR written LIKE 'enc:%' AND written !~ '^enc:v1:[a-z0-9]{8}:[A-Za-z0-9_-]{38,}$' THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = format('copy target refused: %s refers to a secret in a way that is not allowed', secret),
        HINT = 'Write file:NAME without a directory, env:HOLDFAST_SECRET_NAME, or what holdfast secret encrypt printed.';
    END IF;
  END LOOP;
  IF NEW.repository_password ~ '^\s|\s$' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'copy target refused: repository_password begins or ends with white space, which restic cuts off',
      HINT = 'Write it without.';
  END IF;
  IF NEW.repository_environment !~ '^(file|env|enc):' THEN
    BEGIN
      IF jsonb_typeof(NEW.repository_environment::jsonb) <> 'object'
         OR EXISTS (SELECT FROM jsonb_each(NEW.repository_environment::jsonb) e WHERE jsonb_typeof(e.value) <> 'string') THEN
        RAISE invalid_text_representation;
      END IF;
    EXCEPTION
      WHEN invalid_text_representation OR data_exception THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation',
          MESSAGE = 'copy target refused: repository_environment is no JSON object of strings',
          HINT = 'Write {"AWS_ACCESS_KEY_ID": "..."}.';
    END;
  END IF;
  IF EXISTS (SELECT FROM public.copy_targets t WHERE t.repository_url = NEW.repository_url AND t.id <> NEW.id) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'copy target refused: another one has the same repository_url',
      HINT = 'SELECT id, name FROM copy_targets lists them.';
  END IF;
  IF EXISTS (SELECT FROM public.settings s
             WHERE s.key = 'repository_url' AND s.value = NEW.repository_url AND s.value !~ '^(file|env|enc):') THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'copy target refused: its repository_url is one that devices back up into',
      HINT = 'A second copy belongs to another place.';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER copy_targets_check
  BEFORE INSERT OR UPDATE OF name, repository_url, repository_password, repository_environment ON copy_targets
  FOR EACH ROW
EXECUTE FUNCTION holdfast.copy_target_check();

CREATE TRIGGER copy_targets_retention_check
  BEFORE INSERT OR UPDATE OF retention_policy ON copy_targets
  FOR EACH ROW
  WHEN (NEW.retention_policy IS NOT NULL)
EXECUTE FUNCTION holdfast.retention_policy_known('copy target');

CREATE FUNCTION holdfast.job_copy_check() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  names   text[];
  unknown text;
BEGIN
  SELECT coalesce(array_agg(name ORDER BY name), '{}') INTO names FROM public.copy_targets;
  SELECT coalesce(c, 'NULL') INTO unknown FROM unnest(NEW.copy_to) c WHERE c IS NULL OR c <> ALL (names) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('job refused: copy_to names "%s", and there is no such copy target', unknown),
      HINT = coalesce(format('Did you mean "%s"?', holdfast.nearest(unknown, names)),
                      'SELECT name FROM copy_targets_public lists those that there are.');
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER backup_jobs_copy_check
  BEFORE INSERT OR UPDATE OF copy_to ON backup_jobs
  FOR EACH ROW
  WHEN (NEW.copy_to IS NOT NULL)
EXECUTE FUNCTION holdfast.job_copy_check();

-- Jobs follow when a target is renamed or goes; all of them, however many.
CREATE FUNCTION holdfast.copy_target_renamed() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  before CONSTANT text := coalesce(current_setting('holdfast.allow_bulk', true), '');
BEGIN
  PERFORM set_config('holdfast.allow_bulk', 'on', true);
  UPDATE public.backup_jobs j
  SET copy_to = CASE
                  WHEN TG_OP = 'DELETE' THEN array_remove(j.copy_to, OLD.name::text)
                  ELSE array_replace(j.copy_to, OLD.name::text, NEW.name::text)
                END
  WHERE OLD.name = ANY (j.copy_to);
  PERFORM set_config('holdfast.allow_bulk', before, true);
  RETURN NULL;
END
$$;

CREATE TRIGGER copy_targets_gone
  AFTER DELETE ON copy_targets
  FOR EACH ROW
EXECUTE FUNCTION holdfast.copy_target_renamed();

CREATE TRIGGER copy_targets_renamed
  AFTER UPDATE OF name ON copy_targets
  FOR EACH ROW
  WHEN (OLD.name <> NEW.name)
EXECUTE FUNCTION holdfast.copy_target_renamed();

-- Another place is another repository, until a housekeeper has looked.
CREATE FUNCTION holdfast.copy_target_moved() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  NEW.repository_id := NULL;
  RETURN NEW;
END
$$;

CREATE TRIGGER copy_targets_moved
  BEFORE UPDATE OF repository_url ON copy_targets
  FOR EACH ROW
  WHEN (OLD.repository_url <> NEW.repository_url)
EXECUTE FUNCTION holdfast.copy_target_moved();

CREATE TRIGGER copy_targets_touch
  BEFORE UPDATE ON copy_targets
  FOR EACH ROW
  WHEN (OLD.repository_id IS NOT DISTINCT FROM NEW.repository_id)
EXECUTE FUNCTION holdfast.touch();

-- ---- For eyes that must not see a secret, those of the audit log among them.
CREATE FUNCTION holdfast.masked_copy_target(target jsonb) RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog
AS $$
  SELECT target || jsonb_build_object(
    'repository_url', regexp_replace(target ->> 'repository_url', '(://[^/@:]*:).+@', '\1********@'),
    'repository_password', '********',
    'repository_environment', CASE WHEN target ->> 'repository_environment' <> '' THEN '********' END)
$$;

CREATE FUNCTION holdfast.audit_copy_target() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  left_out CONSTANT text[] := ARRAY ['created_at', 'updated_at', 'repository_id'];
  old_row  jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - left_out END;
  new_row  jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - left_out END;
  changed  text[];
BEGIN
  SELECT array_agg(key) INTO changed
  FROM jsonb_object_keys(coalesce(old_row, new_row)) AS key
  WHERE (old_row -> key) IS DISTINCT FROM (new_row -> key) OR key = 'name';
  IF old_row = new_row THEN
    RETURN NULL;
  END IF;
  -- A mask hides what a secret was, and not that it was changed.
  INSERT INTO public.audit_log (application, table_name, operation, row_id, before, after)
  SELECT current_setting('application_name', true), TG_TABLE_NAME, TG_OP, coalesce(new_row, old_row) ->> 'id',
         (SELECT jsonb_object_agg(key, value) FROM jsonb_each(holdfast.masked_copy_target(old_row)) WHERE key = ANY (changed)),
         (SELECT jsonb_object_agg(key, value) FROM jsonb_each(holdfast.masked_copy_target(new_row)) WHERE key = ANY (changed));
  RETURN NULL;
END
$$;

CREATE TRIGGER copy_targets_audit
  AFTER INSERT OR UPDATE OR DELETE ON copy_targets
  FOR EACH ROW
EXECUTE FUNCTION holdfast.audit_copy_target();

CREATE VIEW copy_targets_public AS
SELECT t.id, t.name, t.description,
       holdfast.masked_copy_target(to_jsonb(t)) ->> 'repository_url' AS repository_url,
       t.every_job, t.auto_init, t.retention_policy, t.enabled, t.repository_id, t.updated_at
FROM copy_targets t;
COMMENT ON VIEW copy_targets_public IS 'The copy targets without their secrets';

GRANT SELECT, INSERT, UPDATE, DELETE ON copy_targets TO backup_admin;
GRANT USAGE, SELECT ON SEQUENCE copy_targets_id_seq TO backup_admin;
GRANT SELECT ON copy_targets_public TO backup_admin, backup_viewer;

-- ---- Housekeeping in a target.
ALTER TABLE housekeeping
  ADD COLUMN target varchar(48) REFERENCES copy_targets (name) ON UPDATE CASCADE ON DELETE CASCADE;
COMMENT ON COLUMN housekeeping.target IS 'The copy target that it is done in; NULL: the repository that devices back up into';

CREATE FUNCTION holdfast.housekeeping_target_check() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  names text[];
BEGIN
  SELECT coalesce(array_agg(name ORDER BY name), '{}') INTO names FROM public.copy_targets;
  IF NEW.kind = 'copy' AND NEW.target IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'housekeeping refused: kind is copy, and there is no target',
      HINT = coalesce('Name one of ' || nullif(array_to_string(names, ', '), '') || '.', 'Insert one into copy_targets first.');
  END IF;
  -- NULL is unlike all of none.
  IF NEW.target IS NOT NULL AND NEW.target <> ALL (names) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('housekeeping refused: there is no copy target "%s"', NEW.target),
      HINT = coalesce(format('Did you mean "%s"?', holdfast.nearest(NEW.target, names)),
                      'SELECT name FROM copy_targets_public lists those that there are.');
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER housekeeping_target_check
  BEFORE INSERT OR UPDATE OF kind, target ON housekeeping
  FOR EACH ROW
EXECUTE FUNCTION holdfast.housekeeping_target_check();

-- What a housekeeper has to look after: the schedules that are for it, and when each last began, in this repository or in
-- a target, whose rows tell by themselves which repository it was.
CREATE FUNCTION holdfast.housekeeping_of(device varchar, repository varchar, in_target varchar)
  RETURNS TABLE (id integer, kind varchar, schedule_type varchar, cron_expression varchar, interval_seconds integer,
                 timezone varchar, parts integer, since timestamptz, last_start timestamptz, last_end timestamptz,
                 last_status varchar, last_code varchar, last_part integer)
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  RETURN QUERY
    SELECT h.id, h.kind, h.schedule_type, h.cron_expression, h.interval_seconds, h.timezone, h.parts, h.updated_at,
           l.start_time, l.end_time, l.status, l.code,
           (SELECT (r.statistics ->> 'part')::integer
            FROM public.housekeeping_runs r
            WHERE r.housekeeping_id = h.id AND (in_target IS NOT NULL OR r.repository_id = repository) AND r.status = 'success'
            ORDER BY r.start_time DESC
            LIMIT 1)
    FROM public.housekeeping h
           LEFT JOIN LATERAL (
             SELECT r.start_time, r.end_time, r.status,
                    -- Twice is no accident: what kills its machine, at once again and again, would keep all backups out.
                    CASE
                      WHEN r.code = 'no-sign' AND lead(r.code) OVER (ORDER BY r.start_time DESC) = 'no-sign' THEN 'no-sign-again'
                      ELSE r.code
                    END AS code
             FROM public.housekeeping_runs r
             WHERE r.housekeeping_id = h.id AND (in_target IS NOT NULL OR r.repository_id = repository)
             ORDER BY r.start_time DESC
             LIMIT 1) l ON true
    WHERE h.enabled AND coalesce(h.device_id, device) = device AND h.target IS NOT DISTINCT FROM in_target
    ORDER BY h.id;
END
$$;

-- Without targets.
CREATE FUNCTION holdfast.housekeeping_of(device varchar, repository varchar)
  RETURNS TABLE (id integer, kind varchar, schedule_type varchar, cron_expression varchar, interval_seconds integer,
                 timezone varchar, parts integer, since timestamptz, last_start timestamptz, last_end timestamptz,
                 last_status varchar, last_code varchar, last_part integer)
  LANGUAGE sql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT * FROM holdfast.housekeeping_of(device, repository, NULL)
$$;

CREATE FUNCTION holdfast.copy_targets_of(device varchar) RETURNS SETOF copy_targets
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  RETURN QUERY SELECT * FROM public.copy_targets t WHERE t.enabled ORDER BY t.name;
END
$$;

CREATE FUNCTION holdfast.copy_target_found(device varchar, target varchar, repository varchar) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  UPDATE public.copy_targets t SET repository_id = repository
  WHERE t.name = target AND t.repository_id IS DISTINCT FROM repository;
END
$$;

-- The jobs whose snapshots belong into the target.
CREATE FUNCTION holdfast.copy_jobs(device varchar, in_target varchar) RETURNS SETOF uuid
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  RETURN QUERY
    SELECT j.id
    FROM public.backup_jobs j, public.copy_targets t
    WHERE t.name = in_target AND t.enabled AND holdfast.copies_to(j.copy_to, t.name, t.every_job);
END
$$;

-- What a target has forgotten by its own policy is not copied there again, though the source still has it.
CREATE TABLE holdfast.forgotten_copies (
  repository_id varchar(64) NOT NULL,
  original_id   varchar(64) NOT NULL,
  PRIMARY KEY (repository_id, original_id)
);
GRANT SELECT ON holdfast.forgotten_copies TO backup_admin;

CREATE FUNCTION holdfast.copies_forgotten(device varchar, repository varchar, originals text[]) RETURNS SETOF varchar
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  RETURN QUERY
    SELECT f.original_id FROM holdfast.forgotten_copies f
    WHERE f.repository_id = repository AND f.original_id = ANY (originals);
END
$$;

-- What forget has just done for one job.
CREATE FUNCTION holdfast.snapshots_forgotten(device varchar, repository varchar, job uuid, removed text[], kept jsonb)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  INSERT INTO holdfast.forgotten_copies (repository_id, original_id)
  SELECT s.repository_id, coalesce(s.original_id, s.id)
  FROM public.snapshots s
  WHERE s.repository_id = repository AND s.id = ANY (removed)
    AND EXISTS (SELECT FROM public.copy_targets t WHERE t.repository_id = repository)
  ON CONFLICT DO NOTHING;
  DELETE FROM public.snapshots WHERE repository_id = repository AND id = ANY (removed);
  UPDATE public.snapshots s
  SET kept_by = k.rules, seen_at = clock_timestamp()
  FROM jsonb_to_recordset(kept) AS k (id varchar, rules text[])
  WHERE s.repository_id = repository AND s.id = k.id;
  INSERT INTO holdfast.retention_applied AS a (repository_id, job_id, at)
  SELECT repository, j.id, clock_timestamp() FROM public.backup_jobs j WHERE j.id = job
  ON CONFLICT (job_id, repository_id) DO UPDATE SET at = excluded.at;
END
$$;

-- In a target: by its own policy if it has one, and of each job of which there is a copy that was not judged yet.
CREATE FUNCTION holdfast.retention_work(device varchar, repository varchar, in_target varchar)
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
                      WHERE s.repository_id = repository AND s.job_id = j.id AND s.kept_by IS NULL))
    ORDER BY a.at NULLS FIRST, j.id;
END
$$;

REVOKE EXECUTE ON FUNCTION holdfast.housekeeping_of(varchar, varchar), holdfast.housekeeping_of(varchar, varchar, varchar),
  holdfast.copy_targets_of(varchar),
  holdfast.copy_target_found(varchar, varchar, varchar), holdfast.copy_jobs(varchar, varchar),
  holdfast.copies_forgotten(varchar, varchar, text[]), holdfast.snapshots_forgotten(varchar, varchar, uuid, text[], jsonb),
  holdfast.retention_work(varchar, varchar, varchar) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.housekeeping_of(varchar, varchar), holdfast.housekeeping_of(varchar, varchar, varchar),
  holdfast.copy_targets_of(varchar),
  holdfast.copy_target_found(varchar, varchar, varchar), holdfast.copy_jobs(varchar, varchar),
  holdfast.copies_forgotten(varchar, varchar, text[]), holdfast.snapshots_forgotten(varchar, varchar, uuid, text[], jsonb),
  holdfast.retention_work(varchar, varchar, varchar) TO backup_client;

-- ---- 3-2-1, seen.
CREATE VIEW snapshot_copies AS
SELECT coalesce(s.original_id, s.id)                                   AS snapshot_id,
       min(s.time)                                                     AS time,
       (array_agg(s.job_id))[1]                                        AS job_id,
       (SELECT j.name FROM backup_jobs j WHERE j.id = (array_agg(s.job_id))[1]) AS job_name,
       min(s.device_id)                                                AS device_id,
       count(DISTINCT s.repository_id)                                 AS copies,
       array_agg(DISTINCT coalesce(t.name, left(s.repository_id, 8)))  AS repositories
FROM snapshots s
       LEFT JOIN copy_targets t ON t.repository_id = s.repository_id
GROUP BY coalesce(s.original_id, s.id);

COMMENT ON VIEW snapshot_copies IS 'In which repositories each snapshot is: targets by name, others by the beginning of restic''s id';

CREATE VIEW jobs_without_copy AS
SELECT j.device_id,
       j.id                                               AS job_id,
       j.name                                             AS job_name,
       t.name                                             AS target,
       n.newest_at,
       c.newest_at                                        AS newest_copy_at,
       (SELECT min(s.time) FROM snapshots s
        WHERE s.job_id = j.id AND s.time > coalesce(c.newest_at, '-infinity')) AS since
FROM backup_jobs j
       JOIN copy_targets t ON t.enabled AND holdfast.copies_to(j.copy_to, t.name, t.every_job)
       CROSS JOIN LATERAL (SELECT max(s.time) AS newest_at FROM snapshots s WHERE s.job_id = j.id) n
       CROSS JOIN LATERAL (SELECT max(s.time) AS newest_at FROM snapshots s
                           WHERE s.job_id = j.id AND s.repository_id = t.repository_id) c
WHERE n.newest_at > coalesce(c.newest_at, '-infinity');

COMMENT ON VIEW jobs_without_copy IS 'Whose newest snapshot is not in a target where it belongs; since: the oldest of those that are missing';
GRANT SELECT ON snapshot_copies, jobs_without_copy TO backup_admin, backup_viewer;

-- Its problems go with it.
CREATE FUNCTION holdfast.copy_target_problems_go() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM public.problems p
  WHERE p.source = 'repository' AND starts_with(p.subject, format('copy target %s, ', OLD.name));
  RETURN NULL;
END
$$;

CREATE TRIGGER copy_targets_problems
  AFTER DELETE OR UPDATE OF name, enabled ON copy_targets
  FOR EACH ROW
EXECUTE FUNCTION holdfast.copy_target_problems_go();

-- In a target whichever repository it was: one that was made anew has another id.
CREATE VIEW housekeeping_overdue WITH (security_invoker = true) AS
SELECT h.id,
       h.kind,
       h.device_id,
       r.repository_id,
       r.last_success_at,
       now() - coalesce(r.last_success_at, h.created_at) AS age,
       (SELECT count(*) FROM devices d WHERE d.housekeeper AND d.enabled) AS housekeepers,
       h.target
FROM housekeeping h
       LEFT JOIN LATERAL (
         SELECT (CASE WHEN h.target IS NULL THEN x.repository_id END)::varchar(64) AS repository_id,
                max(x.end_time) FILTER (WHERE x.status = 'success') AS last_success_at
         FROM housekeeping_runs x
         WHERE x.housekeeping_id = h.id
         GROUP BY 1) r ON true
WHERE h.enabled
  AND coalesce(r.last_success_at, h.created_at)
        < now() - make_interval(secs => 1.5 * coalesce(h.interval_seconds, holdfast.cron_seconds(h.cron_expression)));

COMMENT ON VIEW housekeeping_overdue IS
  'What no housekeeper has come to do for one and a half times what its schedule promises';
GRANT SELECT ON housekeeping_overdue TO backup_admin, backup_viewer;

UPDATE control_plane_version SET schema_version = 29;
