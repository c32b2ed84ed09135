-- A device cannot stop the others: each is woken on a channel of its own, a login that is closed or given anew loses its
-- sessions, an open transaction of a device is ended, and what a device writes is shown and not obeyed.

-- ---- Channels. Whoever knows a channel's name can notify on it as often as he likes, and everybody who listens there reads it
-- all. So each device has one, under a name that nobody can guess and only the device is told.

CREATE TABLE holdfast.channels (
  device_id varchar(255) PRIMARY KEY REFERENCES public.devices (id) ON DELETE CASCADE,
  channel   varchar(63)  NOT NULL DEFAULT 'holdfast_' || replace(gen_random_uuid()::text, '-', '')
);
COMMENT ON TABLE holdfast.channels IS 'On which channel each device that listens hears that something has changed';
GRANT SELECT ON holdfast.channels TO backup_admin;

CREATE FUNCTION holdfast.channel_of(device varchar) RETURNS text
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_own(device);
  INSERT INTO holdfast.channels (device_id) VALUES (device) ON CONFLICT DO NOTHING;
  RETURN (SELECT c.channel FROM holdfast.channels c WHERE c.device_id = device);
END
$$;
COMMENT ON FUNCTION holdfast.channel_of(varchar) IS 'For a device: the channel to listen on';
REVOKE EXECUTE ON FUNCTION holdfast.channel_of(varchar) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.channel_of(varchar) TO backup_client;

-- The payload says whether it is for all of them, who then need not all ask in the same moment; else it is empty.
CREATE FUNCTION holdfast.wake(device varchar) RETURNS void
  LANGUAGE sql
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT pg_notify(c.channel, CASE WHEN device IS NULL THEN '*' ELSE '' END)
  FROM holdfast.channels c
  WHERE device IS NULL OR c.device_id = device
$$;
REVOKE EXECUTE ON FUNCTION holdfast.wake(varchar) FROM PUBLIC;

CREATE OR REPLACE FUNCTION holdfast.notify_device(device varchar) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF device IS NULL THEN
    UPDATE holdfast.fleet_revision SET revision = revision + 1;
  ELSE
    -- A device that is being deleted has none any more.
    INSERT INTO holdfast.config_revisions AS r (device_id)
    SELECT id FROM public.devices WHERE id = device
    ON CONFLICT (device_id) DO UPDATE SET revision = r.revision + 1;
  END IF;
  PERFORM holdfast.wake(device);
END
$$;

CREATE OR REPLACE FUNCTION holdfast.request_made() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.wake(NEW.device_id);
  RETURN NULL;
END
$$;

-- ---- Sessions of devices that are to end.

-- Those of a login, or some of them. The owner of the control plane may end them as a member of the login, and is one for as
-- long as that takes: a member for good would be one more way to become the device. False if he may not become one, as of a
-- role that somebody else has made from PostgreSQL 16 on; a member of pg_signal_backend needs none of it.
CREATE FUNCTION holdfast.end_sessions(login name, only_these integer[] DEFAULT NULL) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  sessions CONSTANT integer[] := ARRAY(SELECT a.pid
                                       FROM pg_stat_activity a
                                       WHERE a.usename = login
                                         AND a.pid <> pg_backend_pid()
                                         AND (only_these IS NULL OR a.pid = ANY (only_these)));
  is_lent boolean;
BEGIN
  IF cardinality(sessions) = 0 THEN
    RETURN true;
  END IF;
  is_lent := NOT pg_has_role(current_user, login, 'USAGE') AND NOT pg_has_role(current_user, 'pg_signal_backend', 'USAGE');
  IF is_lent THEN
    EXECUTE format('GRANT %I TO %I', login, current_user);
  END IF;
  PERFORM pg_terminate_backend(s) FROM unnest(sessions) s;
  IF is_lent THEN
    EXECUTE format('REVOKE %I FROM %I', login, current_user);
  END IF;
  RETURN true;
EXCEPTION
  -- The second, when two do this for the same login at once.
  WHEN insufficient_privilege OR internal_error THEN RETURN false;
END
$$;
REVOKE EXECUTE ON FUNCTION holdfast.end_sessions(name, integer[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION holdfast.issue_login(device varchar, device_name varchar, device_platform varchar, verifier text,
                                                valid interval)
  RETURNS name
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  login CONSTANT name := holdfast.login_name(device);
  former name;
  problem text;
BEGIN
  PERFORM holdfast.check_verifier(verifier);
  IF valid IS NULL OR valid NOT BETWEEN interval '1 minute' AND interval '30 days' THEN
    RAISE EXCEPTION 'a token is good for 1 minute to 30 days, not for %', valid
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO public.devices (id, name, platform)
  VALUES (device, coalesce(device_name, device), coalesce(device_platform, 'linux'))
  ON CONFLICT (id) DO NOTHING;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
    EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 8 IN ROLE backup_client',
                   login);
  ELSE
    problem := holdfast.login_problem(login);
    IF problem IS NOT NULL THEN
      RAISE EXCEPTION 'the role % cannot be the login of a device: %', login, problem
        USING ERRCODE = 'insufficient_privilege', HINT = 'As whoever has given it that: take it away, or drop the role.';
    END IF;
  END IF;
  EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L VALID UNTIL %L', login, verifier, clock_timestamp() + valid);
  SELECT l.role_name INTO former FROM holdfast.device_logins l WHERE l.device_id = device;
  INSERT INTO holdfast.device_logins (role_name, device_id)
  VALUES (login, device)
  ON CONFLICT (device_id) DO UPDATE SET role_name = excluded.role_name, retired_at = NULL;
  -- Whoever had the device until now is out, and does not know where it will listen.
  DELETE FROM holdfast.channels c WHERE c.device_id = device;
  PERFORM holdfast.end_sessions(login);
  IF former <> login AND holdfast.login_problem(former) IS NULL THEN
    PERFORM holdfast.end_sessions(former);
  END IF;
  RETURN login;
END
$$;

CREATE OR REPLACE FUNCTION holdfast.retire_device(device varchar) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  login name;
BEGIN
  UPDATE public.devices SET enabled = false WHERE id = device;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no device %', device USING ERRCODE = 'no_data_found';
  END IF;
  -- From here on it sees and writes nothing, whatever becomes of its role.
  UPDATE holdfast.device_logins
  SET retired_at = coalesce(retired_at, clock_timestamp())
  WHERE device_id = device
  RETURNING role_name INTO login;
  IF login IS NULL THEN
    RETURN;
  END IF;
  DELETE FROM holdfast.channels c WHERE c.device_id = device;
  -- Only one that issue_login has made for it is ours to close.
  IF login = holdfast.login_name(device) THEN
    EXECUTE format('ALTER ROLE %I NOLOGIN', login);
  ELSIF EXISTS (SELECT FROM pg_roles WHERE rolname = login AND rolcanlogin) THEN
    RAISE NOTICE 'the login % was not made here and can still log in, though it sees nothing: ALTER ROLE % NOLOGIN',
      login, quote_ident(login);
  END IF;
  IF holdfast.login_problem(login) IS NULL AND NOT holdfast.end_sessions(login) THEN
    RAISE NOTICE 'sessions of the login % go on, though they see nothing: as a superuser, SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %',
      login, quote_literal(login);
  END IF;
END
$$;

-- ---- Transactions that stay open. An agent's last seconds; one that a device leaves open keeps locks, keeps the server from
-- cleaning up, and keeps the queue of notifications from being emptied. What would forbid it, a login can switch off for itself.

CREATE TABLE holdfast.open_transactions (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pid         integer     NOT NULL,
  transaction text        NOT NULL,
  seen_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE holdfast.open_transactions IS 'Transactions of devices that went on when somebody swept, and since when they were seen';
GRANT SELECT ON holdfast.open_transactions TO backup_admin;
GRANT SELECT ON SEQUENCE holdfast.open_transactions_id_seq TO backup_admin;

-- pg_locks shows to everybody which transactions go on, but not since when: one that was seen a minute ago has lasted longer.
-- Whoever does this in a transaction that he leaves open must not keep others from it: nothing here waits for a row of his.
CREATE FUNCTION holdfast.end_open_transactions() RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  pids         integer[];
  transactions text[];
  held         RECORD;
  sentence     text;
BEGIN
  SELECT array_agg(k.pid), array_agg(k.virtualtransaction)
  INTO pids, transactions
  FROM pg_locks k
         JOIN pg_stat_activity a USING (pid)
         JOIN holdfast.device_logins l ON l.role_name = a.usename
  WHERE k.locktype = 'virtualxid' AND k.mode = 'ExclusiveLock' AND k.granted
    AND a.datname = current_database() AND k.pid <> pg_backend_pid();

  DELETE FROM holdfast.open_transactions
  WHERE id IN (SELECT o.id
               FROM holdfast.open_transactions o
               WHERE NOT EXISTS (SELECT FROM unnest(pids, transactions) g (pid, transaction)
                                 WHERE g.pid = o.pid AND g.transaction = o.transaction)
               FOR UPDATE SKIP LOCKED);
  INSERT INTO holdfast.open_transactions (pid, transaction)
  SELECT g.pid, g.transaction
  FROM unnest(pids, transactions) g (pid, transaction)
  WHERE NOT EXISTS (SELECT FROM holdfast.open_transactions o WHERE o.pid = g.pid AND o.transaction = g.transaction);

  FOR held IN
    SELECT l.role_name, l.device_id, array_agg(DISTINCT g.pid) AS pids, min(o.seen_at) AS since
    FROM unnest(pids, transactions) g (pid, transaction)
           JOIN holdfast.open_transactions o ON o.pid = g.pid AND o.transaction = g.transaction
           JOIN pg_stat_activity a ON a.pid = g.pid
           JOIN holdfast.device_logins l ON l.role_name = a.usename
    WHERE o.seen_at < clock_timestamp() - interval '1 minute'
    GROUP BY l.role_name, l.device_id
  LOOP
    sentence := format('a session of %s has had a transaction open since %s or before', held.role_name, held.since);
    IF holdfast.end_sessions(held.role_name, held.pids) THEN
      PERFORM holdfast.tell_of_limit(held.device_id, 'transaction-ended', sentence || ', and was ended',
        'An agent''s transactions last seconds: find out who else has the login, and give the device a new one by holdfast enrol-token.');
    ELSE
      PERFORM holdfast.tell_of_limit(held.device_id, 'transaction-open', sentence || ', and cannot be ended by us',
        format('As a superuser: GRANT pg_signal_backend TO %I; or SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %L;',
               current_user, held.role_name));
    END IF;
  END LOOP;
END
$$;

-- One that came back in the very moment in which its login was closed.
CREATE FUNCTION holdfast.end_retired_sessions() RETURNS void
  LANGUAGE sql
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT holdfast.end_sessions(l.role_name)
  FROM holdfast.device_logins l
  WHERE l.retired_at IS NOT NULL
    AND EXISTS (SELECT FROM pg_stat_activity a WHERE a.usename = l.role_name)
    AND holdfast.login_problem(l.role_name) IS NULL
$$;
REVOKE EXECUTE ON FUNCTION holdfast.end_open_transactions(), holdfast.end_retired_sessions() FROM PUBLIC;

CREATE OR REPLACE FUNCTION holdfast.sweep() RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  last  holdfast.last_sweep;
  alone boolean;
BEGIN
  SELECT * INTO last FROM holdfast.last_sweep;
  IF last.stale_at > clock_timestamp() - interval '1 minute' THEN
    RETURN;
  END IF;
  PERFORM FROM holdfast.last_sweep FOR UPDATE SKIP LOCKED;
  alone := FOUND;
  IF NOT alone THEN
    -- Somebody sweeps, or holds the row. After two minutes some syncs look whose transaction it is, a few in a large fleet.
    IF last.stale_at < clock_timestamp() - interval '2 minutes'
       AND random() * (SELECT count(*) FROM public.devices) < 5 THEN
      PERFORM holdfast.end_open_transactions();
    END IF;
    -- After ten minutes one sync in ten does without it, and the holder is told of.
    IF last.stale_at > clock_timestamp() - interval '10 minutes' OR random() > 0.1 THEN
      RETURN;
    END IF;
    PERFORM holdfast.tell_of_limit(l.device_id, 'sweep-held',
              format('a session of %s has kept all others from the clean-up since %s', l.role_name, last.stale_at),
              format('As a superuser: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %L;', l.role_name))
    FROM holdfast.device_logins l
    WHERE l.role_name IN (SELECT a.usename
                          FROM pg_locks k
                                 JOIN pg_stat_activity a USING (pid)
                          WHERE k.relation = 'holdfast.last_sweep'::regclass AND k.mode = 'RowShareLock'
                            AND k.pid <> pg_backend_pid());
  END IF;
  BEGIN
    IF alone THEN
      PERFORM holdfast.end_open_transactions();
      PERFORM holdfast.end_retired_sessions();
    END IF;
    PERFORM holdfast.sweep_stale();
    IF alone AND last.at < clock_timestamp() - interval '1 hour' THEN
      PERFORM holdfast.clean_up(10000);
      PERFORM holdfast.tell_of_proofs();
      PERFORM holdfast.sweep_repositories();
      -- They are of the day before, and told anew if they still are so.
      DELETE FROM public.problems p WHERE p.source = 'limit' AND p.seen_at < clock_timestamp() - interval '1 day';
      UPDATE holdfast.last_sweep SET at = clock_timestamp();
    END IF;
  EXCEPTION
    -- Whoever is held up here only wanted to sync.
    WHEN lock_not_available THEN NULL;
  END;
  IF alone THEN
    UPDATE holdfast.last_sweep SET stale_at = clock_timestamp();
  END IF;
END
$$;

-- ---- What stands open: the queue of notifications, which holds what the slowest listener has not read yet. When it is full,
-- no job and no setting can be changed any more.

CREATE OR REPLACE VIEW security_findings AS
WITH owners AS (
  SELECT r.rolname, r.rolsuper
  FROM pg_namespace n
         JOIN pg_roles r ON r.oid = n.nspowner
  WHERE n.nspname = 'holdfast'
), of_public AS (
  SELECT a.privilege_type, 'database' AS of_what
  FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
  WHERE d.datname = current_database() AND a.grantee = 0
  UNION ALL
  SELECT a.privilege_type, 'schema public'
  FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
  WHERE n.nspname = 'public' AND a.grantee = 0
)
SELECT 'owner-superuser' AS code,
       format('the owner of the control plane, %s, is a superuser: a fault in one of its functions would be one of the whole server', o.rolname) AS finding,
       'docs/control-plane.md, "Another owner", has the statements.' AS remedy
FROM owners o
WHERE o.rolsuper
UNION ALL
SELECT 'temporary-for-all',
       'every login may make temporary objects in this database',
       format('As the owner of the database: REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC;', current_database())
FROM of_public
WHERE privilege_type = 'TEMPORARY'
UNION ALL
SELECT 'create-for-all',
       format('every login may make objects in the %s, which admins then call for those of PostgreSQL', of_what),
       CASE of_what
         WHEN 'database' THEN format('As the owner of the database: REVOKE CREATE ON DATABASE %I FROM PUBLIC;', current_database())
         ELSE 'As the owner of the schema, or as a superuser: REVOKE CREATE ON SCHEMA public FROM PUBLIC;'
       END
FROM of_public
WHERE privilege_type = 'CREATE'
UNION ALL
SELECT 'large-objects-for-all',
       'every login may make large objects, and fill the disk with them',
       format('As a superuser, in this database: REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC;', string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.proname))
FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN ('lo_create', 'lo_creat', 'lo_from_bytea')
  AND a.grantee = 0 AND a.privilege_type = 'EXECUTE'
HAVING count(*) > 0
UNION ALL
SELECT 'shared-login',
       format('the login %s reads and writes for all devices, in every control plane of this server', m.rolname),
       format('If it is not meant so, as a superuser: REVOKE backup_shared_client FROM %I%s;', m.rolname,
              -- Who does not say it takes back only what he has granted himself.
              CASE
                WHEN current_setting('server_version_num')::integer >= 160000
                  THEN format(' GRANTED BY %I', pg_get_userbyid(a.grantor))
                ELSE ''
              END)
FROM pg_auth_members a
       JOIN pg_roles g ON g.oid = a.roleid AND g.rolname = 'backup_shared_client'
       JOIN pg_roles m ON m.oid = a.member
UNION ALL
SELECT 'notification-queue',
       format('the server''s queue of notifications is full to %s %%: a session that listens has not read them', round(u.used::numeric * 100)),
       'As a superuser: the server''s log names the session that keeps it from being emptied; SELECT pg_terminate_backend(its pid).'
FROM (SELECT pg_notification_queue_usage() AS used) u
WHERE u.used > 0.1;

-- ---- Stale locks of the repository are removed by one device at a time. Not by an advisory lock, which any login may hold for
-- ever: this lease ends by itself, and whoever has had it lets the others have it for a minute.

CREATE TABLE holdfast.unlock_lease (
  only_one  boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  device_id varchar(255) NOT NULL,
  ends_at   timestamptz NOT NULL
);
COMMENT ON TABLE holdfast.unlock_lease IS 'Which device may remove stale locks from its repository, or did so last';

-- Whether the device may, for five minutes.
CREATE FUNCTION holdfast.unlock_begins(device varchar) RETURNS boolean
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_own(device);
  INSERT INTO holdfast.unlock_lease AS l (device_id, ends_at)
  VALUES (device, clock_timestamp() + interval '5 minutes')
  ON CONFLICT (only_one) DO UPDATE SET device_id = excluded.device_id, ends_at = excluded.ends_at
    WHERE l.ends_at < clock_timestamp() - CASE WHEN l.device_id = device THEN interval '1 minute' ELSE interval '0' END;
  RETURN FOUND;
END
$$;

CREATE FUNCTION holdfast.unlock_ends(device varchar) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_own(device);
  UPDATE holdfast.unlock_lease SET ends_at = clock_timestamp() WHERE device_id = device AND ends_at > clock_timestamp();
END
$$;

REVOKE EXECUTE ON FUNCTION holdfast.unlock_begins(varchar), holdfast.unlock_ends(varchar) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.unlock_begins(varchar), holdfast.unlock_ends(varchar) TO backup_client;
GRANT SELECT ON holdfast.unlock_lease TO backup_admin;

-- ---- What a device writes is shown and not obeyed: control characters, line breaks and turns of direction in a sentence are
-- written as Java writes them. Agents do the same before they send it; a login in the wrong hands may not.

CREATE FUNCTION holdfast.visible(said text, hidden text) RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT string_agg(CASE WHEN t.sign ~ hidden THEN '\u' || lpad(to_hex(ascii(t.sign)), 4, '0') ELSE t.sign END, '' ORDER BY t.place)
  FROM regexp_split_to_table(said, '') WITH ORDINALITY AS t (sign, place)
$$;

-- Its arguments: what is hidden, and the columns, texts or arrays of them.
CREATE FUNCTION holdfast.texts_visible() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  hidden    CONSTANT text := TG_ARGV[0];
  this_row  CONSTANT jsonb := to_jsonb(NEW);
  shown     jsonb := '{}'::jsonb;
  of_column text;
BEGIN
  FOREACH of_column IN ARRAY TG_ARGV[1:] LOOP
    CASE jsonb_typeof(this_row -> of_column)
      WHEN 'string' THEN
        shown := shown || jsonb_build_object(of_column, holdfast.visible(this_row ->> of_column, hidden));
      WHEN 'array' THEN
        shown := shown || jsonb_build_object(of_column,
          (SELECT jsonb_agg(holdfast.visible(t.element, hidden) ORDER BY t.place)
           FROM jsonb_array_elements_text(this_row -> of_column) WITH ORDINALITY AS t (element, place)));
      ELSE NULL;
    END CASE;
  END LOOP;
  RETURN jsonb_populate_record(NEW, shown);
END
$$;
REVOKE EXECUTE ON FUNCTION holdfast.visible(text, text), holdfast.texts_visible() FROM PUBLIC;

DO $$
DECLARE
  -- The second keeps the ends of lines and tabs, which the output of a program has.
  in_sentence CONSTANT text := '[\x01-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]';
  in_output   CONSTANT text := '[\x01-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]';
  guarded RECORD;
BEGIN
  FOR guarded IN
    SELECT *
    FROM (VALUES ('devices', 'sentence', in_sentence, ARRAY['name', 'hostname']),
                 ('problems', 'sentence', in_sentence, ARRAY['subject', 'code', 'message', 'remedy']),
                 ('runs', 'sentence', in_sentence, ARRAY['job_name', 'error_message', 'outcome', 'snapshot_id', 'triggered_by']),
                 ('runs', 'output', in_output, ARRAY['restic_output', 'restic_errors']),
                 ('missed_runs', 'sentence', in_sentence, ARRAY['job_name', 'reason', 'message']),
                 ('requests', 'sentence', in_sentence, ARRAY['message']),
                 ('restores', 'sentence', in_sentence, ARRAY['job_name', 'snapshot_id', 'target', 'code', 'message', 'failures']),
                 ('verifications', 'sentence', in_sentence, ARRAY['job_name', 'snapshot_id', 'triggered_by', 'outcome', 'code', 'message', 'failures']),
                 ('housekeeping_runs', 'sentence', in_sentence, ARRAY['kind', 'repository_id', 'target', 'triggered_by', 'code', 'message']),
                 ('housekeeping_runs', 'output', in_output, ARRAY['restic_output', 'restic_errors'])) v (of_table, kind, hidden, columns)
  LOOP
    -- The condition is all that it costs a row that has nothing of the kind.
    EXECUTE format('CREATE TRIGGER %1$s_visible_%2$s BEFORE INSERT OR UPDATE ON %1$I FOR EACH ROW WHEN (%3$s)
                    EXECUTE FUNCTION holdfast.texts_visible(%4$s)',
                   guarded.of_table, guarded.kind,
                   (SELECT string_agg(format('NEW.%I::text ~ %L', c, guarded.hidden), ' OR ') FROM unnest(guarded.columns) c),
                   (SELECT string_agg(quote_literal(a), ', ') FROM unnest(guarded.hidden || guarded.columns) a));
  END LOOP;
END
$$;

-- Agents before this listen on a channel where nothing comes any more, and hear of a change at their next sync.
UPDATE control_plane_version SET schema_version = 40;
