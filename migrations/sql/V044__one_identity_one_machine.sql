-- One identity is one machine, what is said to have happened has happened, and grants that somebody pastes do not undo the
-- walls: row-level security on every table, columns that triggers hold, views that look who asks, and a list of what the
-- migrations have granted, so that whatever was granted beyond it can be named and taken back.

-- ---- Agents. Two of them under one device, as after the cloning of a machine, are noticed and told.

CREATE TABLE holdfast.instances (
  device_id varchar(255) NOT NULL REFERENCES public.devices (id) ON DELETE CASCADE,
  process   uuid         NOT NULL,
  instance  uuid         NOT NULL,
  place     text         NOT NULL,
  turn_at   timestamptz  NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (device_id, process)
) WITH (fillfactor = 70);
COMMENT ON TABLE holdfast.instances IS 'The newest daemons that have synced as each device';
COMMENT ON COLUMN holdfast.instances.process IS 'A daemon makes it up at each start';
COMMENT ON COLUMN holdfast.instances.instance IS 'An agent makes it up once for its state directory; a clone has the same at first';
COMMENT ON COLUMN holdfast.instances.place IS 'The host name, and the address if the connection has one';
COMMENT ON COLUMN holdfast.instances.turn_at IS 'When it synced after another one had, or for the first time';

-- Whether the agent has to make itself a new instance id, since another one uses the same. A daemon that syncs once more
-- after another one has come is proof that both run: one that was started anew leaves nobody behind.
CREATE FUNCTION holdfast.agent_seen(device varchar, its_process uuid, its_instance uuid, host varchar) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  here CONSTANT text := left(host, 255) || coalesce(' (' || host(inet_client_addr()) || ')', '');
  last  holdfast.instances;
  known boolean;
BEGIN
  SELECT * INTO last FROM holdfast.instances i WHERE i.device_id = device ORDER BY i.turn_at DESC LIMIT 1;
  IF last.process = its_process AND last.instance = its_instance THEN
    RETURN false;
  END IF;
  known := EXISTS (SELECT FROM holdfast.instances i WHERE i.device_id = device AND i.process = its_process);
  INSERT INTO holdfast.instances AS i (device_id, process, instance, place)
  VALUES (device, its_process, its_instance, here)
  ON CONFLICT (device_id, process) DO UPDATE
  SET instance = excluded.instance, place = excluded.place, turn_at = excluded.turn_at;
  IF NOT known THEN
    DELETE FROM holdfast.instances i
    WHERE i.device_id = device
      AND i.process NOT IN (SELECT n.process FROM holdfast.instances n WHERE n.device_id = device ORDER BY n.turn_at DESC LIMIT 8);
    RETURN false;
  ELSIF last.process = its_process THEN
    RETURN false;
  END IF;
  INSERT INTO public.problems AS p (device_id, source, subject, code, severity, message, remedy)
  VALUES (device, 'limit', 'device', 'device-shared', 'error',
          format('two agents work as this device at the same time: one on %s and one on %s',
                 least(last.place, here), greatest(last.place, here)),
          'If one machine was cloned from the other, give the copy a device of its own: stop its agent, remove its state '
          'directory, and register it by a token (holdfast enrol-token). This goes an hour after one of them has stopped.')
  ON CONFLICT (device_id, source, subject, code) DO UPDATE SET message = excluded.message, seen_at = excluded.seen_at;
  RETURN last.instance = its_instance;
END
$$;
REVOKE EXECUTE ON FUNCTION holdfast.agent_seen(varchar, uuid, uuid, varchar) FROM PUBLIC;

ALTER TABLE runs ADD COLUMN instance uuid;
COMMENT ON COLUMN runs.instance IS 'Which agent of its device carries it out: each has an id for its state directory';
GRANT INSERT (instance) ON runs TO backup_client;

-- One agent never overlaps itself in a job.
DROP INDEX runs_one_running;
CREATE UNIQUE INDEX runs_one_running ON runs (job_id, instance) NULLS NOT DISTINCT WHERE status = 'running';

-- As of V011, but a run of another agent that gives signs of life is left to it.
CREATE OR REPLACE FUNCTION holdfast.runs_supersede() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
BEGIN
  UPDATE public.runs r
  SET status        = 'failed',
      outcome       = 'failed',
      end_time      = greatest(r.start_time, clock_timestamp()),
      error_message = 'the agent started the job again without having ended this run',
      metadata      = coalesce(r.metadata, '{}') || '{"code": "superseded", "provisional": true}',
      progress      = NULL,
      progress_at   = NULL
  WHERE r.job_id = NEW.job_id
    AND r.status = 'running'
    AND r.run_uuid <> NEW.run_uuid
    AND NOT coalesce(r.instance <> NEW.instance
                     AND coalesce(r.progress_at, r.received_at) > clock_timestamp() - interval '10 minutes', false);
  RETURN NEW;
END
$$;

-- ---- Requests: whoever has claimed one carries it out.

ALTER TABLE requests ADD COLUMN claimed_by uuid;
COMMENT ON COLUMN requests.claimed_by IS 'The agent that has claimed it: the instance that its runs have';
GRANT UPDATE (claimed_by) ON requests TO backup_client;

-- Of an agent that came in place of another, whose state directory is gone, after an hour.
CREATE FUNCTION holdfast.claimed_by_another(device varchar, claimer uuid, its_instance uuid) RETURNS boolean
  LANGUAGE sql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(claimer <> its_instance, false)
     AND NOT EXISTS (SELECT
                     FROM (SELECT i.instance, i.turn_at
                           FROM holdfast.instances i
                           WHERE i.device_id = device AND device = holdfast.me()
                           ORDER BY i.turn_at DESC
                           LIMIT 1) last
                     WHERE last.instance = its_instance AND last.turn_at < clock_timestamp() - interval '1 hour')
$$;
COMMENT ON FUNCTION holdfast.claimed_by_another(varchar, uuid, uuid) IS
  'For a device: whether a request that was claimed is another agent''s to carry out';
REVOKE EXECUTE ON FUNCTION holdfast.claimed_by_another(varchar, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.claimed_by_another(varchar, uuid, uuid) TO backup_client;

-- ---- Retirement. A daemon that runs is told, so that it stops backing up instead of taking its closed login for an outage.

CREATE OR REPLACE FUNCTION holdfast.retire_device(device varchar) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
DECLARE
  login    name;
  is_awake boolean;
BEGIN
  SELECT d.last_seen > clock_timestamp() - interval '10 minutes' INTO is_awake FROM public.devices d WHERE d.id = device;
  -- Wakes it as well: what it then hears is that it was retired.
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
  -- Only one that issue_login has made for it is ours to close: at once, or when a daemon that runs has heard of it, which
  -- agent_sync sees to, and within ten minutes the next sync of any other device.
  IF login = holdfast.login_name(device) THEN
    IF is_awake THEN
      RETURN;
    END IF;
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
COMMENT ON FUNCTION holdfast.retire_device(varchar) IS
  'Pauses a device, takes all sight from its login and closes it; a daemon that runs hears of it first. Its history stays';

-- Whether this login was the device's until it was retired. A daemon that asks has heard of it, and needs the login no more.
CREATE FUNCTION holdfast.hears_of_retirement(device varchar, is_daemon boolean) RETURNS boolean
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM holdfast.device_logins l
                 WHERE l.device_id = device AND l.role_name = session_user AND l.retired_at IS NOT NULL) THEN
    RETURN false;
  END IF;
  IF is_daemon AND session_user = holdfast.login_name(device) AND holdfast.login_problem(session_user) IS NULL THEN
    EXECUTE format('ALTER ROLE %I NOLOGIN', session_user);
    PERFORM holdfast.end_sessions(session_user);
  END IF;
  RETURN true;
END
$$;
REVOKE EXECUTE ON FUNCTION holdfast.hears_of_retirement(varchar, boolean) FROM PUBLIC;

-- The logins of devices whose daemon has not come to hear of it.
CREATE FUNCTION holdfast.close_retired_logins() RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  login name;
BEGIN
  FOR login IN
    SELECT l.role_name
    FROM holdfast.device_logins l
           JOIN pg_roles r ON r.rolname = l.role_name AND r.rolcanlogin
    WHERE l.retired_at < clock_timestamp() - interval '10 minutes'
      AND l.role_name = holdfast.login_name(l.device_id)
      AND holdfast.login_problem(l.role_name) IS NULL
  LOOP
    EXECUTE format('ALTER ROLE %I NOLOGIN', login);
  END LOOP;
END
$$;
REVOKE EXECUTE ON FUNCTION holdfast.close_retired_logins() FROM PUBLIC;

-- As of V038. Besides: NULL for a device that was retired, which daemon of it this is, and whether there is another one.
CREATE OR REPLACE FUNCTION holdfast.agent_sync(device varchar, device_name varchar, device_platform varchar, host varchar,
                                               about jsonb, known_revision text)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
DECLARE
  is_daemon CONSTANT boolean := coalesce(about ->> 'process', '') <> '' AND coalesce(about ->> 'instance', '') <> '';
  seen      public.devices;
  revision  text;
  answer    jsonb;
BEGIN
  IF device IS DISTINCT FROM holdfast.me() THEN
    IF holdfast.hears_of_retirement(device, is_daemon) THEN
      RETURN NULL;
    END IF;
    PERFORM holdfast.require_own(device);
  END IF;
  -- Nobody misses a heartbeat that a crash of the server has swallowed.
  PERFORM set_config('synchronous_commit', 'off', true);
  UPDATE public.devices d
  SET platform  = device_platform,
      hostname  = host,
      last_seen = now(),
      metadata  = coalesce(d.metadata, '{}') || (about - ARRAY ['process', 'instance'])
  WHERE d.id = device
  RETURNING * INTO seen;
  IF NOT FOUND THEN
    INSERT INTO public.devices (id, name, platform, hostname, last_seen, metadata)
    VALUES (device, device_name, device_platform, host, now(), about - ARRAY ['process', 'instance'])
    RETURNING * INTO seen;
  END IF;
  -- Before the rows: a revision that is too old costs one more reading, one that is too new would lose a change.
  SELECT coalesce((SELECT c.revision FROM holdfast.config_revisions c WHERE c.device_id = device), 0) || '.' || f.revision
  INTO revision
  FROM holdfast.fleet_revision f;
  SELECT jsonb_build_object(
           'schema_version', v.schema_version,
           'oldest_agent_schema', v.oldest_agent_schema,
           'time', clock_timestamp(),
           'server', concat_ws(' ', inet_server_addr(), inet_server_port(), pg_postmaster_start_time()),
           'device', to_jsonb(seen) - 'metadata',
           'revision', revision,
           'renew_instance', is_daemon AND holdfast.agent_seen(device, (about ->> 'process')::uuid, (about ->> 'instance')::uuid, host),
           'requests_wait', EXISTS (SELECT FROM public.requests q
                                    WHERE q.device_id = device AND q.status IN ('pending', 'claimed')))
  INTO answer
  FROM public.control_plane_version v;
  answer := answer || jsonb_build_object('shared', (SELECT p.message
                                                    FROM public.problems p
                                                    WHERE p.device_id = device AND p.source = 'limit'
                                                      AND p.subject = 'device' AND p.code = 'device-shared'));
  PERFORM holdfast.sweep();
  IF revision = known_revision THEN
    RETURN answer;
  END IF;
  RETURN answer || jsonb_build_object(
    'jobs', (SELECT coalesce(jsonb_agg(to_jsonb(j) ORDER BY j.name), '[]') FROM public.backup_jobs j WHERE j.device_id = device),
    'schedules', (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.id), '[]')
                  FROM public.schedules s
                  WHERE s.job_id = ANY (ARRAY(SELECT j.id FROM public.backup_jobs j WHERE j.device_id = device))),
    'settings', holdfast.settings_of(device));
END
$$;
COMMENT ON FUNCTION holdfast.agent_sync(varchar, varchar, varchar, varchar, jsonb, text) IS
  'A device''s heartbeat; answers with its configuration if that is not of the revision that the device knows, with NULL if '
  'the device was retired';

-- ---- Problems. One that somebody has deleted or rewritten, and that is still there, comes back: its agent tells all of them
-- with each configuration that it is sent.

CREATE FUNCTION holdfast.problems_touched() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  device varchar;
BEGIN
  -- Not by the device itself, nor by the functions by which its own word takes one back.
  IF NOT pg_has_role(current_user, 'backup_admin', 'USAGE')
     OR current_user = (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = TG_RELID) THEN
    RETURN NULL;
  END IF;
  FOR device IN SELECT DISTINCT t.device_id FROM touched t WHERE t.source = 'config' LOOP
    PERFORM holdfast.notify_device(device);
  END LOOP;
  RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION holdfast.problems_touched() FROM PUBLIC;
CREATE TRIGGER problems_deleted
  AFTER DELETE ON problems
  REFERENCING OLD TABLE AS touched
  FOR EACH STATEMENT
EXECUTE FUNCTION holdfast.problems_touched();
CREATE TRIGGER problems_rewritten
  AFTER UPDATE ON problems
  REFERENCING OLD TABLE AS touched
  FOR EACH STATEMENT
EXECUTE FUNCTION holdfast.problems_touched();
COMMENT ON TABLE problems IS
  'What agents found wrong; a row goes when its cause has gone. One that is deleted before comes back: of the source config at '
  'once, of any other when it is found again';

-- ---- What the migrations have granted. Whoever grants more in a later one adds it here.

CREATE TABLE holdfast.rights (
  kind      varchar(10)  NOT NULL,
  object    text         NOT NULL,
  grantee   name         NOT NULL,
  privilege varchar(10)  NOT NULL,
  columns   name[],
  PRIMARY KEY (kind, object, grantee, privilege),
  CONSTRAINT rights_kind_known CHECK (kind IN ('TABLE', 'SEQUENCE', 'FUNCTION', 'SCHEMA'))
);
COMMENT ON TABLE holdfast.rights IS
  'What the migrations have granted to the groups: whatever else anybody may do is named by granted_beyond';
COMMENT ON COLUMN holdfast.rights.object IS
  'Schema and name; of functions those with their owner''s rights, which devices could otherwise call';
COMMENT ON COLUMN holdfast.rights.columns IS 'Those that the right is for; NULL: all of them';

INSERT INTO holdfast.rights (kind, object, grantee, privilege, columns)
SELECT v.kind, o.object, v.grantee, p.privilege, v.columns::name[]
FROM (VALUES
    ('SCHEMA', 'holdfast',
     'backup_admin', 'USAGE', NULL::text),
    ('SCHEMA', 'holdfast',
     'backup_client', 'USAGE', NULL),
    ('SCHEMA', 'holdfast',
     'backup_viewer', 'USAGE', NULL),
    ('TABLE', 'holdfast.channels holdfast.config_revisions holdfast.device_counts holdfast.device_logins
       holdfast.fleet_revision holdfast.forget_allowed holdfast.forgotten_copies holdfast.forgotten_snapshots
       holdfast.instances holdfast.last_sweep holdfast.open_transactions holdfast.repository_keys_used
       holdfast.repository_leases holdfast.repository_users holdfast.retention_applied holdfast.rights
       holdfast.taken_over holdfast.told_snapshots holdfast.unlock_lease public.audit_log
       public.control_plane_version public.copy_targets_public public.device_health public.failure_streaks
       public.flyway_schema_history public.granted_beyond public.housekeeping_overdue public.job_days
       public.job_hours public.job_state public.job_summary public.jobs_without_copy public.latest_runs
       public.overdue_jobs public.password_rotation_devices public.repository_use public.restic_arguments
       public.security_findings public.setting_keys public.settings_public public.snapshot_copies public.snapshots
       public.storage_growth_daily public.success_heatmap public.unproven_jobs public.untold_snapshots',
     'backup_admin', 'SELECT', NULL),
    ('TABLE', 'public.housekeeping_runs public.repository_keys public.restores public.verifications',
     'backup_admin', 'SELECT DELETE', NULL),
    ('TABLE', 'public.password_rotations',
     'backup_admin', 'SELECT INSERT UPDATE', NULL),
    ('TABLE', 'public.backup_jobs public.copy_targets public.devices public.housekeeping public.missed_runs public.problems
       public.requests public.retention_policies public.runs public.schedules public.settings',
     'backup_admin', 'SELECT INSERT UPDATE DELETE', NULL),
    ('TABLE', 'holdfast.rights public.backup_jobs public.control_plane_version public.devices public.granted_beyond
       public.housekeeping_runs public.job_summary public.latest_runs public.missed_runs public.problems
       public.requests public.restic_arguments public.restores public.retention_policies public.runs
       public.schedules public.setting_keys public.settings public.snapshots public.verifications',
     'backup_client', 'SELECT', NULL),
    ('TABLE', 'holdfast.rights public.audit_log public.backup_jobs public.control_plane_version public.copy_targets_public
       public.device_health public.devices public.failure_streaks public.granted_beyond public.housekeeping
       public.housekeeping_overdue public.housekeeping_runs public.job_days public.job_hours public.job_state
       public.job_summary public.jobs_without_copy public.latest_runs public.missed_runs public.overdue_jobs
       public.password_rotation_devices public.password_rotations public.problems public.repository_keys
       public.repository_use public.requests public.restic_arguments public.restores public.retention_policies
       public.runs public.schedules public.security_findings public.setting_keys public.settings_public
       public.snapshot_copies public.snapshots public.storage_growth_daily public.success_heatmap
       public.unproven_jobs public.untold_snapshots public.verifications',
     'backup_viewer', 'SELECT', NULL),
    ('SEQUENCE', 'holdfast.lease_tokens holdfast.open_transactions_id_seq public.audit_log_id_seq',
     'backup_admin', 'SELECT', NULL),
    ('SEQUENCE', 'public.copy_targets_id_seq public.housekeeping_id_seq public.retention_policies_id_seq public.runs_id_seq
       public.schedules_id_seq public.settings_id_seq',
     'backup_admin', 'SELECT USAGE', NULL),
    ('SEQUENCE', 'public.runs_id_seq',
     'backup_client', 'SELECT USAGE', NULL),
    ('FUNCTION', 'holdfast.acknowledge_vanished holdfast.allow_forget holdfast.believe_snapshots holdfast.bind_login
       holdfast.clean_up holdfast.issue_login holdfast.me holdfast.notify_device holdfast.recreate_logins
       holdfast.repository_of holdfast.retire_device holdfast.sum_up_runs holdfast.sweep holdfast.sweep_stale
       holdfast.take_back_granted holdfast.tell_of_proofs',
     'backup_admin', 'EXECUTE', NULL),
    ('FUNCTION', 'holdfast.agent_sync holdfast.backup_enters holdfast.backup_leaves holdfast.backup_stays
       holdfast.catalogue_end holdfast.catalogue_put holdfast.channel_of holdfast.claimed_by_another
       holdfast.copies_wanted holdfast.copy_jobs holdfast.copy_target_found holdfast.copy_targets_of
       holdfast.forget_begins holdfast.forget_candidates holdfast.forget_judged holdfast.housekeeping_of
       holdfast.keep_login holdfast.key_used holdfast.keys_seen holdfast.lease_release holdfast.lease_renew
       holdfast.lease_take holdfast.left_behind holdfast.me holdfast.own_settings holdfast.policy_of
       holdfast.problems_gone holdfast.retention_work holdfast.sweep holdfast.told_of holdfast.unlock_begins
       holdfast.unlock_ends',
     'backup_client', 'EXECUTE', NULL),
    ('FUNCTION', 'holdfast.me holdfast.repository_of',
     'backup_viewer', 'EXECUTE', NULL),
    ('TABLE', 'public.devices', 'backup_client', 'INSERT',
     '{id, name, platform, hostname, last_seen, metadata}'),
    ('TABLE', 'public.devices', 'backup_client', 'UPDATE',
     '{platform, hostname, last_seen, metadata}'),
    ('TABLE', 'public.housekeeping_runs', 'backup_client', 'INSERT',
     '{run_uuid, kind, repository_id, device_id, housekeeping_id, triggered_by, lease_token, start_time,
       end_time, status, code, message, exit_code, statistics, restic_output, restic_errors, target}'),
    ('TABLE', 'public.housekeeping_runs', 'backup_client', 'UPDATE',
     '{end_time, status, code, message, exit_code, statistics, restic_output, restic_errors}'),
    ('TABLE', 'public.missed_runs', 'backup_client', 'INSERT',
     '{id, device_id, job_id, job_name, schedule_id, due_at, last_due_at, due_count, reason, message}'),
    ('TABLE', 'public.problems', 'backup_client', 'INSERT',
     '{device_id, source, subject, code, job_id, schedule_id, severity, message, remedy}'),
    ('TABLE', 'public.problems', 'backup_client', 'UPDATE',
     '{job_id, schedule_id, severity, message, remedy, seen_at}'),
    ('TABLE', 'public.repository_keys', 'backup_admin', 'UPDATE',
     '{known}'),
    ('TABLE', 'public.requests', 'backup_client', 'UPDATE',
     '{status, claimed_at, finished_at, message, result, claimed_by}'),
    ('TABLE', 'public.restores', 'backup_client', 'INSERT',
     '{id, device_id, job_name, snapshot_id, target, start_time, end_time, status, code, message, files, bytes,
       error_count, failures}'),
    ('TABLE', 'public.restores', 'backup_client', 'UPDATE',
     '{end_time, status, code, message, files, bytes, error_count, failures, progress, progress_at}'),
    ('TABLE', 'public.runs', 'backup_client', 'INSERT',
     '{job_id, device_id, start_time, end_time, status, exit_code, error_message, files_new, files_changed,
       files_unmodified, dirs_new, dirs_changed, dirs_unmodified, data_added_bytes, total_files_processed,
       total_bytes_processed, duration_seconds, snapshot_id, restic_output, restic_errors, triggered_by,
       metadata, run_uuid, job_name, outcome, scheduled_for, schedule_id, data_added_packed_bytes, error_count,
       progress, progress_at, attempt, retry_of, request_id, instance}'),
    ('TABLE', 'public.runs', 'backup_client', 'UPDATE',
     '{end_time, status, exit_code, error_message, files_new, files_changed, files_unmodified, dirs_new,
       dirs_changed, dirs_unmodified, data_added_bytes, total_files_processed, total_bytes_processed,
       duration_seconds, snapshot_id, restic_output, restic_errors, metadata, outcome, data_added_packed_bytes,
       error_count, progress, progress_at}'),
    ('TABLE', 'public.schedules', 'backup_client', 'UPDATE',
     '{last_run_at, next_run_at}'),
    ('TABLE', 'public.verifications', 'backup_client', 'INSERT',
     '{id, job_id, job_name, device_id, snapshot_id, triggered_by, start_time, end_time, outcome, code,
       message, files, bytes, with_source, failures}')
) v (kind, objects, grantee, privileges, columns)
  CROSS JOIN LATERAL regexp_split_to_table(v.objects, '\s+') o (object)
  CROSS JOIN LATERAL regexp_split_to_table(v.privileges, '\s+') p (privilege);

CREATE VIEW granted_beyond WITH (security_invoker = true) AS
WITH held AS (
  SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
         format('%I.%I', n.nspname, c.relname) AS object,
         n.nspname || '.' || c.relname AS known_as,
         NULL::name AS column_name,
         a.grantee,
         a.privilege_type
  FROM pg_class c
         JOIN pg_namespace n ON n.oid = c.relnamespace,
       aclexplode(c.relacl) a
  WHERE c.relkind IN ('r', 'v', 'S') AND n.nspname IN ('public', 'holdfast') AND a.grantee <> c.relowner
  UNION ALL
  SELECT 'TABLE', format('%I.%I', n.nspname, c.relname), n.nspname || '.' || c.relname, t.attname, a.grantee, a.privilege_type
  FROM pg_attribute t
         JOIN pg_class c ON c.oid = t.attrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace,
       aclexplode(t.attacl) a
  WHERE c.relkind IN ('r', 'v') AND n.nspname IN ('public', 'holdfast') AND a.grantee <> c.relowner
  UNION ALL
  -- With their owner's rights, or as a trigger: the others can do no more than whoever calls them.
  SELECT 'FUNCTION', p.oid::regprocedure::text, 'holdfast.' || p.proname, NULL, a.grantee, a.privilege_type
  FROM pg_proc p,
       aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
  WHERE p.pronamespace = 'holdfast'::regnamespace AND (p.prosecdef OR p.prorettype = 'trigger'::regtype)
    AND a.grantee <> p.proowner
  UNION ALL
  SELECT 'SCHEMA', n.nspname::text, n.nspname::text, NULL, a.grantee, a.privilege_type
  FROM pg_namespace n,
       aclexplode(n.nspacl) a
  WHERE (n.nspname = 'holdfast' OR n.nspname = 'public' AND a.privilege_type = 'CREATE') AND a.grantee <> n.nspowner
  UNION ALL
  SELECT 'DATABASE', quote_ident(d.datname), d.datname::text, NULL, a.grantee, a.privilege_type
  FROM pg_database d,
       aclexplode(d.datacl) a
  WHERE d.datname = current_database() AND a.privilege_type <> 'CONNECT' AND a.grantee <> d.datdba
), named AS (
  SELECT h.*,
         CASE WHEN h.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(h.grantee) END AS role_name,
         h.grantee = 0 OR pg_has_role(h.grantee, 'backup_client'::name, 'USAGE') AS is_devices
  FROM held h
  WHERE h.grantee = 0 OR EXISTS (SELECT FROM pg_roles r WHERE r.oid = h.grantee AND NOT r.rolsuper)
)
SELECT n.kind, n.object, n.column_name, n.role_name AS grantee, n.privilege_type AS privilege,
       n.is_devices OR n.kind = 'TABLE' AND n.privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES', 'MAINTAIN')
         OR n.kind IN ('FUNCTION', 'SCHEMA', 'DATABASE') AND n.role_name = 'backup_viewer' AS cannot_be_held
FROM named n
-- Other things in public or in this database, and other people's rights there, are no business of ours.
WHERE CASE
        WHEN n.kind IN ('TABLE', 'SEQUENCE')
          THEN n.object LIKE 'holdfast.%' OR n.known_as IN (SELECT r.object FROM holdfast.rights r)
        WHEN n.kind = 'DATABASE' OR n.known_as = 'public'
          THEN n.grantee <> 0 AND (n.is_devices OR n.role_name IN ('backup_admin', 'backup_viewer'))
        ELSE true
      END
  AND NOT EXISTS (SELECT
                  FROM holdfast.rights r
                  WHERE r.kind = n.kind AND r.object = n.known_as AND r.grantee = n.role_name AND r.privilege = n.privilege_type
                    AND (r.columns IS NULL OR n.column_name = ANY (r.columns)));

COMMENT ON VIEW granted_beyond IS
  'Rights on the control plane that no migration has granted: SELECT holdfast.take_back_granted() takes them back';
COMMENT ON COLUMN granted_beyond.kind IS 'TABLE (a view too), SEQUENCE, FUNCTION, SCHEMA or DATABASE';
COMMENT ON COLUMN granted_beyond.object IS 'What the right is for, as SQL names it';
COMMENT ON COLUMN granted_beyond.column_name IS 'If it is for one column; NULL: for all of the object';
COMMENT ON COLUMN granted_beyond.grantee IS 'The role that has it, or PUBLIC';
COMMENT ON COLUMN granted_beyond.privilege IS 'Such as SELECT or EXECUTE';
COMMENT ON COLUMN granted_beyond.cannot_be_held IS
  'Whether neither row-level security nor a trigger holds it, or a device has it: then it is taken back within a minute';
GRANT SELECT ON holdfast.instances TO backup_admin;
GRANT SELECT ON holdfast.rights, granted_beyond TO backup_admin, backup_client, backup_viewer;

-- All of it, or what cannot be held; says in the audit log what it was. A right that somebody else than the owner has granted
-- stays, and is one of the security_findings.
CREATE FUNCTION holdfast.take_back_granted(all_of_it boolean DEFAULT true) RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
DECLARE
  beyond RECORD;
  lost   RECORD;
  taken  integer := 0;
BEGIN
  FOR beyond IN
    SELECT b.kind, b.grantee, b.privilege, b.column_name, array_agg(b.object ORDER BY b.object) AS objects
    FROM public.granted_beyond b
    WHERE all_of_it OR b.cannot_be_held
    GROUP BY b.kind, b.grantee, b.privilege, b.column_name
  LOOP
    BEGIN
      EXECUTE format('REVOKE %s%s ON %s %s FROM %s CASCADE',
                     (SELECT w FROM unnest(ARRAY ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN',
                                                  'USAGE', 'EXECUTE', 'CREATE', 'TEMPORARY']) w
                      WHERE w = beyond.privilege),
                     CASE WHEN beyond.column_name IS NOT NULL THEN format(' (%I)', beyond.column_name) ELSE '' END,
                     (SELECT w FROM unnest(ARRAY ['TABLE', 'SEQUENCE', 'FUNCTION', 'SCHEMA', 'DATABASE']) w WHERE w = beyond.kind),
                     (SELECT string_agg(o, ', ') FROM unnest(beyond.objects) o),
                     CASE beyond.grantee WHEN 'PUBLIC' THEN 'PUBLIC' ELSE quote_ident(beyond.grantee) END);
    EXCEPTION
      WHEN insufficient_privilege THEN CONTINUE;
    END;
    IF NOT EXISTS (SELECT FROM public.granted_beyond b
                   WHERE b.kind = beyond.kind AND b.grantee = beyond.grantee AND b.privilege = beyond.privilege
                     AND b.column_name IS NOT DISTINCT FROM beyond.column_name AND b.object = ANY (beyond.objects)) THEN
      taken := taken + cardinality(beyond.objects);
      PERFORM holdfast.took_back(beyond.grantee,
        format('%s%s on %s', beyond.privilege, coalesce(' of ' || beyond.column_name, ''), holdfast.some_of(beyond.objects)),
        format('%s was granted it, and no migration has done that', beyond.grantee),
        'Make people and programs members of backup_viewer or backup_admin instead: docs/security.md, "Grants".');
    END IF;
  END LOOP;
  -- A right upon a whole table takes along, when it goes, the same right upon columns.
  IF taken > 0 THEN
    FOR lost IN
      SELECT r.object, r.grantee, r.privilege, r.columns
      FROM holdfast.rights r
      WHERE r.kind = 'TABLE' AND r.columns IS NOT NULL
        AND EXISTS (SELECT FROM unnest(r.columns) c WHERE NOT has_column_privilege(r.grantee, r.object, c::text, r.privilege))
    LOOP
      EXECUTE format('GRANT %s (%s) ON %s TO %I', CASE lost.privilege WHEN 'INSERT' THEN 'INSERT' ELSE 'UPDATE' END,
                     (SELECT string_agg(quote_ident(c), ', ') FROM unnest(lost.columns) c), to_regclass(lost.object), lost.grantee);
    END LOOP;
  END IF;
  RETURN taken;
END
$$;
COMMENT ON FUNCTION holdfast.take_back_granted(boolean) IS
  'Takes back what was granted beyond what the migrations grant: all of it, or what neither row-level security nor a trigger holds';

CREATE FUNCTION holdfast.some_of(objects text[]) RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_to_string(objects[1:3], ', ') || CASE WHEN cardinality(objects) > 3 THEN format(' and %s more', cardinality(objects) - 3) ELSE '' END
$$;
REVOKE EXECUTE ON FUNCTION holdfast.take_back_granted(boolean), holdfast.some_of(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.take_back_granted(boolean) TO backup_admin;
GRANT EXECUTE ON FUNCTION holdfast.some_of(text[]) TO backup_admin, backup_client, backup_viewer;

-- ---- The walls, by that list.

-- Columns that a device has no right to write stay as they are, though it was granted the whole table. Its arguments: the
-- columns that it may write. As whoever writes, and before all other triggers, which may well change them.
CREATE FUNCTION holdfast.hold_columns() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  held  RECORD;
  value jsonb;
BEGIN
  IF NOT pg_has_role(current_user, 'backup_client', 'USAGE')
     OR pg_has_role(current_user, 'backup_admin', 'USAGE')
     OR pg_has_role(current_user, (SELECT c.relowner FROM pg_class c WHERE c.oid = TG_RELID), 'USAGE') THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    FOR held IN
      SELECT n.key
      FROM jsonb_each(to_jsonb(NEW)) n
             JOIN jsonb_each(to_jsonb(OLD)) o USING (key)
      WHERE n.value IS DISTINCT FROM o.value AND n.key <> ALL (TG_ARGV)
    LOOP
      RAISE EXCEPTION 'a device cannot change % of %', held.key, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'An admin can.';
    END LOOP;
    RETURN NEW;
  END IF;
  -- Of a column that has a default nobody can tell whether it was given.
  FOR held IN
    SELECT a.attname, pg_get_expr(d.adbin, d.adrelid) AS expression
    FROM pg_attribute a
           LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND a.attname <> ALL (TG_ARGV)
      AND has_column_privilege(TG_RELID, a.attnum, 'INSERT')
  LOOP
    EXECUTE format('SELECT to_jsonb(%s)', coalesce(held.expression, 'NULL::text')) INTO value;
    NEW := jsonb_populate_record(NEW, jsonb_build_object(held.attname, value));
  END LOOP;
  RETURN NEW;
END
$$;

CREATE FUNCTION holdfast.refuse_truncate() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT pg_has_role(current_user, (SELECT c.relowner FROM pg_class c WHERE c.oid = TG_RELID), 'USAGE') THEN
    RAISE EXCEPTION '% can be emptied by the owner of the control plane alone', TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege', HINT = 'DELETE removes rows.';
  END IF;
  RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION holdfast.hold_columns(), holdfast.refuse_truncate() FROM PUBLIC;

-- A group reaches the rows of a table in the ways in which it has a right to, and in no other. What a device reaches of the
-- tables where each has rows of its own is said by the policies that these tables have already.
CREATE FUNCTION holdfast.build_walls(but_for name DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET client_min_messages = warning
AS $$
DECLARE
  -- All of them first: a table cannot be altered while it is read.
  tables CONSTANT regclass[] := ARRAY(SELECT c.oid
                                      FROM pg_class c
                                             JOIN pg_namespace n ON n.oid = c.relnamespace
                                      WHERE c.relkind = 'r' AND c.relname IS DISTINCT FROM but_for
                                        AND (n.nspname = 'holdfast'
                                             OR n.nspname = 'public'
                                                AND 'public.' || c.relname IN (SELECT r.object FROM holdfast.rights r)));
  guarded  regclass;
  known_as text;
  way      text;
BEGIN
  FOREACH guarded IN ARRAY tables LOOP
    SELECT n.nspname || '.' || c.relname
    INTO known_as
    FROM pg_class c
           JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = guarded;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('DROP POLICY IF EXISTS of_admins ON %s', guarded);
    FOREACH way IN ARRAY ARRAY ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] LOOP
      EXECUTE format('DROP POLICY IF EXISTS %I ON %s', 'of_admins_' || lower(way), guarded);
      IF holdfast.has_right(known_as, 'backup_admin', way) THEN
        EXECUTE format('CREATE POLICY %I ON %s FOR %s TO backup_admin %s', 'of_admins_' || lower(way), guarded,
                       CASE way WHEN 'SELECT' THEN 'SELECT' WHEN 'INSERT' THEN 'INSERT' WHEN 'UPDATE' THEN 'UPDATE' ELSE 'DELETE' END,
                       CASE way WHEN 'INSERT' THEN 'WITH CHECK (true)' ELSE 'USING (true)' END);
      END IF;
      -- The others are for all ways, such as those of the logins that see all devices.
      EXECUTE format('DROP POLICY IF EXISTS %I ON %s', 'not_by_devices_' || lower(way), guarded);
      IF NOT holdfast.has_right(known_as, 'backup_client', way)
         AND EXISTS (SELECT FROM pg_policy p
                     WHERE p.polrelid = guarded AND p.polcmd = '*' AND p.polpermissive
                       AND p.polroles && ARRAY [to_regrole('backup_client')::oid, to_regrole('backup_shared_client')::oid]) THEN
        EXECUTE format('CREATE POLICY %I ON %s AS RESTRICTIVE FOR %s TO backup_client %s', 'not_by_devices_' || lower(way), guarded,
                       CASE way WHEN 'SELECT' THEN 'SELECT' WHEN 'INSERT' THEN 'INSERT' WHEN 'UPDATE' THEN 'UPDATE' ELSE 'DELETE' END,
                       CASE way WHEN 'INSERT' THEN 'WITH CHECK (false)' ELSE 'USING (false)' END);
      END IF;
    END LOOP;
    EXECUTE format('DROP POLICY IF EXISTS of_viewers ON %s', guarded);
    IF holdfast.has_right(known_as, 'backup_viewer', 'SELECT') THEN
      EXECUTE format('CREATE POLICY of_viewers ON %s FOR SELECT TO backup_viewer USING (true)', guarded);
    END IF;
    EXECUTE format('DROP POLICY IF EXISTS of_devices ON %s', guarded);
    IF holdfast.has_right(known_as, 'backup_client', 'SELECT')
       AND NOT EXISTS (SELECT FROM pg_policy p
                       WHERE p.polrelid = guarded AND p.polpermissive AND p.polroles && ARRAY [to_regrole('backup_client')::oid]) THEN
      EXECUTE format('CREATE POLICY of_devices ON %s FOR SELECT TO backup_client USING (true)', guarded);
    END IF;

    -- Their names come first, as the order of triggers has it.
    FOREACH way IN ARRAY ARRAY ['INSERT', 'UPDATE'] LOOP
      EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', 'a_held_' || lower(way), guarded);
      IF holdfast.has_right(known_as, 'backup_client', way) THEN
        EXECUTE format('CREATE TRIGGER %I BEFORE %s ON %s FOR EACH ROW EXECUTE FUNCTION holdfast.hold_columns(%s)',
                       'a_held_' || lower(way), CASE way WHEN 'INSERT' THEN 'INSERT' ELSE 'UPDATE' END, guarded,
                       (SELECT string_agg(quote_literal(c.name), ', ')
                        FROM holdfast.rights r
                               CROSS JOIN LATERAL unnest(r.columns) c (name)
                        WHERE r.kind = 'TABLE' AND r.object = known_as AND r.grantee = 'backup_client' AND r.privilege = way));
      END IF;
    END LOOP;
    EXECUTE format('DROP TRIGGER IF EXISTS a_kept ON %s', guarded);
    EXECUTE format('CREATE TRIGGER a_kept BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION holdfast.refuse_truncate()',
                   guarded);
  END LOOP;
  -- A viewer who was granted the table sees of it what settings_public shows unmasked.
  CREATE POLICY of_viewers ON public.settings FOR SELECT TO backup_viewer USING (holdfast.masked_setting(key, value) = value);
END
$$;
COMMENT ON FUNCTION holdfast.build_walls(name) IS
  'Row-level security and triggers of every table, by what holdfast.rights says; a migration that adds a table calls it';

CREATE FUNCTION holdfast.has_right(of_table text, of_group name, way text) RETURNS boolean
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM holdfast.rights r
                 WHERE r.kind = 'TABLE' AND r.object = of_table AND r.grantee = of_group AND r.privilege = way)
$$;
REVOKE EXECUTE ON FUNCTION holdfast.build_walls(name), holdfast.has_right(text, name, text) FROM PUBLIC;

-- Flyway holds its own table while it migrates: afterMigrate__wall.sql does that one.
SELECT holdfast.build_walls('flyway_schema_history');

-- ---- Views with their owner's sight look who asks, whatever was granted on them.

-- As of V040, and what was granted beyond, triggers that are none of ours, and the encoding.
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
WHERE u.used > 0.1
UNION ALL
SELECT 'granted-beyond',
       format('%s has been granted %s on %s, which no migration has done', b.grantee, string_agg(DISTINCT b.privilege, ', ' ORDER BY b.privilege),
              holdfast.some_of(array_agg(DISTINCT b.object ORDER BY b.object))),
       'As an admin: SELECT holdfast.take_back_granted(); docs/security.md, "Grants", says what to grant instead.'
FROM granted_beyond b
GROUP BY b.grantee, b.kind
UNION ALL
SELECT 'trigger-of-others',
       format('the trigger %s of %s calls %s, which is none of the control plane''s, with the rights of whoever writes there',
              t.tgname, t.tgrelid::regclass, t.tgfoid::regprocedure),
       format('If it was not made on purpose, as the owner: DROP TRIGGER %I ON %s;', t.tgname, t.tgrelid::regclass)
FROM pg_trigger t
       JOIN pg_class c ON c.oid = t.tgrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND p.pronamespace <> 'holdfast'::regnamespace
  AND n.nspname || '.' || c.relname IN (SELECT r.object FROM holdfast.rights r)
UNION ALL
SELECT 'encoding',
       format('the database has the encoding %s: what a name holds beyond it cannot be told, and the record of a run is lost for it',
              pg_encoding_to_char(d.encoding)),
       'Make one with ENCODING ''UTF8'' TEMPLATE template0, and restore a dump of this one there: docs/disaster-recovery.md.'
FROM pg_database d
WHERE d.datname = current_database() AND pg_encoding_to_char(d.encoding) <> 'UTF8';

-- Once more for one that a later migration adds or replaces.
CREATE FUNCTION holdfast.build_walls_of_views() RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  seen RECORD;
BEGIN
  FOR seen IN
    SELECT c.oid, c.relname
    FROM pg_class c
    WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace
      AND 'public.' || c.relname IN (SELECT r.object FROM holdfast.rights r)
      AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false)
      AND strpos(pg_get_viewdef(c.oid), 'pg_has_role(''backup_viewer''::name') = 0
  LOOP
    EXECUTE format('CREATE OR REPLACE VIEW public.%I AS SELECT seen.* FROM (%s) seen WHERE %s', seen.relname,
                   rtrim(pg_get_viewdef(seen.oid), ';'),
                   'pg_has_role(''backup_viewer''::name, ''USAGE'') OR pg_has_role(''backup_admin''::name, ''USAGE'')
                    OR pg_has_role((SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = ''holdfast''), ''USAGE'')');
  END LOOP;
END
$$;
REVOKE EXECUTE ON FUNCTION holdfast.build_walls_of_views() FROM PUBLIC;
SELECT holdfast.build_walls_of_views();

-- As of V040. Besides: logins of devices that were retired are closed, and what was granted beyond is taken back.
CREATE OR REPLACE FUNCTION holdfast.sweep() RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
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
      PERFORM holdfast.close_retired_logins();
      DELETE FROM public.problems p
      WHERE p.source = 'limit' AND p.code = 'device-shared' AND p.seen_at < clock_timestamp() - interval '1 hour';
      BEGIN
        PERFORM holdfast.take_back_granted(false);
      EXCEPTION
        -- Somebody grants at this very moment.
        WHEN internal_error OR lock_not_available THEN NULL;
      END;
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

UPDATE control_plane_version SET schema_version = 44;
