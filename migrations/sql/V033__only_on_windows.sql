-- What only restic on Windows knows is refused for a device that runs something else: --use-fs-snapshot reads from a
-- volume shadow copy (VSS), --exclude-cloud-files leaves out what is only in the cloud. A device that was never seen
-- may become a Windows machine yet: its platform is only what somebody wrote, and its agent looks again.

ALTER TABLE restic_arguments ADD COLUMN platform varchar(50);
COMMENT ON COLUMN restic_arguments.platform IS 'The only platform whose restic knows it; NULL: all do';
UPDATE restic_arguments
SET platform = 'windows'
WHERE argument IN ('--use-fs-snapshot', '--exclude-cloud-files');

CREATE FUNCTION holdfast.jobs_platform_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  wrong public.restic_arguments;
  runs  varchar;
BEGIN
  SELECT d.platform INTO runs FROM public.devices d WHERE d.id = NEW.device_id AND d.last_seen IS NOT NULL;
  IF runs IS NULL OR jsonb_typeof(NEW.restic_args) IS DISTINCT FROM 'array' THEN
    RETURN NEW;
  END IF;
  SELECT a.* INTO wrong
  FROM public.restic_arguments a
    JOIN jsonb_array_elements_text(NEW.restic_args) WITH ORDINALITY AS given (argument, place)
      ON given.argument = a.argument
  WHERE a.platform <> runs
  ORDER BY given.place
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('job refused: restic_args has "%s", which only restic on %s knows, and the device "%s" runs %s',
        wrong.argument, initcap(wrong.platform), NEW.device_id, runs),
      HINT = 'Leave it out.';
  END IF;
  RETURN NEW;
END
$$;

-- Its name comes after that of backup_jobs_check, and so its turn: what is no array of arguments is told there.
CREATE TRIGGER backup_jobs_check_platform
  BEFORE INSERT OR UPDATE OF device_id, restic_args ON backup_jobs
  FOR EACH ROW
EXECUTE FUNCTION holdfast.jobs_platform_check();

-- A device could otherwise run it on a table of its own.
REVOKE EXECUTE ON FUNCTION holdfast.jobs_platform_check() FROM PUBLIC;

UPDATE control_plane_version SET schema_version = 33;
