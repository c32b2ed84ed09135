-- The value of a secret may be the secret itself, or stand for one that the database never holds: file:NAME, env:NAME,
-- enc:v1:... ; docs/security.md describes them.

CREATE FUNCTION holdfast.reference_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  IF NEW.value LIKE 'file:%' AND NEW.value !~ '^file:[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('setting refused: "%s" refers to a file by a name that is not allowed', NEW.key),
      HINT = 'Write file:NAME for a file in the secrets directory of the machine, without any directory.';
  END IF;
  IF NEW.value LIKE 'env:%' AND NEW.value !~ '^env:HOLDFAST_SECRET_[A-Z0-9_]{1,64}$' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('setting refused: "%s" refers to a variable by a name that is not allowed', NEW.key),
      HINT = 'Write env:HOLDFAST_SECRET_NAME.';
  END IF;
  IF NEW.value LIKE 'enc:%' AND NEW.value !~ '^enc:v1:[a-z0-9]{8}:[A-Za-z0-9_-]{38,}$' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('setting refused: "%s" is no whole encrypted value', NEW.key),
      HINT = 'Copy the line that holdfast secret encrypt printed.';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER settings_reference_check
  BEFORE INSERT OR UPDATE OF key, value ON settings
  FOR EACH ROW
  WHEN (NEW.key IN ('repository_url', 'repository_password', 'repository_environment') AND NEW.value ~ '^(file|env|enc):')
EXECUTE FUNCTION holdfast.reference_check();

-- What a reference stands for is judged by the machine that resolves it.
DROP TRIGGER settings_check ON settings;
CREATE TRIGGER settings_check
  BEFORE INSERT OR UPDATE OF device_id, key, value ON settings
  FOR EACH ROW
  WHEN (NOT (NEW.key IN ('repository_url', 'repository_password', 'repository_environment')
             AND NEW.value ~ '^(file|env|enc):'))
EXECUTE FUNCTION holdfast.settings_check();

UPDATE control_plane_version SET schema_version = 22;
