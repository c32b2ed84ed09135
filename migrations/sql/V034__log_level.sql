-- How much agents log, changed while they run.

ALTER TABLE setting_keys ADD COLUMN allowed_values text[];
COMMENT ON COLUMN setting_keys.allowed_values IS 'The words that the setting may have; NULL: see kind';

INSERT INTO setting_keys (key, kind, min_value, max_value, per_device, description, allowed_values)
VALUES ('log_level', 'text', NULL, NULL, true, 'How much the agent logs: error, warn, info (as without it) or debug',
        ARRAY ['error', 'warn', 'info', 'debug']);

CREATE FUNCTION holdfast.setting_words_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  allowed text[] := (SELECT k.allowed_values FROM public.setting_keys k WHERE k.key = NEW.key);
  near    text;
BEGIN
  IF NEW.value = '' OR allowed IS NULL OR btrim(NEW.value) = ANY (allowed) THEN
    RETURN NEW;
  END IF;
  near := holdfast.nearest(NEW.value, allowed);
  RAISE EXCEPTION USING ERRCODE = 'check_violation',
    MESSAGE = format('setting refused: "%s" is "%s", and may be %s', NEW.key, left(NEW.value, 64),
      array_to_string(allowed, ', ')),
    HINT = CASE
        WHEN near IS NULL THEN 'Write one of these words.'
        ELSE format('Did you mean "%s"?', near)
      END;
END
$$;

CREATE TRIGGER settings_words_check
  BEFORE INSERT OR UPDATE OF key, value ON settings
  FOR EACH ROW
EXECUTE FUNCTION holdfast.setting_words_check();

-- A device could otherwise run it on a table of its own.
REVOKE EXECUTE ON FUNCTION holdfast.setting_words_check() FROM PUBLIC;

UPDATE control_plane_version SET schema_version = 34;
