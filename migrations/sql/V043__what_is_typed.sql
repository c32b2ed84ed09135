-- What an admin types is checked as it is typed, column by column: what is missing, refers to nothing, is out of range or is
-- there already has a sentence of ours with a hint, where PostgreSQL would name a constraint and print the whole row. Tags that
-- are the agent's own, patterns that restic refuses or that leave nothing out, and variables that no storage reads are refused.
-- One statement loses neither the passwords of the repositories nor all rows of a small fleet.

-- ---- Words.

-- What is meant, as the hint of a sentence: the nearest word, or else what the reader can do.
CREATE FUNCTION holdfast.did_you_mean(word text, known text[], otherwise text) RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce('Did you mean "' || holdfast.nearest(word, known) || '"?', otherwise)
$$;

-- As of V017, but words of any case are compared, and a word is not looked for among thousands that it cannot be.
CREATE OR REPLACE FUNCTION holdfast.nearest(word text, known text[]) RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  -- Each distance once: they cost more than all else.
  WITH near AS MATERIALIZED (
    SELECT k, holdfast.distance(lower(left(word, 64)), lower(k)) AS far
    FROM (SELECT k
          FROM unnest(known) k
          WHERE abs(length(k) - length(word)) <= greatest(2, length(k) / 4)
          ORDER BY left(lower(k), 2) = left(lower(word), 2) DESC, left(lower(k), 1) = left(lower(word), 1) DESC, k
          LIMIT 200) likely)
  SELECT near.k
  FROM near
  WHERE near.far <= greatest(2, length(near.k) / 4) AND near.far < length(near.k)
  ORDER BY near.far, near.k
  LIMIT 1
$$;

-- restic cuts off white space of any kind around a tag and around a password, and the mark at a file's beginning.
CREATE FUNCTION holdfast.without_blanks(words text) RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT regexp_replace(words, format('^%1$s+|%1$s+$', '[\s\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]'), '', 'g')
$$;

-- A sentence is one line, whatever was typed. Each function raises its own: psql shows the way through others.
CREATE FUNCTION holdfast.one_line(sentence text) RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT regexp_replace(sentence, '[[:cntrl:]]+', ' ', 'g')
$$;

CREATE OR REPLACE FUNCTION holdfast.refuse_request(sentence text, hint text) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'check_violation',
    MESSAGE = holdfast.one_line('request refused: ' || sentence),
    HINT = hint;
END
$$;

-- Whether the author of the statement has said that he means it.
CREATE FUNCTION holdfast.is_meant() RETURNS boolean
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT lower(coalesce(current_setting('holdfast.allow_bulk', true), '')) IN ('on', 'true', 'yes', '1', 't', 'y')
$$;

CREATE FUNCTION holdfast.how_it_is_meant() RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'If it is meant: BEGIN; SET LOCAL holdfast.allow_bulk = on; ... COMMIT;'::text
$$;

-- ---- What every table demands of a column, said before PostgreSQL says it.

-- Its arguments: what a row is called, and an object with
--   required: columns that must not be NULL;
--   filled:   those that may be NULL in an INSERT, since another trigger fills them in;
--   fixed:    those by which other rows refer to this one;
--   ranges:   column -> [lowest, highest];
--   refers:   column -> [table, column, what a row of it is called];
--   unique:   lists of columns.
CREATE FUNCTION holdfast.as_typed() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  rules    CONSTANT jsonb := TG_ARGV[1]::jsonb;
  this_row CONSTANT jsonb := to_jsonb(NEW);
  called   CONSTANT text := TG_ARGV[0];
  col      text;
  rule     jsonb;
  cols  text[];
  found_it boolean;
  known    text[];
  stack    text;
BEGIN
  FOR col IN SELECT jsonb_array_elements_text(rules -> 'fixed') LOOP
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) -> col <> this_row -> col THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('%s refused: its %s "%s" would become another one', called, col, to_jsonb(OLD) ->> col)),
        HINT = CASE TG_TABLE_NAME
          WHEN 'devices' THEN 'An id stays for ever, in the machine''s own file and in its snapshots. What people call it is its name; '
                              'for another machine insert another device.'
          ELSE 'Other rows refer to it by that. Insert another row, and delete this one.'
        END;
    END IF;
  END LOOP;

  FOR col IN SELECT jsonb_array_elements_text(rules -> 'required' || CASE TG_OP WHEN 'UPDATE' THEN rules -> 'filled' ELSE '[]' END) LOOP
    IF this_row -> col = 'null' THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('%s refused: %s is missing', called, col)),
        HINT = CASE
          WHEN rules -> 'defaults' ? col THEN format('Leave %s out of the statement, and its default is taken; NULL is none.', col)
          ELSE format('Give %s a value; it cannot be NULL.', col)
        END;
    END IF;
  END LOOP;

  FOR col, rule IN SELECT key, value FROM jsonb_each(rules -> 'ranges') LOOP
    IF (this_row ->> col)::numeric NOT BETWEEN (rule ->> 0)::numeric AND (rule ->> 1)::numeric THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('%s refused: %s is %s, outside %s to %s', called, col, this_row ->> col, rule ->> 0, rule ->> 1)),
        HINT = 'Write a number between these two.';
    END IF;
  END LOOP;

  FOR col, rule IN SELECT key, value FROM jsonb_each(rules -> 'refers') LOOP
    CONTINUE WHEN this_row -> col = 'null';
    CONTINUE WHEN TG_OP = 'UPDATE' AND to_jsonb(OLD) -> col = this_row -> col;
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I t WHERE t.%I = ($1).%I)', rule ->> 0, rule ->> 1, col)
    INTO found_it USING NEW;
    IF NOT found_it THEN
      -- An id of a job is no word that somebody misspells.
      IF rule ->> 0 <> 'backup_jobs' THEN
        EXECUTE format('SELECT array_agg(t.%I::text) FROM public.%I t', rule ->> 1, rule ->> 0) INTO known;
      END IF;
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('%s refused: there is no %s "%s"', called, rule ->> 2, left(this_row ->> col, 64))),
        HINT = holdfast.did_you_mean(this_row ->> col, known,
          format('SELECT %s FROM %s lists those that there are.',
                 CASE rule ->> 0
                   WHEN 'backup_jobs' THEN 'id, device_id, name'
                   WHEN 'devices' THEN 'id, name'
                   ELSE rule ->> 1
                 END, rule ->> 0));
    END IF;
  END LOOP;

  FOR rule IN SELECT jsonb_array_elements(rules -> 'unique') LOOP
    SELECT array_agg(c ORDER BY place) INTO cols FROM jsonb_array_elements_text(rule) WITH ORDINALITY e (c, place);
    CONTINUE WHEN TG_OP = 'UPDATE' AND NOT EXISTS (
      SELECT FROM unnest(cols) c WHERE to_jsonb(OLD) -> c IS DISTINCT FROM this_row -> c);
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I t WHERE %s)', TG_TABLE_NAME,
                   (SELECT string_agg(CASE
                                        WHEN this_row -> c = 'null' THEN format('t.%I IS NULL', c)
                                        ELSE format('t.%1$I = ($1).%1$I', c)
                                      END, ' AND ')
                    FROM unnest(cols) c))
    INTO found_it USING NEW;
    CONTINUE WHEN NOT found_it;
    IF TG_OP = 'INSERT' THEN
      -- ON CONFLICT comes after this trigger, and only the statement's own text tells of it: where that cannot be seen, as
      -- within a function, the sentence is left to PostgreSQL.
      GET DIAGNOSTICS stack = PG_CONTEXT;
      CONTINUE WHEN stack ~ '\n' OR current_query() !~* '\m(insert|copy|merge)\M'
                    OR current_query() ~* '\m(conflict|execute)\M';
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('%s refused: there is one already with %s', called,
             (SELECT string_agg(CASE
                                  WHEN this_row -> c = 'null' THEN format('no %s', c)
                                  ELSE format('the %s "%s"', c, left(this_row ->> c, 64))
                                END, ' and ')
              FROM unnest(cols) c))),
      HINT = CASE
        WHEN TG_TABLE_NAME = 'settings'
          THEN 'Change it: UPDATE settings SET value = ... WHERE key = ... AND device_id IS NOT DISTINCT FROM ...; or add '
               'ON CONFLICT (device_id, key) DO UPDATE SET value = excluded.value to the INSERT.'
        WHEN TG_OP = 'INSERT' THEN format('Change that one by an UPDATE of %s, or choose another %s.', TG_TABLE_NAME, cols[cardinality(cols)])
        ELSE format('Choose another %s.', cols[cardinality(cols)])
      END;
  END LOOP;
  RETURN NEW;
END
$$;

-- What is referred to and goes.
CREATE FUNCTION holdfast.still_needed() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  of_what CONSTANT text := to_jsonb(OLD) ->> TG_ARGV[1];
  refers  text;
  found_it boolean;
  those   text[] := ARRAY []::text[];
BEGIN
  FOREACH refers IN ARRAY TG_ARGV[3:] LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I t WHERE t.%I = $1)', split_part(refers, '.', 1), split_part(refers, '.', 2))
    INTO found_it USING of_what;
    IF found_it THEN
      those := those || split_part(refers, '.', 1);
    END IF;
  END LOOP;
  IF those <> '{}' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('%s "%s" cannot be deleted: rows of %s refer to it', TG_ARGV[0], of_what, array_to_string(those, ', '))),
      HINT = format(TG_ARGV[2], of_what);
  END IF;
  RETURN OLD;
END
$$;

-- Puts both upon a table, from the catalogue as it is: a migration that changes a column calls it again.
CREATE FUNCTION holdfast.guard_what_is_typed(guarded regclass, called text, filled_in text[], ranges jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  named    CONSTANT text := (SELECT c.relname FROM pg_class c WHERE c.oid = guarded);
  rules    jsonb;
  cols  text[];
BEGIN
  SELECT jsonb_build_object(
           'required', coalesce((SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
                                 WHERE a.attrelid = guarded AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
                                   AND a.attname <> ALL (filled_in)), '[]'),
           'filled', to_jsonb(filled_in),
           'fixed', coalesce((SELECT jsonb_agg(DISTINCT f.attname)
                              FROM pg_constraint r
                                     JOIN pg_attribute f ON f.attrelid = r.confrelid AND f.attnum = r.confkey[1]
                              WHERE r.confrelid = guarded AND r.contype = 'f' AND r.confupdtype <> 'c'), '[]'),
           'defaults', coalesce((SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
                                 WHERE a.attrelid = guarded AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND a.atthasdef), '[]'),
           'ranges', ranges,
           'refers', coalesce((SELECT jsonb_object_agg(a.attname, jsonb_build_array(t.relname, f.attname, CASE t.relname
                                                 WHEN 'devices' THEN 'device'
                                                 WHEN 'backup_jobs' THEN 'job'
                                                 WHEN 'retention_policies' THEN 'retention policy'
                                                 WHEN 'copy_targets' THEN 'copy target'
                                                 ELSE 'row of ' || t.relname
                                               END))
                               FROM pg_constraint r
                                      JOIN pg_class t ON t.oid = r.confrelid
                                      JOIN pg_attribute a ON a.attrelid = guarded AND a.attnum = r.conkey[1]
                                      JOIN pg_attribute f ON f.attrelid = r.confrelid AND f.attnum = r.confkey[1]
                               WHERE r.conrelid = guarded AND r.contype = 'f' AND cardinality(r.conkey) = 1), '{}'),
           'unique', coalesce((SELECT jsonb_agg((SELECT jsonb_agg(a.attname ORDER BY k.place)
                                                 FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (num, place)
                                                        JOIN pg_attribute a ON a.attrelid = guarded AND a.attnum = k.num))
                               FROM pg_index i
                               WHERE i.indrelid = guarded AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL), '[]'))
  INTO rules;
  SELECT array_agg(DISTINCT c ORDER BY c)
  INTO cols
  FROM (SELECT jsonb_array_elements_text(rules -> 'required') AS c
        UNION ALL SELECT jsonb_array_elements_text(rules -> 'fixed')
        UNION ALL SELECT jsonb_object_keys(rules -> 'ranges')
        UNION ALL SELECT jsonb_object_keys(rules -> 'refers')
        UNION ALL SELECT jsonb_array_elements_text(u) FROM jsonb_array_elements(rules -> 'unique') u) all_of_them;
  -- The name comes before those of all other checks, and so its turn.
  EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE INSERT OR UPDATE OF %s ON %s FOR EACH ROW EXECUTE FUNCTION holdfast.as_typed(%L, %L)',
                 named || '_as_typed', (SELECT string_agg(quote_ident(c), ', ') FROM unnest(cols) c), guarded, called, rules);
END
$$;

-- A device could otherwise run them on a table of its own.
REVOKE EXECUTE ON FUNCTION holdfast.as_typed(), holdfast.still_needed(),
  holdfast.guard_what_is_typed(regclass, text, text[], jsonb) FROM PUBLIC;

-- What the tables' own triggers fill in themselves, or have a sentence for, may be missing.
SELECT holdfast.guard_what_is_typed('devices', 'device', '{platform}', '{}'),
       holdfast.guard_what_is_typed('backup_jobs', 'job', '{kind,source_paths}',
         '{"max_retries": [0, 20], "retry_delay_seconds": [1, 86400], "timeout_seconds": [1, 2592000], "retry_lock_seconds": [0, 86400],
           "rpo_seconds": [60, 31622400],
           "verify_files": [1, 1000], "verify_bytes": [1, 1099511627776], "verify_max_age_seconds": [60, 31622400]}'),
       holdfast.guard_what_is_typed('schedules', 'schedule', '{schedule_type}', '{}'),
       holdfast.guard_what_is_typed('settings', 'setting', '{}', '{}'),
       holdfast.guard_what_is_typed('requests', 'request', '{device_id,kind,requested_by}', '{}'),
       holdfast.guard_what_is_typed('retention_policies', 'retention policy', '{}', '{}'),
       holdfast.guard_what_is_typed('housekeeping', 'housekeeping', '{schedule_type,kind}', '{}'),
       holdfast.guard_what_is_typed('copy_targets', 'copy target', '{}', '{}'),
       holdfast.guard_what_is_typed('password_rotations', 'password rotation', '{}', '{}'),
       holdfast.guard_what_is_typed('repository_keys', 'repository key', '{}', '{}');

CREATE TRIGGER devices_still_needed
  BEFORE DELETE ON devices
  FOR EACH ROW
EXECUTE FUNCTION holdfast.still_needed('device', 'id',
  'Its history stays with it: SELECT holdfast.retire_device(%L) closes its login and pauses it.',
  'runs.device_id', 'restores.device_id', 'verifications.device_id', 'housekeeping_runs.device_id', 'missed_runs.device_id');

CREATE TRIGGER retention_policies_still_needed
  BEFORE DELETE ON retention_policies
  FOR EACH ROW
EXECUTE FUNCTION holdfast.still_needed('retention policy', 'name',
  'First give them another one: UPDATE backup_jobs SET retention_policy = ... WHERE retention_policy = %1$L; copy_targets alike.',
  'backup_jobs.retention_policy', 'copy_targets.retention_policy');

-- ---- A WHERE that was forgotten.

-- As of V017; a small fleet is one too, and each setting of the whole fleet counts for all of it. What goes with a row that
-- it belongs to has been asked for by name.
CREATE OR REPLACE FUNCTION holdfast.bulk_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  most      CONSTANT integer := 25;
  -- Of so few rows nobody needs a WHERE.
  few       CONSTANT integer := 3;
  -- What agents write, of many rows at once.
  of_agents CONSTANT text[] := CASE TG_TABLE_NAME
      WHEN 'schedules' THEN ARRAY ['last_run_at', 'next_run_at']
      WHEN 'devices' THEN ARRAY ['last_seen', 'hostname', 'metadata', 'platform']
      ELSE '{}'
    END;
  touched   bigint;
  there     bigint;
  of_fleet  bigint := 0;
BEGIN
  IF holdfast.is_meant() THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' THEN
    -- What goes with its device, job or copy target is none that somebody forgot.
    SELECT count(*)
    INTO touched
    FROM (SELECT to_jsonb(b) AS gone FROM before b) g
    WHERE (gone ->> 'device_id' IS NULL OR EXISTS (SELECT FROM public.devices d WHERE d.id = gone ->> 'device_id'))
      AND (gone ->> 'job_id' IS NULL OR EXISTS (SELECT FROM public.backup_jobs j WHERE j.id = (gone ->> 'job_id')::uuid))
      AND (gone ->> 'target' IS NULL OR EXISTS (SELECT FROM public.copy_targets c WHERE c.name = gone ->> 'target'));
  ELSIF of_agents <> '{}' THEN
    SELECT count(*) INTO touched
    FROM before b
           JOIN after a ON a.id = b.id
    WHERE (to_jsonb(b) - of_agents) <> (to_jsonb(a) - of_agents);
  ELSE
    SELECT count(*) INTO touched FROM before;
  END IF;
  IF TG_TABLE_NAME = 'settings' THEN
    IF TG_OP = 'DELETE' THEN
      SELECT count(*) INTO of_fleet FROM before b WHERE to_jsonb(b) -> 'device_id' = 'null';
    ELSE
      -- Several may be written by one INSERT ... ON CONFLICT; but nobody means the same value for all of them.
      SELECT coalesce(max(same.n), 0)
      INTO of_fleet
      FROM (SELECT count(*) AS n
            FROM before b
                   JOIN after a ON a.id = b.id
            WHERE to_jsonb(b) -> 'device_id' = 'null'
              AND (to_jsonb(b) -> 'value' <> to_jsonb(a) -> 'value' OR to_jsonb(a) -> 'device_id' <> 'null')
            GROUP BY to_jsonb(a) -> 'value', to_jsonb(a) -> 'device_id') same;
    END IF;
  END IF;
  IF touched > few AND pg_trigger_depth() = 1 THEN
    EXECUTE format('SELECT count(*) FROM public.%I', TG_TABLE_NAME) INTO there;
    IF TG_OP = 'DELETE' THEN
      there := there + touched;
    END IF;
  END IF;
  IF touched > most OR touched = there OR of_fleet > 1 THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('%s of %s rows of %s refused: it looks like a WHERE that was forgotten', lower(TG_OP), touched,
                                       TG_TABLE_NAME)),
      HINT = holdfast.how_it_is_meant();
  END IF;
  RETURN NULL;
END
$$;

DO $$
DECLARE
  guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY ['retention_policies', 'housekeeping', 'copy_targets'] LOOP
    EXECUTE format('CREATE TRIGGER %1$s_bulk_update AFTER UPDATE ON %1$I REFERENCING OLD TABLE AS before NEW TABLE AS after
                    FOR EACH STATEMENT EXECUTE FUNCTION holdfast.bulk_check()', guarded);
    EXECUTE format('CREATE TRIGGER %1$s_bulk_delete AFTER DELETE ON %1$I REFERENCING OLD TABLE AS before
                    FOR EACH STATEMENT EXECUTE FUNCTION holdfast.bulk_check()', guarded);
  END LOOP;
END
$$;

-- ---- The passwords of the repositories: without them nothing is ever read again.

-- Whether a value is the only place where the secret stands: a file or a variable of a machine is another.
CREATE FUNCTION holdfast.stands_here_alone(value text) RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT btrim(value) <> '' AND value !~ '^(file|env):'
$$;

CREATE FUNCTION holdfast.password_stays() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
DECLARE
  whose CONSTANT text := coalesce(' of device "' || OLD.device_id || '"', '');
  -- As far as anybody knows.
  used boolean;
BEGIN
  IF holdfast.is_meant() OR btrim(OLD.value) = '' THEN
    IF TG_OP = 'DELETE' THEN
      RETURN OLD;
    END IF;
    RETURN NEW;
  END IF;
  -- It goes with its device.
  IF TG_OP = 'DELETE' AND OLD.device_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.devices d WHERE d.id = OLD.device_id) THEN
    RETURN OLD;
  END IF;
  used := EXISTS (SELECT FROM holdfast.told_snapshots t WHERE OLD.device_id IS NULL OR t.device_id = OLD.device_id);
  IF OLD.device_id IS NULL OR used AND OLD.key = 'repository_password' THEN
    IF TG_OP = 'DELETE' OR NEW.key <> OLD.key OR NEW.device_id IS DISTINCT FROM OLD.device_id OR btrim(NEW.value) = '' THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('setting refused: "%s"%s would be gone, and %s', OLD.key, whose,
               CASE OLD.key
                 WHEN 'repository_password' THEN 'without it nobody reads the repository again'
                 ELSE 'no device would know where to back up to'
               END)),
        HINT = format('To change it: UPDATE settings SET value = ... WHERE key = %L AND device_id %s. %s', OLD.key,
               coalesce('= ' || quote_literal(OLD.device_id), 'IS NULL'), holdfast.how_it_is_meant());
    END IF;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.key = 'repository_password' AND used
     AND NEW.value <> OLD.value AND holdfast.stands_here_alone(OLD.value) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format(
        'setting refused: "repository_password"%s opens a repository that has snapshots, and would be another one', whose)),
      HINT = 'holdfast rotate-repository-password gives the repository a new one. If it is only to be written otherwise, note the old one '
      'down first. ' || holdfast.how_it_is_meant();
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  RETURN NEW;
END
$$;

-- After all other checks: what is wrong anyway is told first.
CREATE TRIGGER settings_stay
  BEFORE DELETE OR UPDATE OF key, value, device_id ON settings
  FOR EACH ROW
  WHEN (OLD.key IN ('repository_password', 'repository_url'))
EXECUTE FUNCTION holdfast.password_stays();

CREATE FUNCTION holdfast.target_password_stays() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF holdfast.is_meant() THEN
    IF TG_OP = 'DELETE' THEN
      RETURN OLD;
    END IF;
    RETURN NEW;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'check_violation',
    MESSAGE = holdfast.one_line(format(
      'copy target refused: the repository_password of "%s" would be gone, and without it nobody reads the copies again', OLD.name)),
    HINT = 'To copy there no more: UPDATE copy_targets SET enabled = false WHERE name = ' || quote_literal(OLD.name)
    || '. Else note the password down first. ' || holdfast.how_it_is_meant();
END
$$;

CREATE TRIGGER copy_targets_stay_update
  BEFORE UPDATE OF repository_password ON copy_targets
  FOR EACH ROW
  WHEN (OLD.repository_id IS NOT NULL AND OLD.repository_password <> NEW.repository_password
        AND btrim(OLD.repository_password) <> '' AND OLD.repository_password !~ '^(file|env):')
EXECUTE FUNCTION holdfast.target_password_stays();

CREATE TRIGGER copy_targets_stay_delete
  BEFORE DELETE ON copy_targets
  FOR EACH ROW
  WHEN (OLD.repository_id IS NOT NULL AND btrim(OLD.repository_password) <> '' AND OLD.repository_password !~ '^(file|env):')
EXECUTE FUNCTION holdfast.target_password_stays();

REVOKE EXECUTE ON FUNCTION holdfast.password_stays(), holdfast.target_password_stays() FROM PUBLIC;

-- ---- Patterns.

-- What is wrong with a pattern of restic's; NULL: nothing. exclude-patterns.tsv holds this, the agent and restic to the same answers.
-- broken: restic refuses it, by the rules of Go's filepath.Match for each part of a path; all others are taken and match nothing that
-- was meant.
CREATE FUNCTION holdfast.pattern_fault(pattern text, windows boolean) RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
      WHEN pattern IS NULL OR btrim(pattern) = '' THEN 'empty'
      WHEN pattern ~ '[\n\r]' THEN 'lines'
      WHEN pattern ~ '[\u0001-\u001f\u007f]' THEN 'control'
      WHEN octet_length(pattern) > 4096 THEN 'long'
      WHEN pattern ~ '^ | $' THEN 'blanks'
      WHEN NOT CASE
          WHEN windows THEN pattern ~ '^([^\[]|\[(\^|(?!\^))([^\]\\/-](-[^\]\\/-])?)+\])*$'
          ELSE pattern ~ '^([^\\\[]|\\[^/]|\[(\^|(?!\^))(([^\\\]/-]|\\[^/])(-([^\\\]/-]|\\[^/]))?)+\])*$'
        END THEN 'broken'
      WHEN pattern ~ '^#+ ' THEN 'comment'
      WHEN pattern ~ '^!?~([/\\]|$)' THEN 'home'
      WHEN pattern ~ '(^!?|[/\\])(\$\{[A-Za-z_]|\$(HOME|USER|USERNAME|USERPROFILE|LOGNAME|TMP|TEMP|TMPDIR|PWD|APPDATA|LOCALAPPDATA|XDG_[A-Z_]+)([/\\]|$)|%[A-Za-z_][A-Za-z0-9_()]*%([/\\]|$))'
        THEN 'variable'
      WHEN plain.rest ~ '\{[^{}/]*,[^{}]*\}' THEN 'braces'
      WHEN plain.rest ~ ', *[*/!.~]|^\*\.[A-Za-z0-9]+,' THEN 'commas'
    END
  FROM regexp_replace(pattern, '\[[^]]*\]', '', 'g') AS plain (rest)
$$;

-- For a machine that was never seen a pattern is refused only if it is wrong on every platform.
CREATE FUNCTION holdfast.pattern_fault_on(pattern text, platform text, seen boolean) RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
      WHEN seen THEN holdfast.pattern_fault(pattern, platform = 'windows')
      WHEN holdfast.pattern_fault(pattern, NOT coalesce(platform = 'windows', false)) IS NOT NULL
        THEN holdfast.pattern_fault(pattern, coalesce(platform = 'windows', false))
    END
$$;

CREATE FUNCTION holdfast.refuse_pattern(called text, place text, pattern text, fault text) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF fault IS NULL THEN
    RETURN;
  END IF;
  IF fault = 'empty' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('%s refused: %s has an element that is empty or NULL', called, place)),
      HINT = 'Leave it out.';
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'check_violation',
    MESSAGE = holdfast.one_line(format('%s refused: %s has "%s", %s', called, place, left(regexp_replace(pattern, '[\u0001-\u001f\u007f]', ' ', 'g'), 64),
           CASE fault
             WHEN 'lines' THEN 'which is several lines in one element'
             WHEN 'control' THEN 'which has control characters in it'
             WHEN 'long' THEN 'which is longer than 4096 bytes'
             WHEN 'blanks' THEN 'which begins or ends with a blank, as no name does that is meant'
             WHEN 'broken' THEN 'which restic refuses: a bracket is not closed or empty, or a backslash stands at the end of a name'
             WHEN 'comment' THEN 'which looks like a comment, and would be a pattern'
             WHEN 'home' THEN 'and nobody puts a directory in the place of "~" here'
             WHEN 'variable' THEN 'and nobody puts the value of a variable there'
             WHEN 'braces' THEN 'and restic does not know braces'
             ELSE 'which looks like several patterns in one element'
           END)),
    HINT = CASE fault
      WHEN 'lines' THEN 'Write one pattern per element: ARRAY[''*.tmp'', ''*.bak''].'
      WHEN 'control' THEN 'Write ? in the place of each.'
      WHEN 'long' THEN 'No path is that long: write the beginning and *.'
      WHEN 'blanks' THEN 'Write it without; for a name that has blanks there, write ? in their place.'
      WHEN 'broken' THEN 'Close it, as in [a-z], or write ? for the character.'
      WHEN 'comment' THEN 'Leave it out; the column description is for such words.'
      WHEN 'home' THEN 'Write the directory, such as /home/*/.cache.'
      WHEN 'variable' THEN 'Write what it stands for, such as /home/*/.cache.'
      WHEN 'braces' THEN 'Write one pattern for each: ARRAY[''*.tmp'', ''*.bak''].'
      ELSE 'Write one pattern per element: ARRAY[''*.tmp'', ''*.bak'']; for a name that has a comma there, write ? in its place.'
    END;
END
$$;

-- The values of --iexclude, which are patterns too.
CREATE FUNCTION holdfast.patterns_in(arguments jsonb) RETURNS SETOF text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE WHEN given.before = '--iexclude' THEN given.written ELSE substr(given.written, length('--iexclude=') + 1) END
  FROM (SELECT e.written, lag(e.written) OVER (ORDER BY e.place) AS before
        FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(arguments) = 'array' THEN arguments ELSE '[]' END)
               WITH ORDINALITY e (written, place)) given
  WHERE given.before = '--iexclude' OR given.written LIKE '--iexclude=%'
$$;

-- ---- Jobs.

-- The tags by which the agent itself finds snapshots again.
CREATE FUNCTION holdfast.is_reserved_tag(tag text) RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT holdfast.without_blanks(tag) ~ '^(backup:|backup_name=|origin=|account_id=|device=|run=|kind=)'
$$;
COMMENT ON FUNCTION holdfast.is_reserved_tag(text) IS 'Whether it begins as a tag that the agent sets itself';

CREATE FUNCTION holdfast.source_path_check(element text) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF element IS NULL OR btrim(element) = '' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'job refused: source_paths has an element that is empty or NULL',
      HINT = 'Leave it out, or write the path that is meant.';
  ELSIF element ~ '^[A-Za-z]:[^\\/]' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('job refused: the backslashes of the source path "%s" were lost', left(element, 256))),
      HINT = 'Write ARRAY[''C:\Users\me''] instead of ''{C:\Users\me}'', which eats backslashes.';
  ELSIF element !~ '^(/|[A-Za-z]:[\\/]|\\\\)' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('job refused: the source path "%s" is not absolute', left(element, 256))),
      HINT = 'Write it from the root on, such as /srv/data or C:\Users.';
  ELSIF element ~ ',\s*(/|[A-Za-z]:[\\/]|\\\\)' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('job refused: the source path "%s" looks like several paths in one element', left(element, 256))),
      HINT = 'Write one path per element: ARRAY[''/srv/www'', ''/etc'']. A directory whose name ends in a comma is backed up with the one above it.';
  ELSIF element ~ '[[:cntrl:]]' OR element <> btrim(element) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('job refused: the source path "%s" has blanks around it or control characters', left(element, 256))),
      HINT = 'Leave them out. A directory whose name really has them is backed up with the one above it.';
  ELSIF element ~ '\*|\{[^{}]*,[^{}]*\}' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('job refused: the source path "%s" is a pattern, and nobody expands patterns there', left(element, 256))),
      HINT = 'Name the directory above, and leave out by exclude_patterns what is not wanted.';
  ELSIF octet_length(element) > 4096 THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('job refused: the source path "%s..." is longer than 4096 bytes', left(element, 64))),
      HINT = 'No path is that long; write one path per element: ARRAY[''/srv/www'', ''/etc''].';
  END IF;
END
$$;

-- As of V028, and what is said above.
CREATE OR REPLACE FUNCTION holdfast.jobs_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kinds CONSTANT text[] := ARRAY ['files', 'control-plane'];
  element text;
  problem text;
BEGIN
  IF NEW.name IS NULL OR btrim(NEW.name) = '' OR NEW.name <> btrim(NEW.name) OR NEW.name ~ '[[:cntrl:]]' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('job refused: its name is "%s"', NEW.name)),
      HINT = 'Give it a name without blanks around it and without control characters.';
  END IF;
  IF NEW.kind IS NULL OR NEW.kind <> ALL (kinds) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('job refused: there is no kind "%s"', NEW.kind)),
      HINT = holdfast.did_you_mean(NEW.kind, kinds, 'Write files, or control-plane for a dump of this database.');
  END IF;
  IF NEW.kind = 'control-plane' THEN
    IF cardinality(NEW.source_paths) > 0 OR cardinality(NEW.exclude_patterns) > 0 THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('job refused: a job of the kind control-plane backs up a dump alone, and this one has %s',
          CASE WHEN cardinality(NEW.source_paths) > 0 THEN 'source_paths' ELSE 'exclude_patterns' END)),
        HINT = 'Leave them out, and insert a second job for the files.';
    END IF;
    NEW.source_paths := coalesce(NEW.source_paths, '{}');
  ELSIF NEW.source_paths IS NULL OR cardinality(NEW.source_paths) = 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'job refused: source_paths is empty, so there is nothing to back up',
      HINT = 'Write ARRAY[''/srv/data''].';
  END IF;
  FOREACH element IN ARRAY ARRAY ['source_paths', 'exclude_patterns', 'tags', 'copy_to'] LOOP
    IF to_jsonb(NEW) #> ARRAY [element, '0'] @> '[]' THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('job refused: %s is an array of arrays', element)),
        HINT = 'Write ARRAY[''a'', ''b''].';
    END IF;
  END LOOP;
  FOREACH element IN ARRAY NEW.source_paths LOOP
    PERFORM holdfast.source_path_check(element);
  END LOOP;
  IF EXISTS (SELECT FROM unnest(NEW.tags) t WHERE t IS NULL OR btrim(t) = '' OR t LIKE '%,%') THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'job refused: tags has an element that is empty, NULL, or has a comma, at which restic splits',
      HINT = 'Write two tags as two elements: ARRAY[''daily'', ''web''].';
  END IF;
  SELECT t INTO element FROM unnest(NEW.tags) t WHERE holdfast.is_reserved_tag(t) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('job refused: tags has "%s", and such a tag says whose snapshot it is: the agent sets it itself',
                                         left(element, 64))),
      HINT = 'Leave out what begins with backup:, backup_name=, origin=, account_id=, device=, run= or kind=; every snapshot gets its own.';
  END IF;
  IF EXISTS (SELECT FROM unnest(NEW.tags) t WHERE octet_length(t) > 4096) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'job refused: tags has an element that is longer than 4096 bytes',
      HINT = 'Write a short one.';
  END IF;
  problem := holdfast.arguments_problem(NEW.restic_args);
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line('job refused: ' || problem),
      HINT = 'Write a JSON array of strings, such as ''["--limit-upload", "5000"]''; the table restic_arguments lists them.';
  END IF;
  IF NEW.kind = 'control-plane'
     AND EXISTS (SELECT FROM jsonb_array_elements_text(NEW.restic_args) a WHERE a ~ '^--i?exclude') THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'job refused: restic_args of a job of the kind control-plane could leave the dump out',
      HINT = 'Leave out what begins with --exclude or --iexclude.';
  END IF;
  IF EXISTS (SELECT FROM jsonb_array_elements_text(NEW.restic_args) a WHERE octet_length(a) > 4096) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'job refused: restic_args has an element that is longer than 4096 bytes',
      HINT = 'Write less.';
  END IF;
  RETURN NEW;
END
$$;

-- As of V033, and the paths and patterns of the machine's platform.
CREATE OR REPLACE FUNCTION holdfast.jobs_platform_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  device public.devices;
  wrong  public.restic_arguments;
  named  text;
BEGIN
  SELECT * INTO device FROM public.devices d WHERE d.id = NEW.device_id;
  PERFORM holdfast.refuse_pattern('job', 'exclude_patterns', p,
                                  holdfast.pattern_fault_on(p, device.platform, device.last_seen IS NOT NULL))
  FROM unnest(NEW.exclude_patterns) p;
  PERFORM holdfast.refuse_pattern('job', 'restic_args', p,
                                  holdfast.pattern_fault_on(p, device.platform, device.last_seen IS NOT NULL))
  FROM holdfast.patterns_in(NEW.restic_args) p;
  IF device.last_seen IS NULL THEN
    RETURN NEW;
  END IF;
  SELECT p INTO named
  FROM unnest(NEW.source_paths) p
  WHERE (p ~ '^([A-Za-z]:[\\/]|\\\\)') <> (device.platform = 'windows')
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('job refused: the source path "%s" is %s, and the device "%s" runs %s', left(named, 256),
             CASE WHEN device.platform = 'windows' THEN 'none of Windows' ELSE 'one of Windows' END, device.id, device.platform)),
      HINT = CASE
        WHEN device.platform = 'windows' THEN 'Write it with its drive or share: ARRAY[''C:\Users''].'
        ELSE 'Write it from the root on, such as /srv/data, or name the device_id of a Windows machine.'
      END;
  END IF;
  IF jsonb_typeof(NEW.restic_args) IS DISTINCT FROM 'array' THEN
    RETURN NEW;
  END IF;
  SELECT a.* INTO wrong
  FROM public.restic_arguments a
    JOIN jsonb_array_elements_text(NEW.restic_args) WITH ORDINALITY AS given (argument, place)
      ON given.argument = a.argument
  WHERE a.platform <> device.platform
  ORDER BY given.place
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('job refused: restic_args has "%s", which only restic on %s knows, and the device "%s" runs %s',
        wrong.argument, initcap(wrong.platform), NEW.device_id, device.platform)),
      HINT = 'Leave it out.';
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER backup_jobs_check_platform
  BEFORE INSERT OR UPDATE OF device_id, source_paths, exclude_patterns, restic_args ON backup_jobs
  FOR EACH ROW
EXECUTE FUNCTION holdfast.jobs_platform_check();

CREATE OR REPLACE FUNCTION holdfast.retention_policy_known() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  names text[];
BEGIN
  SELECT array_agg(name ORDER BY name) INTO names FROM public.retention_policies;
  IF NEW.retention_policy <> ALL (coalesce(names, '{}')) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('%s refused: there is no retention policy "%s"', TG_ARGV[0], NEW.retention_policy)),
      HINT = holdfast.did_you_mean(NEW.retention_policy, names, 'SELECT name FROM retention_policies lists those that there are.');
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION holdfast.job_copy_check() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
DECLARE
  names   text[];
  unknown text;
BEGIN
  SELECT coalesce(array_agg(name ORDER BY name), '{}') INTO names FROM public.copy_targets;
  SELECT coalesce(c, 'NULL') INTO unknown FROM unnest(NEW.copy_to) c WHERE c IS NULL OR c <> ALL (names) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('job refused: copy_to names "%s", and there is no such copy target', left(unknown, 64))),
      HINT = holdfast.did_you_mean(unknown, names, 'SELECT name FROM copy_targets_public lists those that there are.');
  END IF;
  RETURN NEW;
END
$$;

-- ---- Schedules.

-- As of V017, but for the number of one field.
CREATE OR REPLACE FUNCTION holdfast.cron_problem(expression text) RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
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
             WHEN lower(expression) <> ALL (holdfast.cron_nicknames())
               THEN format('cron_expression "%s" is not one of the known nicknames', expression)
           END;
  END IF;
  fields := CASE WHEN expression = '' THEN '{}' ELSE regexp_split_to_array(expression, '\s+') END;
  IF cardinality(fields) <> 5 THEN
    RETURN format('cron_expression "%s" has %s instead of five', expression,
                  CASE cardinality(fields) WHEN 1 THEN '1 field' ELSE cardinality(fields) || ' fields' END);
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

CREATE FUNCTION holdfast.cron_nicknames() RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT ARRAY ['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually']
$$;

-- What to write instead of an expression that is refused; the agent has no such list, since it never asks a person.
CREATE FUNCTION holdfast.cron_hint(expression text, example text) RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  written CONSTANT text := btrim(expression, E' \t\r\n');
  every   CONSTANT text[] := regexp_match(written, '^@every\s+([0-9]{1,6})\s*(s|m|h|d)$', 'i');
  named   text;
BEGIN
  IF written ~* '^(CRON_)?TZ=' THEN
    RETURN format('Write the zone into the column timezone, %L, and only the five fields here.',
                  substring(written FROM '=(\S*)'));
  ELSIF every IS NOT NULL THEN
    RETURN format('Write schedule_type = ''interval'' and interval_seconds = %s, without a cron_expression.',
                  every[1]::bigint * CASE lower(every[2]) WHEN 's' THEN 1 WHEN 'm' THEN 60 WHEN 'h' THEN 3600 ELSE 86400 END);
  ELSIF written ~* '^@every' THEN
    RETURN 'Write schedule_type = ''interval'' and the seconds into interval_seconds, without a cron_expression.';
  ELSIF lower(written) = '@reboot' THEN
    RETURN 'A backup that was missed is made up for after the start by itself (catch_up); known are '
           || array_to_string(holdfast.cron_nicknames(), ', ') || '.';
  ELSIF written LIKE '@%' THEN
    RETURN holdfast.did_you_mean(written, holdfast.cron_nicknames(),
      'Known are ' || array_to_string(holdfast.cron_nicknames(), ', ') || '.');
  END IF;
  named := lower(substring(written FROM '(?i)(sunday|monday|tuesday|wednesday|thursday|friday|saturday|january|february|march|april|june|july|august|september|october|november|december)'));
  IF named IS NOT NULL THEN
    RETURN format('Did you mean "%s"?', left(named, 3));
  ELSIF cardinality(regexp_split_to_array(written, '\s+')) IN (6, 7) THEN
    RETURN format('There are no seconds and no years: write minute hour day-of-month month day-of-week, such as %L.', example);
  END IF;
  RETURN format('Write five fields, minute hour day-of-month month day-of-week, such as %L.', example);
END
$$;

-- The zone that is meant by a word that is none.
CREATE FUNCTION holdfast.timezone_hint(word text) RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  off_by CONSTANT text[] := regexp_match(word, '^\s*(?:UTC|GMT|Z)?\s*([+-])0?([0-9]{1,2})(?::?00)?\s*$', 'i');
  asked  CONSTANT text := lower(replace(btrim(word), ' ', '_'));
  zones  text[];
  near   text;
  city   text;
BEGIN
  IF off_by IS NOT NULL AND off_by[2]::integer BETWEEN 1 AND 12 THEN
    RETURN format('Write the name of a place such as Europe/Berlin, which follows its clock changes; %s hours %s UTC all year is Etc/GMT%s%s.',
                  off_by[2]::integer, CASE off_by[1] WHEN '+' THEN 'ahead of' ELSE 'behind' END,
                  CASE off_by[1] WHEN '+' THEN '-' ELSE '+' END, off_by[2]::integer);
  END IF;
  SELECT array_agg(z.name ORDER BY z.name) INTO zones FROM pg_timezone_names z WHERE z.name !~ '^(posix|right)/' AND z.name LIKE '%/%';
  SELECT z INTO near
  FROM unnest(zones) z
  WHERE lower(z) = asked OR lower(substring(z FROM '[^/]*$')) = asked
  ORDER BY lower(z) = asked DESC, z LIKE 'Etc/%', z
  LIMIT 1;
  IF near IS NULL THEN
    near := holdfast.nearest(asked, zones);
  END IF;
  IF near IS NULL THEN
    city := holdfast.nearest(asked, ARRAY(SELECT DISTINCT substring(z FROM '[^/]*$') FROM unnest(zones) z));
    SELECT z INTO near FROM unnest(zones) z WHERE substring(z FROM '[^/]*$') = city ORDER BY z LIMIT 1;
  END IF;
  RETURN coalesce('Did you mean "' || near || '"?', 'Write a name such as Europe/Berlin; NULL is the device''s own.');
END
$$;

CREATE OR REPLACE FUNCTION holdfast.schedules_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- Of the table housekeeping too.
  called CONSTANT text := CASE TG_TABLE_NAME WHEN 'housekeeping' THEN 'housekeeping' ELSE 'schedule' END;
  problem text;
BEGIN
  IF NEW.schedule_type IS NULL OR NEW.schedule_type NOT IN ('cron', 'interval') THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('%s refused: schedule_type is "%s"', called, NEW.schedule_type)),
      HINT = holdfast.did_you_mean(NEW.schedule_type, ARRAY ['cron', 'interval'], 'Write cron or interval.');
  END IF;
  IF NEW.cron_expression IS NOT NULL AND NEW.interval_seconds IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('%s refused: it has a cron_expression and interval_seconds', called)),
      HINT = 'Keep one of them, and insert a second row for the other if both are meant.';
  END IF;
  IF NEW.schedule_type = 'cron' THEN
    IF NEW.cron_expression IS NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('%s refused: schedule_type is cron, and there is no cron_expression', called)),
        HINT = 'Write five fields, such as ''0 2 * * *'' for every night at two.';
    END IF;
    problem := holdfast.cron_problem(NEW.cron_expression);
    IF problem IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('%s refused: %s', called, problem)),
        HINT = holdfast.cron_hint(NEW.cron_expression, '0 2 * * mon-fri');
    END IF;
  ELSIF NEW.interval_seconds IS NULL OR NEW.interval_seconds NOT BETWEEN 1 AND 31622400 THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('%s refused: interval_seconds is %s, outside 1 to 31622400', called,
        coalesce(NEW.interval_seconds::text, 'missing'))),
      HINT = 'Write the seconds between two runs, such as 3600 for every hour.';
  END IF;
  IF NEW.timezone IS NOT NULL AND NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = NEW.timezone) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('%s refused: there is no timezone "%s"', called, NEW.timezone)),
      HINT = holdfast.timezone_hint(NEW.timezone);
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION holdfast.verify_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  problem CONSTANT text := holdfast.cron_problem(NEW.verify_schedule);
BEGIN
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line('job refused: verify_schedule: ' || problem),
      HINT = holdfast.cron_hint(NEW.verify_schedule, '0 4 * * sun');
  END IF;
  RETURN NEW;
END
$$;

-- ---- Settings and copy targets.

-- The variables that restic's storage back-ends read; BackendEnvironment has the same. Those of the second kind name what is on the
-- machine, so that only the machine itself may say them: in a repository_environment that is a reference.
CREATE FUNCTION holdfast.backend_variables() RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT ARRAY [
    'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_DEFAULT_REGION', 'AWS_REGION',
    'RESTIC_AWS_ASSUME_ROLE_ARN', 'RESTIC_AWS_ASSUME_ROLE_SESSION_NAME', 'RESTIC_AWS_ASSUME_ROLE_EXTERNAL_ID',
    'RESTIC_AWS_ASSUME_ROLE_REGION', 'RESTIC_AWS_ASSUME_ROLE_POLICY',
    'AZURE_ACCOUNT_NAME', 'AZURE_ACCOUNT_KEY', 'AZURE_ACCOUNT_SAS', 'AZURE_ENDPOINT_SUFFIX', 'B2_ACCOUNT_ID', 'B2_ACCOUNT_KEY',
    'GOOGLE_PROJECT_ID', 'GOOGLE_ACCESS_TOKEN', 'RESTIC_REST_USERNAME', 'RESTIC_REST_PASSWORD',
    'OS_AUTH_URL', 'OS_REGION_NAME', 'OS_USERNAME', 'OS_USER_ID', 'OS_PASSWORD', 'OS_TENANT_ID', 'OS_TENANT_NAME',
    'OS_USER_DOMAIN_NAME', 'OS_USER_DOMAIN_ID', 'OS_PROJECT_NAME', 'OS_PROJECT_DOMAIN_NAME', 'OS_PROJECT_DOMAIN_ID', 'OS_TRUST_ID',
    'OS_APPLICATION_CREDENTIAL_ID', 'OS_APPLICATION_CREDENTIAL_NAME', 'OS_APPLICATION_CREDENTIAL_SECRET', 'OS_STORAGE_URL',
    'OS_AUTH_TOKEN', 'ST_AUTH', 'ST_USER', 'ST_KEY', 'SWIFT_DEFAULT_CONTAINER_POLICY',
    'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']
$$;

CREATE FUNCTION holdfast.machine_variables() RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT ARRAY ['AWS_PROFILE', 'AWS_SHARED_CREDENTIALS_FILE', 'GOOGLE_APPLICATION_CREDENTIALS']
$$;

-- A name that looks like no variable is not repeated: it may be a secret that stands on the wrong side of the colon.
CREATE FUNCTION holdfast.refuse_environment(called text, written text) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known CONSTANT text[] := holdfast.backend_variables();
  other text;
BEGIN
  IF written IS NULL OR btrim(written) = '' OR written ~ '^(file|env|enc):' THEN
    RETURN;
  END IF;
  BEGIN
    IF jsonb_typeof(written::jsonb) <> 'object'
       OR EXISTS (SELECT FROM jsonb_each(written::jsonb) e WHERE jsonb_typeof(e.value) <> 'string') THEN
      RAISE invalid_text_representation;
    END IF;
  EXCEPTION
    WHEN invalid_text_representation OR data_exception OR statement_too_complex THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('%s refused: "repository_environment" is no JSON object of strings', called)),
        HINT = 'Write {"AWS_ACCESS_KEY_ID": "..."}.';
  END;
  SELECT k INTO other FROM jsonb_object_keys(written::jsonb) k WHERE k <> ALL (known) ORDER BY k LIMIT 1;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'check_violation',
    MESSAGE = holdfast.one_line(format('%s refused: "repository_environment" has %s', called,
           CASE
             WHEN other = ANY (holdfast.machine_variables())
               THEN format('"%s", which names what is on the machine, so that only the machine may say it', other)
             WHEN other ~ '^[A-Z][A-Z0-9]*(_[A-Z0-9]+){1,6}$' AND length(other) <= 40
               THEN format('"%s", which is not among the variables that may be set for a storage', other)
             ELSE 'a variable that may not be set for a storage'
           END)),
    HINT = CASE
      WHEN other = ANY (holdfast.machine_variables())
        THEN 'Write file:NAME, and on the machine the whole JSON object into the file repository_environment.NAME of its secrets directory.'
      ELSE holdfast.did_you_mean(other, known, 'SELECT holdfast.backend_variables() lists them.')
    END;
END
$$;

CREATE OR REPLACE FUNCTION holdfast.settings_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known public.setting_keys;
BEGIN
  SELECT * INTO known FROM public.setting_keys WHERE key = NEW.key;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('setting refused: "%s" is unknown', NEW.key)),
      HINT = holdfast.did_you_mean(NEW.key, ARRAY(SELECT k.key::text FROM public.setting_keys k), 'SELECT * FROM setting_keys lists the settings.');
  END IF;
  IF NEW.device_id IS NOT NULL AND NOT known.per_device THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('setting refused: "%s" is one for the whole fleet', NEW.key)),
      HINT = 'Leave device_id NULL.';
  END IF;
  IF NEW.value = '' THEN
    RETURN NEW;
  END IF;
  IF known.kind = 'integer' THEN
    IF btrim(NEW.value) !~ '^[0-9]{1,18}$'
       OR btrim(NEW.value)::bigint NOT BETWEEN known.min_value AND known.max_value THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('setting refused: "%s" must be a whole number from %s to %s, and is "%s"', NEW.key,
          known.min_value, known.max_value, left(NEW.value, 64))),
        HINT = 'Write the number alone, without a unit.';
    END IF;
  ELSIF known.kind = 'boolean' THEN
    IF btrim(NEW.value) NOT IN ('true', 'false', 'on', 'off', 'yes', 'no', '1', '0') THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('setting refused: "%s" must be true or false, and is "%s"', NEW.key, left(NEW.value, 64))),
        HINT = 'Write true or false.';
    END IF;
  ELSIF NEW.key = 'repository_environment' THEN
    PERFORM holdfast.refuse_environment('setting', NEW.value);
  ELSIF NEW.key = 'repository_password' AND NEW.value <> holdfast.without_blanks(NEW.value) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'setting refused: "repository_password" begins or ends with white space, which restic cuts off',
      HINT = 'Write it without.';
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION holdfast.copy_target_check() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
DECLARE
  secret  text;
  written text;
BEGIN
  IF NEW.name !~ '^[A-Za-z0-9][A-Za-z0-9._-]*$' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('copy target refused: the name "%s" is not allowed', NEW.name)),
      HINT = 'Use letters, digits, ''.'', ''_'' and ''-'', 48 at most, the first a letter or digit.';
  END IF;
  FOREACH secret IN ARRAY ARRAY ['repository_url', 'repository_password', 'repository_environment'] LOOP
    written := to_jsonb(NEW) ->> secret;
    IF secret <> 'repository_environment' AND btrim(written) = '' THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('copy target refused: %s is empty', secret)),
        HINT = format('Write it, or what it stands for: file:NAME, env:HOLDFAST_SECRET_%s_NAME, enc:v1:...', upper(secret));
    END IF;
    IF written LIKE 'file:%' AND written !~ '^file:[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'
       OR written LIKE 'env:%' AND written !~ '^env:HOLDFAST_SECRET_[A-Z0-9_]{1,64}$'
       OR written LIKE 'enc:%' AND written !~ '^enc:v1:[a-z0-9]{8}:[A-Za-z0-9_-]{38,}$' THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('copy target refused: %s refers to a secret in a way that is not allowed', secret)),
        HINT = format('Write file:NAME without a directory, env:HOLDFAST_SECRET_%s_NAME, or what holdfast secret encrypt printed.', upper(secret));
    END IF;
  END LOOP;
  IF NEW.repository_password <> holdfast.without_blanks(NEW.repository_password) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'copy target refused: repository_password begins or ends with white space, which restic cuts off',
      HINT = 'Write it without.';
  END IF;
  PERFORM holdfast.refuse_environment('copy target', NEW.repository_environment);
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

CREATE OR REPLACE FUNCTION holdfast.setting_words_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  allowed text[] := (SELECT k.allowed_values FROM public.setting_keys k WHERE k.key = NEW.key);
BEGIN
  IF NEW.value = '' OR allowed IS NULL OR btrim(NEW.value) = ANY (allowed) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'check_violation',
    MESSAGE = holdfast.one_line(format('setting refused: "%s" is "%s", and may be %s', NEW.key, left(NEW.value, 64), array_to_string(allowed, ', '))),
    HINT = holdfast.did_you_mean(NEW.value, allowed, 'Write one of these words.');
END
$$;

-- ---- Devices.

CREATE OR REPLACE FUNCTION holdfast.devices_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  platforms CONSTANT text[] := ARRAY ['linux', 'windows', 'darwin', 'freebsd'];
BEGIN
  IF NEW.id !~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('device refused: the id "%s" is not allowed', NEW.id)),
      HINT = 'Use letters, digits, ''.'', ''_'' and ''-'', 128 at most, the first a letter or digit.';
  END IF;
  IF NEW.platform IS NULL OR NEW.platform <> ALL (platforms) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('device refused: the platform "%s" is unknown', NEW.platform)),
      HINT = holdfast.did_you_mean(NEW.platform, platforms, 'Write linux, windows, darwin or freebsd.');
  END IF;
  IF btrim(NEW.name) = '' OR NEW.name ~ '[[:cntrl:]]' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'device refused: its name is empty, or has control characters',
      HINT = 'It is the host name that its snapshots carry.';
  END IF;
  RETURN NEW;
END
$$;

-- A machine that brings its own name is not kept from registering by it: only what a person types is refused.
CREATE FUNCTION holdfast.device_name_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  other text;
BEGIN
  IF current_query() !~* '\m(insert\s+into|update)\s+(public\s*\.\s*)?devices\M' THEN
    RETURN NEW;
  END IF;
  SELECT d.id INTO other FROM public.devices d WHERE d.name = NEW.name AND d.id <> NEW.id AND d.enabled LIMIT 1;
  IF FOUND AND NOT holdfast.is_meant() THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('device refused: its name "%s" is that of device "%s" too, and snapshots carry it as their host',
                                         NEW.name, other)),
      HINT = 'Give it another name; one that a retired device has is free. ' || holdfast.how_it_is_meant();
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER devices_name_check
  BEFORE INSERT OR UPDATE OF name ON devices
  FOR EACH ROW
  WHEN (NEW.enabled)
EXECUTE FUNCTION holdfast.device_name_check();
REVOKE EXECUTE ON FUNCTION holdfast.device_name_check() FROM PUBLIC;

-- ---- Retention and housekeeping.

CREATE OR REPLACE FUNCTION holdfast.retention_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  within   CONSTANT text := '^(?=.*[1-9])([0-9]{1,4}y)?([0-9]{1,5}m)?([0-9]{1,5}d)?([0-9]{1,6}h)?$';
  policy   CONSTANT jsonb := to_jsonb(NEW);
  rule     text;
  other    text;
  keeps    boolean := false;
BEGIN
  IF btrim(NEW.name) = '' OR NEW.name <> btrim(NEW.name) OR NEW.name ~ '[[:cntrl:]]' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('retention policy refused: its name is "%s"', NEW.name)),
      HINT = 'Give it a name without blanks around it and without control characters.';
  END IF;
  FOREACH rule IN ARRAY ARRAY ['keep_last', 'keep_hourly', 'keep_daily', 'keep_weekly', 'keep_monthly', 'keep_yearly'] LOOP
    IF policy ->> rule IS NOT NULL AND (policy ->> rule)::bigint NOT BETWEEN 1 AND 100000 THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('retention policy refused: %s is %s, outside 1 to 100000', rule, policy ->> rule)),
        HINT = 'Leave the rule out (NULL) if it is to keep nothing.';
    END IF;
    keeps := keeps OR policy ->> rule IS NOT NULL;
  END LOOP;
  FOREACH rule IN ARRAY ARRAY ['keep_within', 'keep_within_hourly', 'keep_within_daily', 'keep_within_weekly',
    'keep_within_monthly', 'keep_within_yearly'] LOOP
    IF policy ->> rule IS NOT NULL AND policy ->> rule !~ within THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('retention policy refused: %s is "%s"', rule, policy ->> rule)),
        HINT = 'Write years, months, days and hours in this order, such as 1y6m, 14d or 36h.';
    END IF;
    keeps := keeps OR policy ->> rule IS NOT NULL;
  END LOOP;
  IF array_ndims(NEW.keep_tags) > 1 THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'retention policy refused: keep_tags is an array of arrays',
      HINT = 'Write ARRAY[''a'', ''b''].';
  END IF;
  IF EXISTS (SELECT FROM unnest(NEW.keep_tags) t WHERE t IS NULL OR btrim(t) = '' OR t LIKE '%,%') THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'retention policy refused: keep_tags has a tag that is empty or holds a comma',
      HINT = 'Write one tag per element; restic splits at commas.';
  END IF;
  IF NEW.keep_all AND (keeps OR cardinality(NEW.keep_tags) > 0) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'retention policy refused: it has keep_all and another rule',
      HINT = 'Keep one of them.';
  END IF;
  IF NOT keeps AND NOT NEW.keep_all THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('retention policy refused: "%s" would keep nothing', NEW.name)),
      HINT = CASE
        WHEN cardinality(NEW.keep_tags) > 0
          THEN 'keep_tags keeps nothing of a job without such tags: add another rule, such as keep_last = 1.'
        ELSE 'Give it a rule, such as keep_daily = 14, or keep_all = true.'
      END;
  END IF;
  IF NEW.is_default THEN
    SELECT p.name INTO other FROM public.retention_policies p WHERE p.is_default AND p.id <> NEW.id AND p.name <> NEW.name;
    IF FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = holdfast.one_line(format('retention policy refused: the default is "%s" already', other)),
        HINT = format('In one transaction: BEGIN; UPDATE retention_policies SET is_default = false WHERE name = %L; then this statement, and COMMIT;', other);
    END IF;
  END IF;
  RETURN NEW;
END
$$;

-- Jobs without a policy of their own rely on the default one, and nothing is forgotten of them without it. Asked when the
-- transaction ends, by when another one may be the default.
CREATE FUNCTION holdfast.default_policy_stays() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  jobs bigint;
BEGIN
  IF holdfast.is_meant() OR EXISTS (SELECT FROM public.retention_policies p WHERE p.is_default) THEN
    RETURN NULL;
  END IF;
  SELECT count(*) INTO jobs FROM public.backup_jobs j WHERE j.retention_policy IS NULL;
  IF jobs > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('retention policy refused: "%s" was the default, and %s jobs without a policy of their own would keep all their snapshots',
             OLD.name, jobs)),
      HINT = 'Make another one the default in the same transaction, or give these jobs one. ' || holdfast.how_it_is_meant();
  END IF;
  RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION holdfast.default_policy_stays() FROM PUBLIC;

CREATE CONSTRAINT TRIGGER retention_policies_default_stays
  AFTER DELETE OR UPDATE OF is_default ON retention_policies
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW
  WHEN (OLD.is_default)
EXECUTE FUNCTION holdfast.default_policy_stays();

CREATE OR REPLACE FUNCTION holdfast.housekeeping_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kinds CONSTANT text[] := holdfast.housekeeping_kinds();
BEGIN
  IF NEW.kind IS NULL OR NEW.kind <> ALL (kinds) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('housekeeping refused: kind is "%s"', NEW.kind)),
      HINT = holdfast.did_you_mean(NEW.kind, kinds, 'Write one of ' || array_to_string(kinds, ', ') || '.');
  END IF;
  IF NEW.kind = 'check-data' THEN
    NEW.parts := coalesce(NEW.parts, 30);
  END IF;
  IF (NEW.kind = 'check-data') <> (NEW.parts IS NOT NULL) OR NEW.parts NOT BETWEEN 1 AND 1000 THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('housekeeping refused: parts is %s', coalesce(NEW.parts::text, 'missing'))),
      HINT = 'It belongs to check-data alone, and is 1 to 1000: with 30 and a turn a day, all data is read in a month.';
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION holdfast.housekeeping_target_check() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
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
      MESSAGE = holdfast.one_line(format('housekeeping refused: there is no copy target "%s"', NEW.target)),
      HINT = holdfast.did_you_mean(NEW.target, names, 'SELECT name FROM copy_targets_public lists those that there are.');
  END IF;
  RETURN NEW;
END
$$;

-- ---- Requests.

-- As of V032, and what the command takes besides: 1h, 14:00, yesterday 14:00.
CREATE OR REPLACE FUNCTION holdfast.is_moment(words text) RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  units  CONSTANT text := 'second|sec|s|minute|min|m|hour|h|day|d|week|w|month|year';
  a_time CONSTANT text := '([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?';
BEGIN
  words := regexp_replace(btrim(words), '\s+', ' ', 'g');
  IF lower(words) IN ('now', 'today', 'yesterday')
     OR words ~* format('^(an?|[0-9]{1,5}) ?(%s)s? ago$', units)
     OR words ~* format('^[0-9]{1,5} ?(%s)s?$', units)
     OR words ~* format('^((today|yesterday) )?%s$', a_time) THEN
    RETURN true;
  END IF;
  IF words !~ '^\d{4}-\d{2}-\d{2}([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$' THEN
    RETURN false;
  END IF;
  PERFORM words::timestamptz;
  RETURN true;
EXCEPTION
  WHEN data_exception THEN
    RETURN false;
END
$$;

CREATE OR REPLACE FUNCTION holdfast.requests_complete() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
DECLARE
  kinds CONSTANT text[] := ARRAY ['backup', 'cancel', 'sync', 'restore'];
  of_job     public.backup_jobs;
  its_device varchar;
BEGIN
  -- What is asked for decides what else there must be.
  IF NEW.kind IS NULL OR NEW.kind <> ALL (kinds) THEN
    PERFORM holdfast.refuse_request(format('kind is "%s"', NEW.kind),
      holdfast.did_you_mean(NEW.kind, kinds, 'Write backup, cancel, sync or restore.'));
  END IF;
  IF NEW.status = 'pending' AND NEW.expires_at <= clock_timestamp() THEN
    PERFORM holdfast.refuse_request('expires_at is over already, so that no device would look at it',
      'Leave it out for a day from now, or write such as now() + interval ''2 hours''.');
  END IF;
  IF NEW.kind = 'backup' AND NEW.job_id IS NULL THEN
    PERFORM holdfast.refuse_request('a backup needs a job_id', 'SELECT id, device_id, name FROM backup_jobs lists the jobs.');
  END IF;
  IF NEW.kind = 'cancel' AND NEW.job_id IS NULL AND NEW.run_uuid IS NULL THEN
    PERFORM holdfast.refuse_request('a cancel needs a run_uuid or a job_id',
      'SELECT run_uuid, job_name FROM runs WHERE status = ''running'' lists the runs that go on.');
  END IF;
  IF NEW.kind = 'restore' THEN
    PERFORM holdfast.restore_check(NEW.parameters, NEW.job_id);
    IF NEW.run_uuid IS NOT NULL THEN
      PERFORM holdfast.refuse_request('a restore takes no run_uuid',
        'SELECT snapshot_id FROM runs tells the run''s snapshot: write that into the parameters.');
    END IF;
    -- Who asks for files to be written somewhere asks in his own name.
    NEW.requested_by := session_user;
  ELSIF NEW.parameters IS NOT NULL THEN
    PERFORM holdfast.refuse_request(format('a request of kind %s takes no parameters', NEW.kind), 'Leave them out.');
  END IF;
  IF NEW.run_uuid IS NOT NULL THEN
    SELECT device_id INTO its_device FROM public.runs WHERE run_uuid = NEW.run_uuid;
    IF NOT FOUND THEN
      SELECT device_id INTO its_device FROM public.requests WHERE id = NEW.run_uuid AND kind = 'restore';
    END IF;
    IF NOT FOUND THEN
      PERFORM holdfast.refuse_request(format('there is no run %s', NEW.run_uuid),
        'Give the run_uuid of the run, not its id; of a restore the id.');
    END IF;
    NEW.device_id := coalesce(NEW.device_id, its_device);
    IF NEW.device_id <> its_device THEN
      PERFORM holdfast.refuse_request(format('run %s is not one of device %s', NEW.run_uuid, NEW.device_id), 'Leave device_id out.');
    END IF;
  END IF;
  IF NEW.job_id IS NOT NULL THEN
    SELECT * INTO of_job FROM public.backup_jobs WHERE id = NEW.job_id;
    IF NOT FOUND THEN
      PERFORM holdfast.refuse_request(format('there is no job %s', NEW.job_id),
        'SELECT id, device_id, name FROM backup_jobs lists the jobs; to restore of one that is gone name a snapshot.');
    END IF;
    NEW.device_id := coalesce(NEW.device_id, of_job.device_id);
    -- Whose files are restored where is an admin's to say, and the machine's own policy says where to.
    IF NEW.device_id <> of_job.device_id AND NEW.kind <> 'restore' THEN
      PERFORM holdfast.refuse_request(format('job %s is not one of device %s', NEW.job_id, NEW.device_id), 'Leave device_id out.');
    END IF;
  END IF;
  IF NEW.device_id IS NULL THEN
    PERFORM holdfast.refuse_request('it names no device', 'Give a device_id, or a job_id or run_uuid that tells it.');
  END IF;
  IF NOT EXISTS (SELECT FROM public.devices d WHERE d.id = NEW.device_id) THEN
    PERFORM holdfast.refuse_request(format('there is no device "%s"', NEW.device_id),
      holdfast.did_you_mean(NEW.device_id, ARRAY(SELECT d.id::text FROM public.devices d), 'SELECT id, name FROM devices lists those that there are.'));
  END IF;
  RETURN NEW;
END
$$;

-- How a request stands is its device's to say.
CREATE FUNCTION holdfast.requests_words_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known CONSTANT text[] := ARRAY ['pending', 'claimed', 'done', 'failed', 'expired'];
  kinds CONSTANT text[] := ARRAY ['backup', 'cancel', 'sync', 'restore'];
BEGIN
  IF NEW.kind IS NULL OR NEW.kind <> ALL (kinds) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('request refused: kind is "%s"', NEW.kind)),
      HINT = holdfast.did_you_mean(NEW.kind, kinds, 'Write backup, cancel, sync or restore.');
  END IF;
  IF NEW.status <> ALL (known) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = holdfast.one_line(format('request refused: status is "%s"', NEW.status)),
      HINT = CASE
        WHEN NEW.status ~* '^cancel' THEN 'To stop a backup: INSERT INTO requests (kind, job_id) VALUES (''cancel'', ...).'
        ELSE holdfast.did_you_mean(NEW.status, known, 'Leave it out: the device says how it stands.')
      END;
  ELSIF (NEW.finished_at IS NOT NULL) <> (NEW.status IN ('done', 'failed', 'expired')) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('request refused: status is "%s", and finished_at is %s', NEW.status,
                       coalesce(NEW.finished_at::text, 'missing')),
      HINT = 'Leave both out: the device says how it stands.';
  END IF;
  RETURN NEW;
END
$$;
REVOKE EXECUTE ON FUNCTION holdfast.requests_words_check() FROM PUBLIC;

CREATE TRIGGER requests_words_check
  BEFORE INSERT OR UPDATE OF kind, status, finished_at ON requests
  FOR EACH ROW
EXECUTE FUNCTION holdfast.requests_words_check();

-- As of V032, and patterns that restic would refuse, which is told only when the restore has begun.
CREATE OR REPLACE FUNCTION holdfast.restore_patterns_check(parameters jsonb) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY ['include', 'exclude'] LOOP
    CONTINUE WHEN NOT parameters ? name;
    IF jsonb_typeof(parameters -> name) <> 'array' OR jsonb_array_length(parameters -> name) NOT BETWEEN 1 AND 500 THEN
      PERFORM holdfast.refuse_request(format('"%s" is no array of 1 to 500 patterns', name),
        format('Write {"%s": ["/srv/www/*.html"]}.', name));
    ELSIF EXISTS (SELECT FROM jsonb_array_elements(parameters -> name) e
                  WHERE jsonb_typeof(e) <> 'string' OR btrim(e #>> '{}') = '' OR e #>> '{}' ~ '[[:cntrl:]]') THEN
      PERFORM holdfast.refuse_request(
        format('"%s" has a pattern that is empty, has control characters or is no text', name),
        'Leave it out, or write what was meant.');
    END IF;
    PERFORM holdfast.refuse_pattern('request', format('"%s"', name), e, 'broken')
    FROM jsonb_array_elements_text(parameters -> name) e
    WHERE holdfast.pattern_fault_on(e, NULL, false) = 'broken';
  END LOOP;
  IF parameters ? 'include' AND parameters ? 'exclude' THEN
    PERFORM holdfast.refuse_request('restic takes either "include" or "exclude", not both', 'Leave one of them out.');
  END IF;
END
$$;

UPDATE control_plane_version SET schema_version = 43;
