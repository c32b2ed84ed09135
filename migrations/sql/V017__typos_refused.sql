-- What cannot be meant is refused as it is typed, in a sentence and with a hint. Triggers, not CHECK constraints: a
-- constraint's error prints the whole row, which may hold a secret, and rows that are there already stay.

-- How many letters must be changed, added or left out to make one word of the other.
CREATE FUNCTION holdfast.distance(one text, other text) RETURNS integer
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path = pg_catalog
AS $$
DECLARE
  row_before integer[];
  this_row   integer[];
BEGIN
  SELECT array_agg(i) INTO row_before FROM generate_series(0, length(other)) i;
  FOR i IN 1 .. length(one) LOOP
    this_row := ARRAY [i];
    FOR j IN 1 .. length(other) LOOP
      this_row := this_row || least(row_before[j + 1] + 1, this_row[j] + 1,
                                    row_before[j] + (substr(one, i, 1) <> substr(other, j, 1))::integer);
    END LOOP;
    row_before := this_row;
  END LOOP;
  RETURN row_before[length(other) + 1];
END
$$;

-- The word that is meant, if one is near enough to be a slip of the finger.
CREATE FUNCTION holdfast.nearest(word text, known text[]) RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog
AS $$
  SELECT k
  FROM unnest(known) k
  WHERE holdfast.distance(lower(left(word, 64)), k) <= greatest(2, length(k) / 4)
  ORDER BY holdfast.distance(lower(left(word, 64)), k), k
  LIMIT 1
$$;

-- ---- Cron. The same dialect as the agent's: agent/src/test/resources/schedule holds both to one list.

-- The numbers that a field stands for; NULL if it is not allowed.
CREATE FUNCTION holdfast.cron_numbers(field text, lowest integer, highest integer, names text[]) RETURNS integer[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path = pg_catalog
AS $$
DECLARE
  part     text;
  m        text[];
  first    integer;
  last     integer;
  step     integer;
  numbers  integer[] := '{}';
BEGIN
  IF field ~ '(^,|,,|,$)' THEN
    RETURN NULL;
  END IF;
  FOREACH part IN ARRAY string_to_array(lower(field), ',') LOOP
    m := regexp_match(part, '^(\*|([a-z]{3}|[0-9]{1,2})(-([a-z]{3}|[0-9]{1,2}))?)(/([0-9]{1,2}))?$');
    IF m IS NULL THEN
      RETURN NULL;
    END IF;
    step := coalesce(m[6]::integer, 1);
    IF m[1] = '*' THEN
      first := lowest;
      last := highest;
    ELSE
      first := CASE WHEN m[2] ~ '^[0-9]' THEN m[2]::integer ELSE array_position(names, m[2]) - 1 + lowest END;
      last := CASE
                WHEN m[4] IS NULL AND m[6] IS NULL THEN first
                WHEN m[4] IS NULL THEN highest
                WHEN m[4] ~ '^[0-9]' THEN m[4]::integer
                ELSE array_position(names, m[4]) - 1 + lowest
              END;
    END IF;
    IF first IS NULL OR last IS NULL OR first NOT BETWEEN lowest AND highest OR last NOT BETWEEN first AND highest
       OR step NOT BETWEEN 1 AND highest
       -- cron-utils, which the agent goes by, takes a 7 for a Sunday here.
       OR (highest = 7 AND m[4] IS NOT NULL AND step = 7) THEN
      RETURN NULL;
    END IF;
    numbers := numbers || ARRAY(SELECT generate_series(first, last, step));
  END LOOP;
  RETURN numbers;
END
$$;

-- Why an expression is refused; NULL if it is good.
CREATE FUNCTION holdfast.cron_problem(expression text) RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path = pg_catalog
AS $$
DECLARE
  fields  text[];
  field_names CONSTANT text[] := ARRAY ['minute', 'hour', 'day of month', 'month', 'day of week'];
  lowest CONSTANT integer[] := ARRAY [0, 0, 1, 1, 0];
  highest CONSTANT integer[] := ARRAY [59, 23, 31, 12, 7];
  longest CONSTANT integer[] := ARRAY [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  words   text[];
BEGIN
  expression := btrim(expression, E' \t\r\n');
  IF expression LIKE '@%' THEN
    RETURN CASE
             WHEN lower(expression) NOT IN ('@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually')
               THEN format('cron_expression "%s" is not one of the known nicknames', expression)
           END;
  END IF;
  fields := CASE WHEN expression = '' THEN '{}' ELSE regexp_split_to_array(expression, '\s+') END;
  IF cardinality(fields) <> 5 THEN
    RETURN format('cron_expression "%s" has %s fields instead of five', expression, cardinality(fields));
  END IF;
  FOR i IN 1 .. 5 LOOP
    words := CASE i
               WHEN 4 THEN ARRAY ['jan','feb','mar','apr','may','jun','jul','aug','sep','oct','nov','dec']
               WHEN 5 THEN ARRAY ['sun','mon','tue','wed','thu','fri','sat']
             END;
    IF holdfast.cron_numbers(fields[i], lowest[i], highest[i], words) IS NULL THEN
      RETURN format('cron_expression "%s": the field %s is "%s", which is not allowed there', expression, field_names[i],
                    fields[i]);
    END IF;
  END LOOP;
  -- Two fields that are both restricted widen each other, so that some day always comes.
  IF (fields[5] LIKE '*%' OR fields[3] LIKE '*%') AND NOT EXISTS (
    SELECT
    FROM unnest(holdfast.cron_numbers(fields[3], 1, 31, NULL)) d,
         unnest(holdfast.cron_numbers(fields[4], 1, 12,
                                      ARRAY ['jan','feb','mar','apr','may','jun','jul','aug','sep','oct','nov','dec'])) m
    WHERE d <= longest[m]
  ) THEN
    RETURN format('cron_expression "%s" names a day that never comes', expression);
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION holdfast.schedules_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  problem text;
BEGIN
  IF NEW.schedule_type IS NULL OR NEW.schedule_type NOT IN ('cron', 'interval') THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('schedule refused: schedule_type is "%s"', NEW.schedule_type),
      HINT = 'Write cron or interval.';
  END IF;
  IF NEW.cron_expression IS NOT NULL AND NEW.interval_seconds IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'schedule refused: it has a cron_expression and interval_seconds',
      HINT = 'Keep one of them, and insert a second row for the other if both are meant.';
  END IF;
  IF NEW.schedule_type = 'cron' THEN
    IF NEW.cron_expression IS NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = 'schedule refused: schedule_type is cron, and there is no cron_expression',
        HINT = 'Write five fields, such as ''0 2 * * *'' for every night at two.';
    END IF;
    problem := holdfast.cron_problem(NEW.cron_expression);
    IF problem IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = 'schedule refused: ' || problem,
        HINT = 'Write five fields, minute hour day-of-month month day-of-week, such as ''0 2 * * mon-fri''.';
    END IF;
  ELSIF NEW.interval_seconds IS NULL OR NEW.interval_seconds NOT BETWEEN 1 AND 31622400 THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('schedule refused: interval_seconds is %s, outside 1 to 31622400',
          coalesce(NEW.interval_seconds::text, 'missing')),
      HINT = 'Write the seconds between two runs, such as 3600 for every hour.';
  END IF;
  IF NEW.timezone IS NOT NULL AND NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = NEW.timezone) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('schedule refused: there is no timezone "%s"', NEW.timezone),
      HINT = 'Write a name such as Europe/Berlin; NULL is the device''s own.';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER schedules_check
  BEFORE INSERT OR UPDATE OF schedule_type, cron_expression, interval_seconds, timezone ON schedules
  FOR EACH ROW
EXECUTE FUNCTION holdfast.schedules_check();

-- ---- Jobs.

-- The arguments of restic backup that jobs may add; docs/restic.md and the agent have the same list.
CREATE TABLE restic_arguments (
  argument      varchar(64) PRIMARY KEY,
  value_pattern text,
  description   text NOT NULL
);
COMMENT ON TABLE restic_arguments IS 'What restic_args of a job may hold; anything else is refused';
COMMENT ON COLUMN restic_arguments.value_pattern IS 'What its value may be, as a regular expression; NULL: it takes none';

INSERT INTO restic_arguments (argument, value_pattern, description)
VALUES ('--exclude-caches', NULL, 'leaves directories out that are marked as caches'),
       ('--one-file-system', NULL, 'stays on the file system of each source path'),
       ('-x', NULL, 'the same as --one-file-system'),
       ('--force', NULL, 'reads every file again'),
       ('--with-atime', NULL, 'stores access times'),
       ('--ignore-ctime', NULL, 'does not take a changed ctime for a changed file'),
       ('--ignore-inode', NULL, 'does not take a changed inode number for a changed file'),
       ('--no-cache', NULL, 'uses no local cache'),
       ('--use-fs-snapshot', NULL, 'Windows: reads from a volume shadow copy'),
       ('--exclude-cloud-files', NULL, 'Windows: leaves files out that are only in the cloud; restic 0.18'),
       ('--no-scan', NULL, 'does not count the files first; restic 0.15'),
       ('--compression', 'auto|off|fastest|better|max', 'how hard to compress'),
       ('--pack-size', '[4-9]|[1-9][0-9]|1[01][0-9]|12[0-8]', 'MiB of a pack file'),
       ('--read-concurrency', '[1-9]|[1-5][0-9]|6[0-4]', 'files read at once; restic 0.15'),
       ('--limit-upload', '[0-9]{1,9}', 'KiB/s'),
       ('--limit-download', '[0-9]{1,9}', 'KiB/s'),
       ('--stuck-request-timeout', '[0-9]{1,6}(s|m|h)', 'gives up a request to the storage; restic 0.17'),
       ('--exclude-larger-than', '[0-9]{1,15}|[0-9]{1,6}[kKmMgGtT]', 'leaves larger files out'),
       ('--exclude-if-present', '[^[:cntrl:]]+', 'leaves directories out that hold such a file'),
       ('--iexclude', '[^[:cntrl:]]+', 'like exclude_patterns, whatever the case');
GRANT SELECT ON restic_arguments TO backup_admin, backup_client, backup_viewer;

-- Why restic_args is refused; NULL if it is good.
CREATE FUNCTION holdfast.arguments_problem(arguments jsonb) RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path = pg_catalog
AS $$
DECLARE
  element  jsonb;
  written  text;
  name     text;
  value    text;
  awaited  public.restic_arguments;
BEGIN
  IF arguments IS NULL THEN
    RETURN NULL;
  END IF;
  IF jsonb_typeof(arguments) <> 'array' THEN
    RETURN 'restic_args is not an array';
  END IF;
  FOR element IN SELECT * FROM jsonb_array_elements(arguments) LOOP
    IF jsonb_typeof(element) <> 'string' THEN
      RETURN 'restic_args has an element that is not a string';
    END IF;
    written := element #>> '{}';
    IF awaited.argument IS NOT NULL THEN
      value := written;
    ELSE
      name := CASE WHEN written LIKE '--%=%' THEN split_part(written, '=', 1) ELSE written END;
      value := CASE WHEN written LIKE '--%=%' THEN substr(written, length(name) + 2) END;
      SELECT * INTO awaited FROM public.restic_arguments WHERE argument = name;
      IF NOT FOUND THEN
        RETURN format('restic_args has "%s", which is not allowed', left(name, 64));
      END IF;
      IF awaited.value_pattern IS NULL THEN
        IF value IS NOT NULL THEN
          RETURN format('restic_args gives "%s" a value, and it takes none', name);
        END IF;
        awaited := NULL;
        CONTINUE;
      END IF;
      CONTINUE WHEN value IS NULL;
    END IF;
    IF value !~ ('^(' || awaited.value_pattern || ')$') THEN
      RETURN format('restic_args has "%s" with the value "%s", which is not allowed', awaited.argument, left(value, 64));
    END IF;
    awaited := NULL;
  END LOOP;
  RETURN CASE WHEN awaited.argument IS NOT NULL THEN format('restic_args has "%s" without its value', awaited.argument) END;
END
$$;

CREATE FUNCTION holdfast.jobs_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  element text;
  problem text;
BEGIN
  IF btrim(NEW.name) = '' OR NEW.name <> btrim(NEW.name) OR NEW.name ~ '[[:cntrl:]]' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('job refused: its name is "%s"', NEW.name),
      HINT = 'Give it a name without blanks around it and without control characters.';
  END IF;
  IF cardinality(NEW.source_paths) = 0 OR array_ndims(NEW.source_paths) <> 1 THEN
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
  RETURN NEW;
END
$$;

CREATE TRIGGER backup_jobs_check
  BEFORE INSERT OR UPDATE OF name, source_paths, exclude_patterns, tags, restic_args ON backup_jobs
  FOR EACH ROW
EXECUTE FUNCTION holdfast.jobs_check();

-- ---- Settings. The value of a secret, or of a key that may be a misspelt secret, is never repeated.
CREATE FUNCTION holdfast.settings_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  known public.setting_keys;
  near  text;
BEGIN
  SELECT * INTO known FROM public.setting_keys WHERE key = NEW.key;
  IF NOT FOUND THEN
    SELECT holdfast.nearest(NEW.key, array_agg(key::text)) INTO near FROM public.setting_keys;
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('setting refused: "%s" is unknown', NEW.key),
      HINT = CASE
          WHEN near IS NULL THEN 'SELECT * FROM setting_keys lists the settings.'
          ELSE format('Did you mean "%s"?', near)
        END;
  END IF;
  IF NEW.device_id IS NOT NULL AND NOT known.per_device THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('setting refused: "%s" is one for the whole fleet', NEW.key),
      HINT = 'Leave device_id NULL.';
  END IF;
  IF NEW.value = '' THEN
    RETURN NEW;
  END IF;
  IF known.kind = 'integer' THEN
    IF btrim(NEW.value) !~ '^[0-9]{1,18}$'
       OR btrim(NEW.value)::bigint NOT BETWEEN known.min_value AND known.max_value THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = format('setting refused: "%s" must be a whole number from %s to %s, and is "%s"', NEW.key,
          known.min_value, known.max_value, left(NEW.value, 64)),
        HINT = 'Write the number alone, without a unit.';
    END IF;
  ELSIF known.kind = 'boolean' THEN
    IF btrim(NEW.value) NOT IN ('true', 'false', 'on', 'off', 'yes', 'no', '1', '0') THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = format('setting refused: "%s" must be true or false, and is "%s"', NEW.key, left(NEW.value, 64)),
        HINT = 'Write true or false.';
    END IF;
  ELSIF NEW.key = 'repository_environment' THEN
    BEGIN
      IF jsonb_typeof(NEW.value::jsonb) <> 'object'
         OR EXISTS (SELECT FROM jsonb_each(NEW.value::jsonb) e WHERE jsonb_typeof(e.value) <> 'string') THEN
        RAISE invalid_text_representation;
      END IF;
    EXCEPTION
      WHEN invalid_text_representation OR data_exception THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation',
          MESSAGE = 'setting refused: "repository_environment" is no JSON object of strings',
          HINT = 'Write {"AWS_ACCESS_KEY_ID": "..."}.';
    END;
  ELSIF NEW.key = 'repository_password' AND NEW.value ~ '^\s|\s$' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'setting refused: "repository_password" begins or ends with white space, which restic cuts off',
      HINT = 'Write it without.';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER settings_check
  BEFORE INSERT OR UPDATE OF device_id, key, value ON settings
  FOR EACH ROW
EXECUTE FUNCTION holdfast.settings_check();

-- ---- Devices.
CREATE FUNCTION holdfast.devices_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  platforms CONSTANT text[] := ARRAY ['linux', 'windows', 'darwin', 'freebsd'];
BEGIN
  IF NEW.id !~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('device refused: the id "%s" is not allowed', NEW.id),
      HINT = 'Use letters, digits, ''.'', ''_'' and ''-'', 128 at most, the first a letter or digit.';
  END IF;
  IF NEW.platform IS NULL OR NEW.platform <> ALL (platforms) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('device refused: the platform "%s" is unknown', NEW.platform),
      HINT = CASE
          WHEN holdfast.nearest(NEW.platform, platforms) IS NULL
            THEN 'Write linux, windows, darwin or freebsd.'
          ELSE format('Did you mean "%s"?', holdfast.nearest(NEW.platform, platforms))
        END;
  END IF;
  IF btrim(NEW.name) = '' OR NEW.name ~ '[[:cntrl:]]' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'device refused: its name is empty, or has control characters',
      HINT = 'It is the host name that its snapshots carry.';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER devices_check
  BEFORE INSERT OR UPDATE OF id, name, platform ON devices
  FOR EACH ROW
EXECUTE FUNCTION holdfast.devices_check();

-- ---- A WHERE that was forgotten.
CREATE FUNCTION holdfast.bulk_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  most CONSTANT integer := 25;
  touched bigint;
BEGIN
  IF coalesce(current_setting('holdfast.allow_bulk', true), '') = 'on' THEN
    RETURN NULL;
  END IF;
  IF TG_TABLE_NAME = 'schedules' AND TG_OP = 'UPDATE' THEN
    -- Agents write the times of many at once.
    SELECT count(*) INTO touched
    FROM before b
           JOIN after a USING (id)
    WHERE (to_jsonb(b) - 'last_run_at' - 'next_run_at') <> (to_jsonb(a) - 'last_run_at' - 'next_run_at');
  ELSE
    SELECT count(*) INTO touched FROM before;
  END IF;
  IF touched > most THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('%s of %s rows of %s refused: it looks like a WHERE that was forgotten', lower(TG_OP),
          touched, TG_TABLE_NAME),
      HINT = 'If it is meant: BEGIN; SET LOCAL holdfast.allow_bulk = on; ... COMMIT;';
  END IF;
  RETURN NULL;
END
$$;

DO $$
DECLARE
  guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY ['devices', 'backup_jobs', 'schedules', 'settings'] LOOP
    EXECUTE format('CREATE TRIGGER %1$s_bulk_update AFTER UPDATE ON %1$I REFERENCING OLD TABLE AS before NEW TABLE AS after
                    FOR EACH STATEMENT EXECUTE FUNCTION holdfast.bulk_check()', guarded);
    EXECUTE format('CREATE TRIGGER %1$s_bulk_delete AFTER DELETE ON %1$I REFERENCING OLD TABLE AS before
                    FOR EACH STATEMENT EXECUTE FUNCTION holdfast.bulk_check()', guarded);
  END LOOP;
END
$$;

UPDATE control_plane_version SET schema_version = 17;
