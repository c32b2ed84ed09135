-- A row that an admin writes has a size too: a job with a million patterns kept a session for a quarter of an hour, since
-- what goes through them all (the checks, the audit log) cannot be cancelled there. The size is asked first of all, and
-- costs nothing to know.

CREATE FUNCTION holdfast.refuse_large_row() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'check_violation',
    MESSAGE = format('row of %s refused: it is larger than 1 MiB', TG_TABLE_NAME),
    HINT = 'Write shorter texts, or fewer elements.';
END
$$;

CREATE FUNCTION holdfast.refuse_long_list() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'check_violation',
    MESSAGE = format('row of %s refused: one of its lists has more than %s elements', TG_TABLE_NAME, TG_ARGV[0]),
    HINT = 'Write one element that stands for many: the directory above them, or a pattern such as /srv/**/*.tmp.';
END
$$;

REVOKE EXECUTE ON FUNCTION holdfast.refuse_large_row(), holdfast.refuse_long_list() FROM PUBLIC;

-- PostgreSQL calls triggers in the order of their names: these come before all that go through a row.
DO $$
DECLARE
  written text;
BEGIN
  FOREACH written IN ARRAY ARRAY['backup_jobs', 'settings', 'retention_policies', 'copy_targets', 'housekeeping',
                                 'missed_runs', 'password_rotations', 'requests'] LOOP
    EXECUTE format('CREATE TRIGGER %1$I BEFORE INSERT OR UPDATE ON %2$I FOR EACH ROW'
                   ' WHEN (pg_column_size(NEW.*) > 1048576) EXECUTE FUNCTION holdfast.refuse_large_row()',
                   written || '_a_size', written);
  END LOOP;
END
$$;

-- What agents write at every turn has bounds of its own (V037); a heartbeat pays for nothing here.
CREATE TRIGGER devices_a_size
  BEFORE INSERT OR UPDATE OF description ON devices
  FOR EACH ROW
  WHEN (pg_column_size(NEW.*) > 1048576)
EXECUTE FUNCTION holdfast.refuse_large_row();
CREATE TRIGGER schedules_a_size
  BEFORE INSERT OR UPDATE OF metadata ON schedules
  FOR EACH ROW
  WHEN (pg_column_size(NEW.*) > 1048576)
EXECUTE FUNCTION holdfast.refuse_large_row();

-- restic gets them as arguments, of which Linux passes 2 MiB on, their addresses counted.
CREATE TRIGGER backup_jobs_a_list
  BEFORE INSERT OR UPDATE OF source_paths, exclude_patterns, tags, copy_to, restic_args ON backup_jobs
  FOR EACH ROW
  WHEN (cardinality(NEW.source_paths) > 10000
        OR cardinality(NEW.exclude_patterns) > 10000
        OR cardinality(NEW.tags) > 10000
        OR cardinality(NEW.copy_to) > 10000
        OR CASE jsonb_typeof(NEW.restic_args) WHEN 'array' THEN jsonb_array_length(NEW.restic_args) > 10000 END)
EXECUTE FUNCTION holdfast.refuse_long_list('10000');
CREATE TRIGGER retention_policies_a_list
  BEFORE INSERT OR UPDATE OF keep_tags ON retention_policies
  FOR EACH ROW
  WHEN (cardinality(NEW.keep_tags) > 10000)
EXECUTE FUNCTION holdfast.refuse_long_list('10000');

UPDATE control_plane_version SET schema_version = 42;
