-- A job of the kind control-plane backs up the control plane itself: its device dumps this database by what its own
-- configuration file says, and backs the dump up. And runs may be told of by the repository alone, after this database
-- was lost (holdfast rebuild).

ALTER TABLE backup_jobs
  ADD COLUMN kind varchar(20) NOT NULL DEFAULT 'files',
  -- What a job of the other kind says by leaving it out; for files the check below wants one at least.
  ALTER COLUMN source_paths SET DEFAULT '{}';

COMMENT ON COLUMN backup_jobs.kind IS
  'files: source_paths; control-plane: a dump of this database, made by the section control_plane_dump of the machine''s own configuration file';
COMMENT ON COLUMN backup_jobs.source_paths IS 'Directories/files to back up; empty for the kind control-plane';

-- As before, and what depends on the kind.
CREATE OR REPLACE FUNCTION holdfast.jobs_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  kinds CONSTANT text[] := ARRAY ['files', 'control-plane'];
  element text;
  problem text;
BEGIN
  IF btrim(NEW.name) = '' OR NEW.name <> btrim(NEW.name) OR NEW.name ~ '[[:cntrl:]]' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('job refused: its name is "%s"', NEW.name),
      HINT = 'Give it a name without blanks around it and without control characters.';
  END IF;
  IF NEW.kind IS NULL OR NEW.kind <> ALL (kinds) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('job refused: there is no kind "%s"', NEW.kind),
      HINT = CASE
          WHEN holdfast.nearest(NEW.kind, kinds) IS NULL THEN 'Write files, or control-plane for a dump of this database.'
          ELSE format('Did you mean "%s"?', holdfast.nearest(NEW.kind, kinds))
        END;
  END IF;
  IF NEW.kind = 'control-plane' THEN
    IF cardinality(NEW.source_paths) > 0 OR cardinality(NEW.exclude_patterns) > 0 THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = format('job refused: a job of the kind control-plane backs up a dump alone, and this one has %s',
          CASE WHEN cardinality(NEW.source_paths) > 0 THEN 'source_paths' ELSE 'exclude_patterns' END),
        HINT = 'Leave them out, and insert a second job for the files.';
    END IF;
  ELSIF cardinality(NEW.source_paths) = 0 OR array_ndims(NEW.source_paths) <> 1 THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'job refused: source_paths is empty, so there is nothing to back up',
      HINT = 'Write ARRAY[''/srv/data''].';
  END IF;
  FOREACH element IN ARRAY NEW.source_paths LOOP
    IF element IS NULL OR btrim(element) = '' THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = 'job refused: source_paths has an element that is empty or NULL',
        HINT = 'Leave it out, or write the path that is meant.';
    ELSIF element ~ '^[A-Za-z]:[^\\/]' THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = format('job refused: the backslashes of the source path "%s" were lost', element),
        HINT = 'Write ARRAY[''C:\Users\me''] instead of ''{C:\Users\me}'', which eats backslashes.';
    ELSIF element !~ '^(/|[A-Za-z]:[\\/]|\\\\)' THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = format('job refused: the source path "%s" is not absolute', element),
        HINT = 'Write it from the root on, such as /srv/data or C:\Users.';
    ELSIF element ~ '[[:cntrl:]]' OR element <> btrim(element) THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = format('job refused: the source path "%s" has blanks around it or control characters',
          element),
        HINT = 'Write the path as it is on the machine.';
    END IF;
  END LOOP;
  IF array_position(NEW.exclude_patterns, NULL) IS NOT NULL OR '' = ANY (NEW.exclude_patterns) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'job refused: exclude_patterns has an element that is empty or NULL',
      HINT = 'Leave it out.';
  END IF;
  IF EXISTS (SELECT FROM unnest(NEW.tags) t WHERE t IS NULL OR btrim(t) = '' OR t LIKE '%,%') THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'job refused: tags has an element that is empty, NULL, or has a comma, at which restic splits',
      HINT = 'Write two tags as two elements: ARRAY[''daily'', ''web''].';
  END IF;
  problem := holdfast.arguments_problem(NEW.restic_args);
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'job refused: ' || problem,
      HINT = 'Write a JSON array of strings, such as ''["--limit-upload", "5000"]''; the table restic_arguments lists them.';
  END IF;
  IF NEW.kind = 'control-plane'
     AND EXISTS (SELECT FROM jsonb_array_elements_text(NEW.restic_args) a WHERE a ~ '^--i?exclude') THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'job refused: restic_args of a job of the kind control-plane could leave the dump out',
      HINT = 'Leave out what begins with --exclude or --iexclude.';
  END IF;
  RETURN NEW;
END
$$;

DROP TRIGGER backup_jobs_check ON backup_jobs;
CREATE TRIGGER backup_jobs_check
  BEFORE INSERT OR UPDATE OF name, kind, source_paths, exclude_patterns, tags, restic_args ON backup_jobs
  FOR EACH ROW
EXECUTE FUNCTION holdfast.jobs_check();

ALTER TABLE runs
  DROP CONSTRAINT runs_triggered_by_known,
  ADD CONSTRAINT runs_triggered_by_known CHECK (
    triggered_by IN ('schedule', 'manual', 'missed', 'retry', 'request', 'rebuilt')
  );
COMMENT ON COLUMN runs.triggered_by IS
  'How the backup was initiated; rebuilt: the row was made from its snapshot, after the control plane was lost';

-- A dump by an admin is whole, whatever was added since.
GRANT SELECT ON ALL TABLES IN SCHEMA holdfast TO backup_admin;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO backup_admin;

UPDATE control_plane_version SET schema_version = 28;
