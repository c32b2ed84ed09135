-- What an admin asks first: is all well, what runs next, what was forgotten. And what every column means.

-- ---- A job by the names that people know.

CREATE FUNCTION holdfast.job(device text, name text) RETURNS uuid
  LANGUAGE plpgsql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  id   uuid;
  near text;
BEGIN
  SELECT j.id INTO id FROM public.backup_jobs j WHERE j.device_id = job.device AND j.name = job.name;
  IF FOUND THEN
    RETURN id;
  END IF;
  IF EXISTS (SELECT FROM public.devices d WHERE d.id = job.device) THEN
    near := holdfast.nearest(job.name, ARRAY(SELECT j.name::text FROM public.backup_jobs j WHERE j.device_id = job.device));
    RAISE EXCEPTION USING ERRCODE = 'no_data_found',
      MESSAGE = format('device %s has no job "%s"', job.device, job.name),
      HINT = CASE
               WHEN near IS NULL THEN format('SELECT name FROM backup_jobs WHERE device_id = %L lists its jobs.', job.device)
               ELSE format('Did you mean "%s"?', near)
             END;
  END IF;
  -- Perhaps its name was given; else those ids are compared that are about as long.
  near := coalesce((SELECT min(d.id) FROM public.devices d WHERE d.name = job.device),
                   holdfast.nearest(job.device, ARRAY(SELECT d.id::text FROM public.devices d
                                                      ORDER BY abs(length(d.id) - length(job.device)), d.id
                                                      LIMIT 500)));
  RAISE EXCEPTION USING ERRCODE = 'no_data_found',
    MESSAGE = format('there is no device "%s"', job.device),
    HINT = CASE WHEN near IS NULL THEN 'SELECT id, name FROM devices lists them.' ELSE format('Did you mean "%s"?', near) END;
END
$$;
COMMENT ON FUNCTION holdfast.job(text, text) IS 'The id of a job, by the id of its device and its own name; an error if there is none';
REVOKE EXECUTE ON FUNCTION holdfast.job(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.job(text, text) TO backup_admin, backup_viewer;

-- ---- What was forgotten.

-- As of V019, but NULL for NULL: a job without verify_schedule was taken for one that is tested every day, and so told as overdue.
CREATE OR REPLACE FUNCTION holdfast.cron_seconds(expression text) RETURNS integer
  LANGUAGE sql
  IMMUTABLE
  RETURNS NULL ON NULL INPUT
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
           WHEN e IN ('@yearly', '@annually') OR f[4] <> '*' THEN 31622400
           WHEN e = '@monthly' OR f[3] NOT LIKE '*%' AND f[5] = '*' THEN 2678400
           WHEN e = '@weekly' OR f[5] NOT LIKE '*%' THEN 604800
           WHEN e LIKE '@hourly' OR f[2] = '*' THEN 3600
           ELSE 86400
         END
  FROM (SELECT lower(btrim(expression)) AS e, regexp_split_to_array(btrim(expression), '\s+') AS f) x
$$;

CREATE VIEW jobs_without_schedule WITH (security_invoker = true) AS
SELECT j.device_id,
       d.name AS device_name,
       j.id   AS job_id,
       j.name AS job_name,
       j.created_at,
       s.last_success_at
FROM backup_jobs j
       JOIN devices d ON d.id = j.device_id AND d.enabled
       LEFT JOIN job_state s ON s.job_id = j.id
WHERE j.enabled
  AND j.rpo_seconds IS NULL
  AND NOT EXISTS (SELECT FROM schedules x WHERE x.job_id = j.id AND x.enabled);

COMMENT ON VIEW jobs_without_schedule IS
  'Enabled jobs that nothing starts and nobody would miss: no schedule is enabled, and there is no rpo_seconds for overdue_jobs';

CREATE VIEW jobs_without_policy WITH (security_invoker = true) AS
SELECT j.device_id,
       d.name AS device_name,
       j.id   AS job_id,
       j.name AS job_name,
       j.enabled
FROM backup_jobs j
       JOIN devices d ON d.id = j.device_id
WHERE j.retention_policy IS NULL
  AND NOT EXISTS (SELECT FROM retention_policies p WHERE p.is_default);

COMMENT ON VIEW jobs_without_policy IS
  'Jobs whose snapshots all stay: they name no retention policy, and there is no default one';

CREATE VIEW last_restore_tests WITH (security_invoker = true) AS
SELECT j.device_id,
       d.name     AS device_name,
       j.id       AS job_id,
       j.name     AS job_name,
       j.verify_schedule,
       v.end_time AS tested_at,
       v.outcome,
       v.code,
       v.message,
       v.snapshot_id,
       v.files,
       v.bytes,
       v.with_source,
       v.last_good_at
FROM backup_jobs j
       JOIN devices d ON d.id = j.device_id
       LEFT JOIN LATERAL (
  SELECT n.*, max(n.end_time) FILTER (WHERE n.outcome = 'success') OVER () AS last_good_at
  FROM ((SELECT * FROM verifications x WHERE x.job_id = j.id AND x.outcome = 'success' ORDER BY x.end_time DESC LIMIT 1)
        UNION ALL
        (SELECT * FROM verifications x WHERE x.job_id = j.id AND x.outcome = 'failed' ORDER BY x.end_time DESC LIMIT 1)) n
  ORDER BY n.end_time DESC
  LIMIT 1
  ) v ON true;

COMMENT ON VIEW last_restore_tests IS 'Every job with its newest restore test, cancelled ones excepted; the columns are NULL if there was none';

-- ---- What runs next.

CREATE VIEW upcoming WITH (security_invoker = true) AS
SELECT s.next_run_at                                                        AS due_at,
       s.next_run_at - now()                                                AS due_in,
       j.device_id,
       d.name                                                               AS device_name,
       j.id                                                                 AS job_id,
       j.name                                                               AS job_name,
       s.id                                                                 AS schedule_id,
       coalesce(s.cron_expression, format('every %s s', s.interval_seconds)) AS schedule,
       s.timezone,
       d.last_seen
FROM schedules s
       JOIN backup_jobs j ON j.id = s.job_id AND j.enabled
       JOIN devices d ON d.id = j.device_id AND d.enabled
WHERE s.enabled AND s.next_run_at IS NOT NULL
ORDER BY s.next_run_at;

COMMENT ON VIEW upcoming IS 'The next due time of every schedule, the nearest first, as the agents announced it when they last synced';

-- ---- How much there is.

CREATE VIEW job_sizes WITH (security_invoker = true) AS
SELECT j.device_id,
       d.name                   AS device_name,
       j.id                     AS job_id,
       j.name                   AS job_name,
       n.time                   AS newest_at,
       n.files,
       n.bytes,
       coalesce(a.snapshots, 0) AS snapshots,
       a.oldest_at,
       a.added_bytes
FROM backup_jobs j
       JOIN devices d ON d.id = j.device_id
       LEFT JOIN LATERAL (
  SELECT s.time, s.files, s.bytes
  FROM snapshots s
  WHERE s.job_id = j.id AND s.told AND s.vanished_at IS NULL AND s.time <= now() + interval '1 day'
    AND NOT EXISTS (SELECT FROM copy_targets_public t WHERE t.repository_id = s.repository_id)
  ORDER BY s.time DESC
  LIMIT 1
  ) n ON true
       LEFT JOIN (
  SELECT s.job_id, count(*) AS snapshots, min(s.time) AS oldest_at, sum(s.added_bytes)::bigint AS added_bytes
  FROM snapshots s
  WHERE s.told AND s.vanished_at IS NULL
    AND NOT EXISTS (SELECT FROM copy_targets_public t WHERE t.repository_id = s.repository_id)
  GROUP BY s.job_id
  ) a ON a.job_id = j.id;

COMMENT ON VIEW job_sizes IS 'How large every job''s newest snapshot is, and how many it has; copies are not counted';

CREATE VIEW devices_by_version WITH (security_invoker = true) AS
SELECT d.metadata ->> 'agent_version'         AS agent_version,
       d.metadata ->> 'restic_version'        AS restic_version,
       d.platform,
       count(*)                               AS devices,
       (array_agg(d.id ORDER BY d.id))[1:20]  AS device_ids,
       min(d.last_seen)                       AS longest_silent_since
FROM devices d
WHERE d.enabled
GROUP BY 1, 2, 3;

COMMENT ON VIEW devices_by_version IS 'How many enabled devices run which versions of the agent and of restic, as they said at their last sync';

-- ---- What outlives its job.

-- A deleted job's name is in the audit log, and in the tags of snapshots that a housekeeper has listed.
CREATE VIEW snapshots_of_deleted_jobs WITH (security_invoker = true) AS
SELECT s.repository_id,
       s.id,
       s.time,
       s.job_id,
       coalesce((SELECT a.before ->> 'name'
                 FROM audit_log a
                 WHERE a.table_name = 'backup_jobs' AND a.operation = 'DELETE' AND a.row_id = s.job_id::text
                 ORDER BY a.at DESC
                 LIMIT 1),
                (SELECT min(substr(t, length('backup_name=') + 1))
                 FROM unnest(s.tags) t
                 WHERE starts_with(t, 'backup_name=')),
                (SELECT r.job_name FROM runs r WHERE r.run_uuid = s.run_uuid)) AS job_name,
       s.device_id,
       s.host,
       s.paths,
       s.bytes
FROM snapshots s
WHERE s.job_id IS NOT NULL
  AND s.vanished_at IS NULL
  AND NOT EXISTS (SELECT FROM backup_jobs j WHERE j.id = s.job_id);

COMMENT ON VIEW snapshots_of_deleted_jobs IS 'Snapshots whose job is not here any more: no policy forgets them';

-- As of V039, but a deleted job has its name too.
CREATE OR REPLACE VIEW snapshot_copies AS
SELECT coalesce(s.original_id, s.id)                                   AS snapshot_id,
       min(s.time)                                                     AS time,
       (array_agg(s.job_id))[1]                                        AS job_id,
       coalesce(min(j.name)::varchar(255),
                (SELECT (a.before ->> 'name')::varchar(255)
                 FROM audit_log a
                 WHERE a.table_name = 'backup_jobs' AND a.operation = 'DELETE' AND a.row_id = (array_agg(s.job_id))[1]::text
                 ORDER BY a.at DESC
                 LIMIT 1),
                (SELECT min(substr(t, length('backup_name=') + 1))::varchar(255)
                 FROM unnest(max(s.tags)) t
                 WHERE starts_with(t, 'backup_name=')))                AS job_name,
       min(s.device_id)                                                AS device_id,
       count(DISTINCT s.repository_id)                                 AS copies,
       array_agg(DISTINCT coalesce(t.name, left(s.repository_id, 8)))  AS repositories,
       bool_and(s.told)                                                AS told
FROM snapshots s
       LEFT JOIN backup_jobs j ON j.id = s.job_id
       LEFT JOIN copy_targets t ON t.repository_id = s.repository_id
WHERE s.vanished_at IS NULL
GROUP BY coalesce(s.original_id, s.id);
SELECT holdfast.build_walls_of_views();

-- Whatever is kept by a repository's id goes, in tables that later migrations add too.
CREATE FUNCTION holdfast.forget_repository(repository text) RETURNS bigint
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
DECLARE
  ids       text[];
  gone      text;
  who       text;
  from_here oid;
  snapshots bigint;
BEGIN
  SELECT array_agg(DISTINCT k.repository_id ORDER BY k.repository_id)
  INTO ids
  FROM (SELECT s.repository_id FROM public.snapshots s
        UNION ALL SELECT l.repository_id FROM holdfast.repository_leases l
        UNION ALL SELECT h.repository_id FROM public.housekeeping_runs h) k
  WHERE starts_with(k.repository_id, forget_repository.repository) AND length(forget_repository.repository) >= 8;
  IF cardinality(ids) IS DISTINCT FROM 1 THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found',
      MESSAGE = format(CASE
                         WHEN ids IS NULL THEN 'no known repository''s id begins with "%s"'
                         ELSE 'the ids of several repositories begin with "%s"'
                       END, forget_repository.repository),
      HINT = 'SELECT DISTINCT repository_id FROM snapshots lists them; give 8 characters or more.';
  END IF;
  gone := ids[1];

  SELECT string_agg(t.name, ', ' ORDER BY t.name) INTO who FROM public.copy_targets t WHERE t.repository_id = gone;
  IF who IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_in_use',
      MESSAGE = format('repository %s is the copy target %s', left(gone, 8), who),
      HINT = 'Delete that row of copy_targets first.';
  END IF;
  SELECT string_agg(d.id, ', ' ORDER BY d.id)
  INTO who
  FROM public.devices d
  WHERE d.enabled AND holdfast.repository_of(d.id) = gone;
  IF who IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_in_use',
      MESSAGE = format('devices were last seen in repository %s: %s', left(gone, 8), left(who, 500)),
      HINT = 'Give them another repository_url and let them back up there, or retire them: SELECT holdfast.retire_device(...).';
  END IF;
  IF EXISTS (SELECT FROM holdfast.repository_leases l WHERE l.repository_id = gone AND l.expires_at > clock_timestamp())
     OR EXISTS (SELECT FROM holdfast.repository_users u WHERE u.repository_id = gone AND u.expires_at > clock_timestamp()) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_in_use',
      MESSAGE = format('somebody is at work in repository %s', left(gone, 8)),
      HINT = 'SELECT * FROM repository_use shows who; wait until they have ended.';
  END IF;

  SELECT count(*) INTO snapshots FROM public.snapshots s WHERE s.repository_id = gone;
  DELETE FROM holdfast.told_snapshots t
  WHERE EXISTS (SELECT FROM public.snapshots s WHERE s.repository_id = gone AND coalesce(s.original_id, s.id) = t.snapshot_id)
    AND NOT EXISTS (SELECT FROM public.snapshots s WHERE s.repository_id <> gone AND coalesce(s.original_id, s.id) = t.snapshot_id);
  DELETE FROM public.problems p
  WHERE p.source = 'repository' AND starts_with(p.subject, format('repository %s, ', left(gone, 8)));
  FOR from_here IN
    SELECT c.oid
    FROM pg_class c
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'repository_id' AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND c.relnamespace IN ('public'::regnamespace, 'holdfast'::regnamespace)
  LOOP
    EXECUTE format('DELETE FROM %s WHERE repository_id = $1', from_here::regclass) USING gone;
  END LOOP;
  RETURN snapshots;
END
$$;
COMMENT ON FUNCTION holdfast.forget_repository(text) IS
  'Removes all that the control plane knows of a repository that is gone, named by 8 characters or more of its id; returns how many '
  'snapshots it had. The repository itself is not touched';
REVOKE EXECUTE ON FUNCTION holdfast.forget_repository(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.forget_repository(text) TO backup_admin;

-- ---- Is all well?

-- MATERIALIZED: each figure is asked for once, however often the sentence names it.
CREATE VIEW fleet_status WITH (security_invoker = true) AS
WITH n AS MATERIALIZED (
  SELECT dev.devices,
         dev.devices_silent,
         dev.devices_paused,
         job.jobs,
         job.jobs_failing,
         (SELECT count(*) FROM overdue_jobs)              AS jobs_overdue,
         (SELECT count(*) FROM jobs_without_schedule)     AS jobs_without_schedule,
         (SELECT count(*) FROM jobs_without_policy)       AS jobs_without_policy,
         (SELECT count(*)
          FROM unproven_jobs u
                 JOIN devices d ON d.id = u.device_id AND d.enabled) AS jobs_unproven,
         (SELECT count(*) FROM housekeeping_overdue)      AS housekeeping_overdue,
         problem.errors,
         problem.warnings,
         (SELECT count(*) FROM runs WHERE status = 'running') AS backups_running,
         job.last_success_at,
         (SELECT min(s.next_run_at)
          FROM schedules s
                 JOIN backup_jobs j ON j.id = s.job_id AND j.enabled
                 JOIN devices d ON d.id = j.device_id AND d.enabled
          WHERE s.enabled AND s.next_run_at > now())      AS next_due_at
  FROM (
    SELECT count(*) FILTER (WHERE d.enabled)     AS devices,
           -- A token that was made an hour ago may not have been used yet.
           count(*) FILTER (WHERE d.enabled AND coalesce(d.last_seen, d.created_at) < now() - interval '1 day') AS devices_silent,
           count(*) FILTER (WHERE NOT d.enabled) AS devices_paused
    FROM devices d
    ) dev
         CROSS JOIN (
    SELECT count(*)                                AS jobs,
           count(*) FILTER (WHERE s.failures > 0) AS jobs_failing,
           max(s.last_success_at)                 AS last_success_at
    FROM backup_jobs j
           JOIN devices d ON d.id = j.device_id AND d.enabled
           LEFT JOIN job_state s ON s.job_id = j.id
    WHERE j.enabled
    ) job
         CROSS JOIN (
    SELECT count(*) FILTER (WHERE p.severity = 'error')   AS errors,
           count(*) FILTER (WHERE p.severity = 'warning') AS warnings
    FROM problems p
           JOIN devices d ON d.id = p.device_id
    -- What is wrong with a repository is so, whoever has found it.
    WHERE d.enabled OR p.source = 'repository'
    ) problem
)
SELECT c.wrong = ''                                             AS all_is_well,
       CASE c.wrong WHEN '' THEN 'all is well' ELSE c.wrong END AS summary,
       n.*
FROM n
       CROSS JOIN LATERAL (
  SELECT concat_ws(', ',
                   CASE WHEN n.jobs = 0 THEN 'no job is enabled' END,
                   CASE WHEN n.devices_silent > 0 THEN 'devices silent for a day: ' || n.devices_silent END,
                   CASE WHEN n.jobs_overdue > 0 THEN 'jobs overdue: ' || n.jobs_overdue END,
                   CASE WHEN n.jobs_failing > 0 THEN 'jobs failing: ' || n.jobs_failing END,
                   CASE WHEN n.jobs_without_schedule > 0 THEN 'jobs without a schedule: ' || n.jobs_without_schedule END,
                   CASE WHEN n.jobs_unproven > 0 THEN 'jobs without a good restore test: ' || n.jobs_unproven END,
                   CASE WHEN n.housekeeping_overdue > 0 THEN 'housekeeping overdue: ' || n.housekeeping_overdue END,
                   CASE WHEN n.errors > 0 THEN 'errors in problems: ' || n.errors END) AS wrong
  ) c;

COMMENT ON VIEW fleet_status IS 'One row: is all well in the whole fleet, and if not, where to look; what is paused does not count';

GRANT SELECT ON fleet_status, upcoming, jobs_without_schedule, jobs_without_policy, last_restore_tests, job_sizes,
  devices_by_version, snapshots_of_deleted_jobs TO backup_admin, backup_viewer;

-- ---- What the columns mean, where it was not said yet: WholeSchemaIT finds any that is without.

COMMENT ON COLUMN devices.description IS 'Free text, for people';
COMMENT ON COLUMN devices.hostname IS 'What the machine calls itself, as it said at its last sync';
COMMENT ON COLUMN devices.created_at IS 'When the row was made: by its token or its first sync';
COMMENT ON COLUMN devices.updated_at IS 'When an admin last changed the row; heartbeats do not count';

COMMENT ON COLUMN backup_jobs.device_id IS 'The machine that backs up';
COMMENT ON COLUMN backup_jobs.description IS 'Free text, for people';
COMMENT ON COLUMN backup_jobs.enabled IS 'false pauses the job: it is not run, by hand neither';
COMMENT ON COLUMN backup_jobs.created_at IS 'When the row was made';
COMMENT ON COLUMN backup_jobs.updated_at IS 'When the row was last changed';
COMMENT ON COLUMN backup_jobs.metadata IS 'Yours to use; agents do not read it';

COMMENT ON COLUMN schedules.id IS 'Named by runs.schedule_id and in problems';
COMMENT ON COLUMN schedules.enabled IS 'false pauses this schedule alone';
COMMENT ON COLUMN schedules.created_at IS 'When the row was made';
COMMENT ON COLUMN schedules.updated_at IS 'When an admin last changed the row; the agent''s own columns do not count';
COMMENT ON COLUMN schedules.metadata IS 'Yours to use; agents do not read it';

COMMENT ON COLUMN runs.id IS 'In the order in which the rows came; run_uuid is what other tables refer to';
COMMENT ON COLUMN runs.device_id IS 'The machine that ran it';
COMMENT ON COLUMN runs.start_time IS 'By the device''s clock';
COMMENT ON COLUMN runs.end_time IS 'By the device''s clock; NULL while it runs';
COMMENT ON COLUMN runs.files_changed IS 'Files whose content or metadata differ from the snapshot before';
COMMENT ON COLUMN runs.files_unmodified IS 'Files that are as they were in the snapshot before';
COMMENT ON COLUMN runs.dirs_new IS 'Directories that the snapshot before did not have';
COMMENT ON COLUMN runs.dirs_changed IS 'Directories in which something differs from the snapshot before';
COMMENT ON COLUMN runs.dirs_unmodified IS 'Directories that are as they were in the snapshot before';
COMMENT ON COLUMN runs.total_files_processed IS 'Files in the snapshot';
COMMENT ON COLUMN runs.total_bytes_processed IS 'Size of those files, before deduplication and compression';
COMMENT ON COLUMN runs.duration_seconds IS 'How long it took, whatever the clock was set to meanwhile';
COMMENT ON COLUMN runs.restic_output IS
  'The beginning and the end of what restic wrote to standard output, without progress and secrets';
COMMENT ON COLUMN runs.restic_errors IS 'The beginning and the end of what restic wrote to standard error, without secrets';
COMMENT ON COLUMN runs.created_at IS 'When the row was made, by the database''s clock';
COMMENT ON COLUMN runs.progress_at IS 'When progress was last renewed';

COMMENT ON COLUMN settings.id IS 'A number for the row; nothing refers to it';
COMMENT ON COLUMN settings.description IS 'Free text, for people';
COMMENT ON COLUMN settings.created_at IS 'When the row was made';
COMMENT ON COLUMN settings.updated_at IS 'When the row was last changed';

COMMENT ON COLUMN setting_keys.key IS 'The name of the setting';
COMMENT ON COLUMN setting_keys.min_value IS 'The least that an integer may be';
COMMENT ON COLUMN setting_keys.max_value IS 'The most that an integer may be';
COMMENT ON COLUMN setting_keys.for_devices IS 'Whether devices may read it; the others are for the database alone';
COMMENT ON COLUMN setting_keys.description IS 'What it does, and what holds if it is not set';

COMMENT ON COLUMN problems.device_id IS 'The machine that found it, or that it is about';
COMMENT ON COLUMN problems.job_id IS 'The job that it is about, if it is about one';
COMMENT ON COLUMN problems.schedule_id IS 'The schedule that it is about, if it is about one';
COMMENT ON COLUMN problems.seen_at IS 'When it was last found';

COMMENT ON COLUMN control_plane_version.only_row IS 'Always true: there is one row';

COMMENT ON COLUMN missed_runs.id IS 'Made by the agent, so that a replay changes nothing';
COMMENT ON COLUMN missed_runs.device_id IS 'The machine on which nothing ran';
COMMENT ON COLUMN missed_runs.job_id IS 'NULL once the job is deleted';
COMMENT ON COLUMN missed_runs.job_name IS 'The job''s name at the time; outlives the job';
COMMENT ON COLUMN missed_runs.last_due_at IS 'The last of them';
COMMENT ON COLUMN missed_runs.message IS 'The reason in a sentence';
COMMENT ON COLUMN missed_runs.recorded_at IS 'When the row arrived, by the database''s clock';

COMMENT ON COLUMN requests.id IS 'runs.request_id and restores.id name it';
COMMENT ON COLUMN requests.job_id IS 'The job to back up, to cancel, or whose files are to be restored';
COMMENT ON COLUMN requests.requested_by IS 'The login that asked';
COMMENT ON COLUMN requests.created_at IS 'When it was asked';
COMMENT ON COLUMN requests.claimed_at IS 'When the device took it';
COMMENT ON COLUMN requests.finished_at IS 'When it was answered';
COMMENT ON COLUMN requests.message IS 'The answer in a sentence';
COMMENT ON COLUMN requests.result IS 'The answer for programs, such as the uuid and the outcome of the run';

COMMENT ON COLUMN restic_arguments.argument IS 'As it is written in restic_args';
COMMENT ON COLUMN restic_arguments.description IS 'What it does, and from which version of restic on';

COMMENT ON COLUMN audit_log.id IS 'In the order of the changes';
COMMENT ON COLUMN audit_log.at IS 'When it was changed';
COMMENT ON COLUMN audit_log.table_name IS 'The table that was changed';
COMMENT ON COLUMN audit_log.operation IS 'INSERT, UPDATE or DELETE';
COMMENT ON COLUMN audit_log.device_id IS 'The device whose row it is, if it is that of one';

COMMENT ON COLUMN job_state.job_id IS 'The job';
COMMENT ON COLUMN job_state.device_id IS 'Its device';
COMMENT ON COLUMN job_state.last_run_uuid IS 'Its newest run';
COMMENT ON COLUMN job_state.last_start IS 'When the newest run began';
COMMENT ON COLUMN job_state.last_end IS 'When the newest run ended; NULL while it runs';
COMMENT ON COLUMN job_state.last_error IS 'The error_message of the newest run';
COMMENT ON COLUMN job_state.last_snapshot_id IS 'The snapshot of the newest complete backup';
COMMENT ON COLUMN job_state.failing_since IS 'When the first of those runs began; NULL if there are none';

COMMENT ON COLUMN job_days.job_id IS 'The job';
COMMENT ON COLUMN job_days.day IS 'The day, in UTC';
COMMENT ON COLUMN job_days.device_id IS 'Its device';
COMMENT ON COLUMN job_days.runs IS 'Runs that began on that day and have ended';
COMMENT ON COLUMN job_days.successes IS 'Those that were complete';
COMMENT ON COLUMN job_days.failures IS 'Those that failed or were partial; cancelled ones are neither';
COMMENT ON COLUMN job_days.added_bytes IS 'What they added to the repository, before compression';

COMMENT ON COLUMN job_hours.job_id IS 'The job';
COMMENT ON COLUMN job_hours.weekday IS '1 is Monday, 7 is Sunday; UTC';
COMMENT ON COLUMN job_hours.hour IS '0 to 23; UTC';
COMMENT ON COLUMN job_hours.week IS 'The Monday of the week';
COMMENT ON COLUMN job_hours.runs IS 'Runs that began in that hour and have ended';
COMMENT ON COLUMN job_hours.successes IS 'Those that were complete';

COMMENT ON COLUMN retention_policies.id IS 'A number for the row; jobs refer to the name';
COMMENT ON COLUMN retention_policies.name IS 'What backup_jobs.retention_policy and copy_targets.retention_policy name';
COMMENT ON COLUMN retention_policies.description IS 'Free text, for people';
COMMENT ON COLUMN retention_policies.keep_hourly IS 'The newest of each of the last so many hours that have one';
COMMENT ON COLUMN retention_policies.keep_weekly IS 'The newest of each of the last so many weeks that have one';
COMMENT ON COLUMN retention_policies.keep_monthly IS 'The newest of each of the last so many months that have one';
COMMENT ON COLUMN retention_policies.keep_yearly IS 'The newest of each of the last so many years that have one';
COMMENT ON COLUMN retention_policies.keep_within_hourly IS 'The newest of each hour within this time';
COMMENT ON COLUMN retention_policies.keep_within_weekly IS 'The newest of each week within this time';
COMMENT ON COLUMN retention_policies.keep_within_monthly IS 'The newest of each month within this time';
COMMENT ON COLUMN retention_policies.keep_within_yearly IS 'The newest of each year within this time';
COMMENT ON COLUMN retention_policies.created_at IS 'When the row was made';
COMMENT ON COLUMN retention_policies.updated_at IS 'When the row was last changed';

COMMENT ON COLUMN housekeeping.id IS 'Named by housekeeping_runs.housekeeping_id';
COMMENT ON COLUMN housekeeping.schedule_type IS 'cron or interval';
COMMENT ON COLUMN housekeeping.cron_expression IS 'Five fields or a nickname, as in schedules';
COMMENT ON COLUMN housekeeping.interval_seconds IS 'Seconds between two turns';
COMMENT ON COLUMN housekeeping.enabled IS 'false pauses it';
COMMENT ON COLUMN housekeeping.created_at IS 'When the row was made';
COMMENT ON COLUMN housekeeping.updated_at IS 'When the row was last changed';

COMMENT ON COLUMN housekeeping_runs.run_uuid IS 'Made by the housekeeper, so that a replay changes nothing';
COMMENT ON COLUMN housekeeping_runs.kind IS 'What was done, as in housekeeping';
COMMENT ON COLUMN housekeeping_runs.device_id IS 'The housekeeper that did it';
COMMENT ON COLUMN housekeeping_runs.housekeeping_id IS
  'The row that it was due by; NULL if it was done by hand or the row is deleted';
COMMENT ON COLUMN housekeeping_runs.triggered_by IS 'How it was initiated, as in runs';
COMMENT ON COLUMN housekeeping_runs.start_time IS 'When it began';
COMMENT ON COLUMN housekeeping_runs.end_time IS 'When it ended; NULL while it runs';
COMMENT ON COLUMN housekeeping_runs.status IS 'running, success, failed or cancelled';
COMMENT ON COLUMN housekeeping_runs.code IS 'Why it ended so, for programs';
COMMENT ON COLUMN housekeeping_runs.message IS 'The same in a sentence';
COMMENT ON COLUMN housekeeping_runs.exit_code IS 'restic''s exit code';
COMMENT ON COLUMN housekeeping_runs.restic_output IS
  'The beginning and the end of what restic wrote to standard output, without secrets';
COMMENT ON COLUMN housekeeping_runs.restic_errors IS
  'The beginning and the end of what restic wrote to standard error, without secrets';

COMMENT ON COLUMN snapshots.repository_id IS 'restic''s own id of the repository';
COMMENT ON COLUMN snapshots.time IS 'When the backup began, as the snapshot says';
COMMENT ON COLUMN snapshots.run_uuid IS 'The run that made it, by its tag';
COMMENT ON COLUMN snapshots.host IS 'The host that the snapshot names: what its device was called then';
COMMENT ON COLUMN snapshots.paths IS 'What was backed up; empty until a housekeeper has listed the snapshot';
COMMENT ON COLUMN snapshots.tags IS 'Its tags; empty until a housekeeper has listed the snapshot';
COMMENT ON COLUMN snapshots.bytes IS 'Size of its files, before deduplication and compression';
COMMENT ON COLUMN snapshots.added_bytes IS 'What it added to the repository, before compression';

COMMENT ON COLUMN copy_targets.id IS 'A number for the row; other tables refer to the name';
COMMENT ON COLUMN copy_targets.name IS 'What backup_jobs.copy_to and housekeeping.target name';
COMMENT ON COLUMN copy_targets.description IS 'Free text, for people';
COMMENT ON COLUMN copy_targets.repository_password IS 'The password of that repository, or a reference to it';
COMMENT ON COLUMN copy_targets.repository_environment IS 'A JSON object of variables for its storage, or a reference to it';
COMMENT ON COLUMN copy_targets.enabled IS 'false pauses all that is done in it';
COMMENT ON COLUMN copy_targets.created_at IS 'When the row was made';
COMMENT ON COLUMN copy_targets.updated_at IS 'When the row was last changed';

COMMENT ON COLUMN password_rotations.id IS 'Made by the command';
COMMENT ON COLUMN password_rotations.repository_id IS 'restic''s own id of the repository';
COMMENT ON COLUMN password_rotations.started_at IS 'When the new password was made';
COMMENT ON COLUMN password_rotations.started_by IS 'The admin who began it';
COMMENT ON COLUMN password_rotations.finished_at IS 'When the old key was removed; NULL while both passwords are good';

COMMENT ON COLUMN verifications.id IS 'Made by the agent, so that a replay changes nothing';
COMMENT ON COLUMN verifications.job_id IS 'NULL once the job is deleted';
COMMENT ON COLUMN verifications.job_name IS 'The job''s name at the time; outlives the job';
COMMENT ON COLUMN verifications.device_id IS 'The machine that tested';
COMMENT ON COLUMN verifications.snapshot_id IS 'The snapshot of which a sample was restored';
COMMENT ON COLUMN verifications.triggered_by IS 'How it was initiated, as in runs';
COMMENT ON COLUMN verifications.start_time IS 'When it began';
COMMENT ON COLUMN verifications.end_time IS 'When it ended';
COMMENT ON COLUMN verifications.outcome IS 'success, failed or cancelled';
COMMENT ON COLUMN verifications.code IS 'Why it ended so, for programs: ok, proof-failed, sample-empty and others';
COMMENT ON COLUMN verifications.message IS 'The same in a sentence';
COMMENT ON COLUMN verifications.bytes IS 'Size of the files that were restored';

COMMENT ON COLUMN restores.request_id IS 'The request; NULL once it is deleted';
COMMENT ON COLUMN restores.device_id IS 'The machine that restored';
COMMENT ON COLUMN restores.job_name IS 'What that job was called';
COMMENT ON COLUMN restores.snapshot_id IS 'The snapshot that was restored';
COMMENT ON COLUMN restores.target IS 'The directory that was asked for';
COMMENT ON COLUMN restores.start_time IS 'When the machine began with it';
COMMENT ON COLUMN restores.end_time IS 'When it ended; NULL while it runs';
COMMENT ON COLUMN restores.status IS 'running, success, partial, failed or cancelled';
COMMENT ON COLUMN restores.message IS 'Why it ended so, in a sentence';
COMMENT ON COLUMN restores.bytes IS 'Size of what came back';
COMMENT ON COLUMN restores.error_count IS 'How many files did not come back';
COMMENT ON COLUMN restores.progress IS 'How far a running restore is';
COMMENT ON COLUMN restores.progress_at IS 'When progress was last renewed';

COMMENT ON COLUMN repository_keys.repository_id IS 'restic''s own id of the repository';
COMMENT ON COLUMN repository_keys.host_name IS 'What the key says of the machine that it was made on';
COMMENT ON COLUMN repository_keys.created IS 'What the key says of when it was made';
COMMENT ON COLUMN repository_keys.seen_since IS 'When a housekeeper first listed it';

-- ---- And those of the views.

COMMENT ON COLUMN settings_public.id IS 'settings.id';
COMMENT ON COLUMN settings_public.device_id IS 'settings.device_id';
COMMENT ON COLUMN settings_public.key IS 'settings.key';
COMMENT ON COLUMN settings_public.value IS 'Its value; ******** in the place of a secret, and of a password within a URL';
COMMENT ON COLUMN settings_public.description IS 'settings.description';
COMMENT ON COLUMN settings_public.updated_at IS 'settings.updated_at';

COMMENT ON COLUMN latest_runs.id IS 'runs.id of the job''s newest run';
COMMENT ON COLUMN latest_runs.job_id IS 'The job';
COMMENT ON COLUMN latest_runs.device_id IS 'Its device';
COMMENT ON COLUMN latest_runs.start_time IS 'When that run began';
COMMENT ON COLUMN latest_runs.end_time IS 'When it ended; NULL while it runs';
COMMENT ON COLUMN latest_runs.status IS 'runs.status';
COMMENT ON COLUMN latest_runs.error_message IS 'runs.error_message';
COMMENT ON COLUMN latest_runs.snapshot_id IS 'The snapshot that it made';
COMMENT ON COLUMN latest_runs.triggered_by IS 'How it was initiated';
COMMENT ON COLUMN latest_runs.outcome IS 'runs.outcome';

COMMENT ON COLUMN job_summary.job_id IS 'The job';
COMMENT ON COLUMN job_summary.device_id IS 'Its device';
COMMENT ON COLUMN job_summary.job_name IS 'Its name';
COMMENT ON COLUMN job_summary.job_enabled IS 'Whether the job is enabled';
COMMENT ON COLUMN job_summary.schedule_type IS 'cron or interval; NULL if the job has no schedule';
COMMENT ON COLUMN job_summary.cron_expression IS 'Of this schedule';
COMMENT ON COLUMN job_summary.interval_seconds IS 'Of this schedule';
COMMENT ON COLUMN job_summary.schedule_enabled IS 'Whether this schedule is enabled';
COMMENT ON COLUMN job_summary.last_run_at IS 'When this schedule last started the job';
COMMENT ON COLUMN job_summary.next_run_at IS 'When it will next, as the agent announced it';
COMMENT ON COLUMN job_summary.last_run_start IS 'When the job''s newest run began, whatever started it';
COMMENT ON COLUMN job_summary.last_run_status IS 'runs.status of that run';
COMMENT ON COLUMN job_summary.last_snapshot_id IS 'The snapshot that it made';
COMMENT ON COLUMN job_summary.last_run_outcome IS 'runs.outcome of that run';
COMMENT ON COLUMN job_summary.last_run_error IS 'runs.error_message of that run';

COMMENT ON COLUMN overdue_jobs.device_id IS 'The device';
COMMENT ON COLUMN overdue_jobs.device_name IS 'What it is called';
COMMENT ON COLUMN overdue_jobs.job_id IS 'The job';
COMMENT ON COLUMN overdue_jobs.job_name IS 'Its name';
COMMENT ON COLUMN overdue_jobs.promised_seconds IS 'How old its newest complete backup may be';
COMMENT ON COLUMN overdue_jobs.last_success_at IS 'When that ended; NULL if there was none';
COMMENT ON COLUMN overdue_jobs.age IS 'How old it is; without one, how long the job has been there';
COMMENT ON COLUMN overdue_jobs.last_outcome IS 'Of its newest run; NULL if there was none';
COMMENT ON COLUMN overdue_jobs.last_error IS 'The error_message of that run';
COMMENT ON COLUMN overdue_jobs.last_seen IS 'When its device was last heard of';

COMMENT ON COLUMN failure_streaks.device_id IS 'The device';
COMMENT ON COLUMN failure_streaks.job_id IS 'The job';
COMMENT ON COLUMN failure_streaks.job_name IS 'Its name';
COMMENT ON COLUMN failure_streaks.failures IS 'How many runs have failed or were partial since its newest complete backup';
COMMENT ON COLUMN failure_streaks.failing_since IS 'When the first of them began';
COMMENT ON COLUMN failure_streaks.last_outcome IS 'Of its newest run';
COMMENT ON COLUMN failure_streaks.last_error IS 'The error_message of that run';
COMMENT ON COLUMN failure_streaks.last_success_at IS 'When its newest complete backup ended';

COMMENT ON COLUMN device_health.device_id IS 'The device';
COMMENT ON COLUMN device_health.device_name IS 'What it is called';
COMMENT ON COLUMN device_health.state IS 'ok, late, lost, never seen or paused';
COMMENT ON COLUMN device_health.last_seen IS 'When it was last heard of';
COMMENT ON COLUMN device_health.jobs IS 'How many of its jobs are enabled';
COMMENT ON COLUMN device_health.failing_jobs IS 'How many of its jobs came to no complete backup the last time';
COMMENT ON COLUMN device_health.problems IS 'How many rows it has in problems';

COMMENT ON COLUMN storage_growth_daily.day IS 'The day, in UTC';
COMMENT ON COLUMN storage_growth_daily.device_id IS 'The device';
COMMENT ON COLUMN storage_growth_daily.job_id IS 'The job';
COMMENT ON COLUMN storage_growth_daily.runs IS 'Runs that began on that day and have ended';
COMMENT ON COLUMN storage_growth_daily.successes IS 'Those that were complete';
COMMENT ON COLUMN storage_growth_daily.failures IS 'Those that failed or were partial';
COMMENT ON COLUMN storage_growth_daily.added_bytes IS 'What they added to the repository, before compression';

COMMENT ON COLUMN success_heatmap.job_id IS 'The job';
COMMENT ON COLUMN success_heatmap.weekday IS '1 is Monday, 7 is Sunday; UTC';
COMMENT ON COLUMN success_heatmap.hour IS '0 to 23; UTC';
COMMENT ON COLUMN success_heatmap.runs IS 'Runs that began in that hour';
COMMENT ON COLUMN success_heatmap.successes IS 'Those that were complete';
COMMENT ON COLUMN success_heatmap.percent IS 'How many in a hundred were complete';

COMMENT ON COLUMN repository_use.repository_id IS 'restic''s own id of the repository';
COMMENT ON COLUMN repository_use.housekeeper IS 'The device that has the repository to itself; NULL if none has';
COMMENT ON COLUMN repository_use.purpose IS 'What it does there';
COMMENT ON COLUMN repository_use.since IS 'Since when';
COMMENT ON COLUMN repository_use.backups IS 'How many backups are running in it';

COMMENT ON COLUMN copy_targets_public.id IS 'copy_targets.id';
COMMENT ON COLUMN copy_targets_public.name IS 'copy_targets.name';
COMMENT ON COLUMN copy_targets_public.description IS 'copy_targets.description';
COMMENT ON COLUMN copy_targets_public.repository_url IS 'Where it is, without passwords';
COMMENT ON COLUMN copy_targets_public.every_job IS 'copy_targets.every_job';
COMMENT ON COLUMN copy_targets_public.auto_init IS 'copy_targets.auto_init';
COMMENT ON COLUMN copy_targets_public.retention_policy IS 'copy_targets.retention_policy';
COMMENT ON COLUMN copy_targets_public.enabled IS 'copy_targets.enabled';
COMMENT ON COLUMN copy_targets_public.repository_id IS 'copy_targets.repository_id';
COMMENT ON COLUMN copy_targets_public.updated_at IS 'copy_targets.updated_at';

COMMENT ON COLUMN snapshot_copies.snapshot_id IS 'The snapshot''s id where it was made; its copies have ids of their own';
COMMENT ON COLUMN snapshot_copies.time IS 'When the backup began';
COMMENT ON COLUMN snapshot_copies.job_id IS 'Its job, which may be deleted; NULL: of no job';
COMMENT ON COLUMN snapshot_copies.job_name IS 'The job''s name, or what it was called when it was deleted';
COMMENT ON COLUMN snapshot_copies.device_id IS 'The device that made it';
COMMENT ON COLUMN snapshot_copies.copies IS 'How many repositories have it';
COMMENT ON COLUMN snapshot_copies.repositories IS
  'Which: copy targets by their names, others by the first 8 characters of their ids';
COMMENT ON COLUMN snapshot_copies.told IS 'Whether it counts in all of them: snapshots.told';

COMMENT ON COLUMN jobs_without_copy.device_id IS 'The device';
COMMENT ON COLUMN jobs_without_copy.job_id IS 'The job';
COMMENT ON COLUMN jobs_without_copy.job_name IS 'Its name';
COMMENT ON COLUMN jobs_without_copy.target IS 'The copy target that lacks the job''s newest snapshot';
COMMENT ON COLUMN jobs_without_copy.newest_at IS 'When its newest snapshot was made';
COMMENT ON COLUMN jobs_without_copy.newest_copy_at IS 'When the newest of those was made that the target has';
COMMENT ON COLUMN jobs_without_copy.since IS 'When the oldest of those was made that the target lacks';

COMMENT ON COLUMN housekeeping_overdue.id IS 'housekeeping.id';
COMMENT ON COLUMN housekeeping_overdue.kind IS 'What is overdue';
COMMENT ON COLUMN housekeeping_overdue.device_id IS 'The housekeeper that is meant; NULL: any';
COMMENT ON COLUMN housekeeping_overdue.repository_id IS 'The repository in which it is; NULL if it was never done';
COMMENT ON COLUMN housekeeping_overdue.last_success_at IS 'When it was last done well';
COMMENT ON COLUMN housekeeping_overdue.age IS 'How long ago; if it never was, how long the row has been there';
COMMENT ON COLUMN housekeeping_overdue.housekeepers IS 'How many enabled housekeepers there are';
COMMENT ON COLUMN housekeeping_overdue.target IS 'The copy target in which it is; NULL: the repository that devices back up into';

COMMENT ON COLUMN password_rotation_devices.rotation_id IS 'password_rotations.id';
COMMENT ON COLUMN password_rotation_devices.repository_id IS 'restic''s own id of the repository';
COMMENT ON COLUMN password_rotation_devices.device_id IS 'A device that backs up into it';
COMMENT ON COLUMN password_rotation_devices.last_seen IS 'When it was last heard of';
COMMENT ON COLUMN password_rotation_devices.uses_new_key IS 'Whether it has opened the repository by the new key';

COMMENT ON COLUMN unproven_jobs.device_id IS 'The device';
COMMENT ON COLUMN unproven_jobs.job_id IS 'The job';
COMMENT ON COLUMN unproven_jobs.job_name IS 'Its name';
COMMENT ON COLUMN unproven_jobs.allowed_seconds IS 'How old its newest good restore test may be';
COMMENT ON COLUMN unproven_jobs.proven_at IS 'When that ended; NULL if there was none';
COMMENT ON COLUMN unproven_jobs.age IS 'How old it is; without one, how long the job has been there';

COMMENT ON COLUMN security_findings.code IS 'For programs: stays the same when the sentence is reworded';
COMMENT ON COLUMN security_findings.finding IS 'What stands open';
COMMENT ON COLUMN security_findings.remedy IS 'The statement that closes it, and who has to run it';

COMMENT ON COLUMN untold_snapshots.repository_id IS 'restic''s own id of the repository';
COMMENT ON COLUMN untold_snapshots.id IS 'restic''s full id';
COMMENT ON COLUMN untold_snapshots.time IS 'When the backup began, as the snapshot says';
COMMENT ON COLUMN untold_snapshots.device_id IS 'The device that its tags name';
COMMENT ON COLUMN untold_snapshots.job_id IS 'The job that its tags name';
COMMENT ON COLUMN untold_snapshots.job_name IS 'What that job is called';
COMMENT ON COLUMN untold_snapshots.host IS 'The host that the snapshot names';
COMMENT ON COLUMN untold_snapshots.paths IS 'What was backed up, as the snapshot says';
COMMENT ON COLUMN untold_snapshots.reason IS 'untold: no run of the job told of it; future: it is dated more than a day from now';

COMMENT ON COLUMN fleet_status.all_is_well IS 'Whether nothing is silent, overdue, failing, forgotten or an error';
COMMENT ON COLUMN fleet_status.summary IS 'all is well, or what is not, with numbers';
COMMENT ON COLUMN fleet_status.devices IS 'Enabled devices';
COMMENT ON COLUMN fleet_status.devices_silent IS 'Those that were not heard of for a day: device_health';
COMMENT ON COLUMN fleet_status.devices_paused IS 'Devices that are not enabled';
COMMENT ON COLUMN fleet_status.jobs IS 'Enabled jobs of enabled devices';
COMMENT ON COLUMN fleet_status.jobs_failing IS 'Those whose newest runs came to no complete backup: failure_streaks';
COMMENT ON COLUMN fleet_status.jobs_overdue IS 'Those whose newest complete backup is too old: overdue_jobs';
COMMENT ON COLUMN fleet_status.jobs_without_schedule IS 'Those that nothing starts: jobs_without_schedule';
COMMENT ON COLUMN fleet_status.jobs_without_policy IS 'Jobs whose snapshots all stay, which is no fault: jobs_without_policy';
COMMENT ON COLUMN fleet_status.jobs_unproven IS 'Jobs whose newest good restore test is too old: unproven_jobs';
COMMENT ON COLUMN fleet_status.housekeeping_overdue IS 'What no housekeeper has come to do: housekeeping_overdue';
COMMENT ON COLUMN fleet_status.errors IS 'Rows of problems that are errors';
COMMENT ON COLUMN fleet_status.warnings IS 'Rows of problems that are warnings, which is no fault';
COMMENT ON COLUMN fleet_status.backups_running IS 'Backups that are running now';
COMMENT ON COLUMN fleet_status.last_success_at IS 'When the newest complete backup of the fleet ended';
COMMENT ON COLUMN fleet_status.next_due_at IS 'When the next backup is due: upcoming';

COMMENT ON COLUMN upcoming.due_at IS 'When the schedule is due next; in the past if its device has not been heard of since';
COMMENT ON COLUMN upcoming.due_in IS 'How long until then';
COMMENT ON COLUMN upcoming.device_id IS 'The device';
COMMENT ON COLUMN upcoming.device_name IS 'What it is called';
COMMENT ON COLUMN upcoming.job_id IS 'The job';
COMMENT ON COLUMN upcoming.job_name IS 'Its name';
COMMENT ON COLUMN upcoming.schedule_id IS 'schedules.id';
COMMENT ON COLUMN upcoming.schedule IS 'The cron expression, or the interval';
COMMENT ON COLUMN upcoming.timezone IS 'The zone of the cron expression; NULL: the device''s own';
COMMENT ON COLUMN upcoming.last_seen IS 'When the device was last heard of';

COMMENT ON COLUMN jobs_without_schedule.device_id IS 'The device';
COMMENT ON COLUMN jobs_without_schedule.device_name IS 'What it is called';
COMMENT ON COLUMN jobs_without_schedule.job_id IS 'The job';
COMMENT ON COLUMN jobs_without_schedule.job_name IS 'Its name';
COMMENT ON COLUMN jobs_without_schedule.created_at IS 'When the job was made';
COMMENT ON COLUMN jobs_without_schedule.last_success_at IS 'When its newest complete backup ended; NULL if there was none';

COMMENT ON COLUMN jobs_without_policy.device_id IS 'The device';
COMMENT ON COLUMN jobs_without_policy.device_name IS 'What it is called';
COMMENT ON COLUMN jobs_without_policy.job_id IS 'The job';
COMMENT ON COLUMN jobs_without_policy.job_name IS 'Its name';
COMMENT ON COLUMN jobs_without_policy.enabled IS 'Whether the job is enabled';

COMMENT ON COLUMN last_restore_tests.device_id IS 'The device';
COMMENT ON COLUMN last_restore_tests.device_name IS 'What it is called';
COMMENT ON COLUMN last_restore_tests.job_id IS 'The job';
COMMENT ON COLUMN last_restore_tests.job_name IS 'Its name';
COMMENT ON COLUMN last_restore_tests.verify_schedule IS 'When restore tests are due; NULL: never';
COMMENT ON COLUMN last_restore_tests.tested_at IS 'When the newest one ended';
COMMENT ON COLUMN last_restore_tests.outcome IS 'success or failed';
COMMENT ON COLUMN last_restore_tests.code IS 'Why it ended so, for programs';
COMMENT ON COLUMN last_restore_tests.message IS 'The same in a sentence';
COMMENT ON COLUMN last_restore_tests.snapshot_id IS 'The snapshot of which a sample was restored';
COMMENT ON COLUMN last_restore_tests.files IS 'How many files came back as they were';
COMMENT ON COLUMN last_restore_tests.bytes IS 'Their size';
COMMENT ON COLUMN last_restore_tests.with_source IS 'How many of them were compared with the machine''s own too';
COMMENT ON COLUMN last_restore_tests.last_good_at IS 'When the newest good one ended';

COMMENT ON COLUMN job_sizes.device_id IS 'The device';
COMMENT ON COLUMN job_sizes.device_name IS 'What it is called';
COMMENT ON COLUMN job_sizes.job_id IS 'The job';
COMMENT ON COLUMN job_sizes.job_name IS 'Its name';
COMMENT ON COLUMN job_sizes.newest_at IS 'When its newest snapshot was made, of those that count';
COMMENT ON COLUMN job_sizes.files IS 'Files in that snapshot';
COMMENT ON COLUMN job_sizes.bytes IS 'Size of those files: what a restore would take';
COMMENT ON COLUMN job_sizes.snapshots IS 'How many of its snapshots count';
COMMENT ON COLUMN job_sizes.oldest_at IS 'When the oldest of them was made';
COMMENT ON COLUMN job_sizes.added_bytes IS
  'What they have added to the repository, before compression; what forgotten ones added and these still use is not in it';

COMMENT ON COLUMN devices_by_version.agent_version IS 'The version of the agent; NULL: never seen';
COMMENT ON COLUMN devices_by_version.restic_version IS 'The version of restic';
COMMENT ON COLUMN devices_by_version.platform IS 'The operating system';
COMMENT ON COLUMN devices_by_version.devices IS 'How many devices have both';
COMMENT ON COLUMN devices_by_version.device_ids IS 'The first 20 of them';
COMMENT ON COLUMN devices_by_version.longest_silent_since IS
  'When the one of them was last heard of that has been silent longest';

COMMENT ON COLUMN snapshots_of_deleted_jobs.repository_id IS 'restic''s own id of the repository';
COMMENT ON COLUMN snapshots_of_deleted_jobs.id IS 'restic''s full id';
COMMENT ON COLUMN snapshots_of_deleted_jobs.time IS 'When the backup began';
COMMENT ON COLUMN snapshots_of_deleted_jobs.job_id IS 'What was the job''s id';
COMMENT ON COLUMN snapshots_of_deleted_jobs.job_name IS 'What the job was called; NULL if nothing tells it any more';
COMMENT ON COLUMN snapshots_of_deleted_jobs.device_id IS 'The device that made it';
COMMENT ON COLUMN snapshots_of_deleted_jobs.host IS 'The host that the snapshot names';
COMMENT ON COLUMN snapshots_of_deleted_jobs.paths IS 'What was backed up; empty until a housekeeper has listed the snapshot';
COMMENT ON COLUMN snapshots_of_deleted_jobs.bytes IS 'Size of its files, before deduplication and compression';

INSERT INTO holdfast.rights (kind, object, grantee, privilege)
SELECT 'TABLE', 'public.' || seen.by_name, g.grantee, 'SELECT'
FROM unnest(ARRAY['fleet_status', 'upcoming', 'jobs_without_schedule', 'jobs_without_policy', 'last_restore_tests', 'job_sizes',
                  'devices_by_version', 'snapshots_of_deleted_jobs']) seen (by_name),
     unnest(ARRAY['backup_admin', 'backup_viewer']::name[]) g (grantee);
INSERT INTO holdfast.rights (kind, object, grantee, privilege)
VALUES ('FUNCTION', 'holdfast.forget_repository', 'backup_admin', 'EXECUTE');

UPDATE control_plane_version SET schema_version = 46;
