-- A fleet's rows in every table, for UpgradeIT. What stands under a number needs that migration; it is put in as the
-- database's owner, after that migration or any later one.

-- 002
INSERT INTO devices (id, name, platform, hostname, last_seen, metadata)
VALUES ('web-01', 'Web 1', 'linux', 'web-01.example', now(), '{"rack": 7}'), ('nas', 'NAS', 'linux', 'nas', now(), '{}');

-- 003
INSERT INTO backup_jobs (id, device_id, name, source_paths, exclude_patterns, tags, restic_args)
VALUES ('00000000-0000-4000-8000-000000000001', 'web-01', 'www', '{/srv/www,/etc}', '{*.tmp}', '{web}', '["--exclude-caches"]'),
       ('00000000-0000-4000-8000-000000000002', 'nas', 'share', '{/srv/share}', NULL, NULL, NULL);
INSERT INTO schedules (job_id, schedule_type, cron_expression, timezone)
VALUES ('00000000-0000-4000-8000-000000000001', 'cron', '0 2 * * *', 'Europe/Berlin');
INSERT INTO schedules (job_id, schedule_type, interval_seconds, enabled)
VALUES ('00000000-0000-4000-8000-000000000002', 'interval', 3600, false);

-- 004
INSERT INTO runs (run_uuid, job_id, device_id, job_name, start_time, end_time, status, outcome, triggered_by, snapshot_id,
                  files_new, data_added_bytes, restic_output, metadata)
SELECT ('00000000-0000-4000-8000-0000000001' || lpad(n::text, 2, '0'))::uuid, '00000000-0000-4000-8000-000000000001',
       'web-01', 'www', now() - n * interval '1 day', now() - n * interval '1 day' + interval '5 minutes',
       CASE WHEN n % 5 = 0 THEN 'failed' ELSE 'success' END, CASE WHEN n % 5 = 0 THEN 'failed' ELSE 'success' END,
       'schedule', CASE WHEN n % 5 <> 0 THEN repeat('0', 62) || lpad(n::text, 2, '0') END, n, 1000 * n, '{}', '{"n": 1}'
FROM generate_series(1, 20) n;
INSERT INTO runs (run_uuid, job_id, device_id, job_name, start_time, status, triggered_by)
VALUES ('00000000-0000-4000-8000-000000000200', '00000000-0000-4000-8000-000000000002', 'nas', 'share', now(), 'running', 'manual');

-- 005
UPDATE settings SET value = 'sftp:backup@nas:/srv/restic' WHERE key = 'repository_url' AND device_id IS NULL;
UPDATE settings SET value = 'plugh' WHERE key = 'repository_password' AND device_id IS NULL;
INSERT INTO settings (device_id, key, value) VALUES ('web-01', 'max_concurrent_backups', '3');

-- 006
INSERT INTO problems (device_id, source, subject, code, severity, message, remedy)
VALUES ('web-01', 'config', 'schedule 1', 'bad-cron', 'error', 'the schedule is wrong', 'Mend it.');

-- 012
INSERT INTO missed_runs (id, device_id, job_id, job_name, due_at, last_due_at, due_count, reason, message)
VALUES (gen_random_uuid(), 'web-01', '00000000-0000-4000-8000-000000000001', 'www', now() - interval '3 days',
        now() - interval '2 days', 2, 'away', 'the agent was not running');

-- 013
INSERT INTO requests (device_id, kind, job_id) VALUES ('web-01', 'backup', '00000000-0000-4000-8000-000000000001');

-- 016
SELECT holdfast.issue_login('web-01', NULL, NULL, 'SCRAM-SHA-256$4096:' || repeat('A', 24) || '$' || repeat('B', 43) || '=:'
                            || repeat('C', 43) || '=', interval '1 hour');

-- 025
INSERT INTO retention_policies (name, keep_daily, keep_weekly, is_default) VALUES ('standard', 14, 8, true);
UPDATE backup_jobs SET retention_policy = 'standard' WHERE name = 'share';

-- 026
UPDATE devices SET housekeeper = true WHERE id = 'nas';
INSERT INTO housekeeping (kind, schedule_type, cron_expression) VALUES ('forget', 'cron', '0 5 * * *');
INSERT INTO housekeeping_runs (run_uuid, kind, repository_id, device_id, triggered_by, lease_token, start_time, end_time, status,
                               statistics)
VALUES (gen_random_uuid(), 'forget', 'r1', 'nas', 'schedule', 1, now() - interval '1 hour', now(), 'success', '{"removed": 3}');
INSERT INTO holdfast.repository_leases (repository_id, device_id, purpose, taken_at, expires_at)
VALUES ('r1', 'nas', 'forget', now(), now() + interval '1 hour');
INSERT INTO holdfast.repository_users (run_uuid, repository_id, device_id, expires_at)
VALUES ('00000000-0000-4000-8000-000000000200', 'r1', 'nas', now() + interval '1 hour');

-- 027
INSERT INTO snapshots (repository_id, id, time, job_id, device_id, host, paths, files, bytes)
VALUES ('r1', repeat('0', 62) || '01', now() - interval '1 day', '00000000-0000-4000-8000-000000000001', 'web-01', 'web-01',
        '{/srv/www,/etc}', 12, 3456);
INSERT INTO holdfast.retention_applied (repository_id, job_id, at)
VALUES ('r1', '00000000-0000-4000-8000-000000000001', now());

-- 029
INSERT INTO copy_targets (name, repository_url, repository_password, every_job) VALUES ('attic', '/srv/attic', 'xyzzy', true);
INSERT INTO holdfast.forgotten_copies (repository_id, original_id) VALUES ('r2', repeat('0', 62) || '02');

-- 030
INSERT INTO password_rotations (id, repository_id, old_key, started_by) VALUES (gen_random_uuid(), 'r1', 'k1', 'alice');
INSERT INTO holdfast.repository_keys_used (device_id, repository_id, key_id) VALUES ('web-01', 'r1', 'k1');

-- 031
INSERT INTO verifications (id, job_id, job_name, device_id, snapshot_id, triggered_by, start_time, end_time, outcome, code,
                           files, bytes, with_source)
VALUES (gen_random_uuid(), '00000000-0000-4000-8000-000000000001', 'www', 'web-01', repeat('0', 62) || '01', 'schedule',
        now() - interval '1 hour', now(), 'success', 'matches', 50, 12345, 40);

-- 032
INSERT INTO restores (id, device_id, job_id, job_name, snapshot_id, target, requested_by, start_time, end_time, status, files, bytes)
VALUES (gen_random_uuid(), 'web-01', '00000000-0000-4000-8000-000000000001', 'www', repeat('0', 62) || '01', '/srv/restored', 'alice',
        now() - interval '1 hour', now(), 'success', 3, 4567);

-- 037
INSERT INTO holdfast.device_counts (device_id, kind, day, written) VALUES ('web-01', 'runs', current_date, 3);

-- 039
INSERT INTO holdfast.told_snapshots (snapshot_id, device_id, job_id)
VALUES (repeat('0', 62) || '77', 'web-01', '00000000-0000-4000-8000-000000000001');
INSERT INTO holdfast.forgotten_snapshots (repository_id, snapshot_id, original_id)
VALUES ('r1', repeat('0', 62) || '78', repeat('0', 62) || '78');
SELECT holdfast.allow_forget('00000000-0000-4000-8000-000000000001');

-- 040
INSERT INTO holdfast.channels (device_id) VALUES ('web-01');
INSERT INTO holdfast.open_transactions (pid, transaction) VALUES (1, '1/1');
INSERT INTO holdfast.unlock_lease (device_id, ends_at) VALUES ('web-01', now());

-- 041
INSERT INTO repository_keys (repository_id, id, user_name, host_name, created, first_key)
VALUES ('r1', 'abcdef01', 'root', 'nas', '2026-11-01 10:00:00', true);

-- 044
INSERT INTO holdfast.instances (device_id, process, instance, place)
VALUES ('web-01', '00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b', 'web-01 (10.0.0.1)');
-- 045
SELECT holdfast.accept_contents('00000000-0000-4000-8000-000000000001');
