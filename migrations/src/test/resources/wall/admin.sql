INSERT INTO public.devices (id, name, platform) VALUES ('charlie', 'C', 'linux')
INSERT INTO public.devices (id, name, platform) VALUES ('charlie', 'C', 'linus')
UPDATE public.devices SET name = 'x', enabled = false WHERE id = 'alpha'
DELETE FROM public.devices WHERE id = 'bravo'
INSERT INTO public.backup_jobs (device_id, name, source_paths, tags, exclude_patterns, restic_args) VALUES ('alpha', 'new', '{/srv}', '{a}', '{*.tmp}', '["--limit-upload", "5"]')
INSERT INTO public.backup_jobs (device_id, name, source_paths, restic_args) VALUES ('alpha', 'new', '{/srv}', '["--use-fs-snapshot"]')
INSERT INTO public.backup_jobs (device_id, name, kind, source_paths) VALUES ('alpha', 'new', 'file', '{/srv}')
UPDATE public.backup_jobs SET source_paths = '{/x}', copy_to = '{offsite}', verify_schedule = '0 4 * * sun', retention_policy = 'standard' WHERE device_id = 'alpha' AND name = 'home'
UPDATE public.backup_jobs SET tags = '{backup:x}', exclude_patterns = '{[}' WHERE name = 'home'
UPDATE public.backup_jobs SET exclude_patterns = '{~/x}', restic_args = '["--iexclude", "["]' WHERE name = 'home'
UPDATE public.backup_jobs SET copy_to = '{offside}' WHERE name = 'home'
UPDATE public.backup_jobs SET retention_policy = 'standart' WHERE name = 'home'
UPDATE public.backup_jobs SET verify_schedule = 'daily' WHERE name = 'home'
UPDATE public.backup_jobs SET verify_schedule = '0 4 * * *', verify_max_age_seconds = 60 WHERE name = 'home'
DELETE FROM public.backup_jobs WHERE name = 'home'
INSERT INTO public.schedules (job_id, schedule_type, cron_expression, timezone) VALUES ('00000000-0000-0001-0000-000000000001', 'cron', '*/5 2 1-7 jan mon-fri', 'Europe/Berlin')
INSERT INTO public.schedules (job_id, schedule_type, cron_expression) VALUES ('00000000-0000-0001-0000-000000000001', 'cron', '61 2 * * *')
INSERT INTO public.schedules (job_id, schedule_type, interval_seconds) VALUES ('00000000-0000-0001-0000-000000000001', 'interval', 60)
UPDATE public.schedules SET interval_seconds = 61 WHERE id = 1
DELETE FROM public.schedules WHERE id = 1
INSERT INTO public.settings (device_id, key, value) VALUES ('alpha', 'max_concurrent_backups', '2')
INSERT INTO public.settings (key, value) VALUES ('max_concurrent_backup', '2')
UPDATE public.settings SET value = 'debug' WHERE key = 'log_level'
INSERT INTO public.settings (key, value) VALUES ('log_level', 'debugg')
INSERT INTO public.settings (key, value) VALUES ('repository_environment', '{"AWS_REGION": "b"}')
INSERT INTO public.settings (device_id, key, value) VALUES ('alpha', 'repository_password', 'file:x')
INSERT INTO public.settings (device_id, key, value) VALUES ('alpha', 'repository_url', 'sftp:backup@nas:/srv/restic')
INSERT INTO public.settings (device_id, key, value) VALUES ('alpha', 'repository_url', 'rclone::local:/x')
INSERT INTO public.settings (device_id, key, value) VALUES ('alpha', 'repository_cache_dir', 'cache')
UPDATE public.settings SET value = 'true' WHERE key = 'repository_auto_init'
DELETE FROM public.settings WHERE key = 'repository_cache_dir'
UPDATE public.settings SET value = 'x' WHERE key = 'repository_password' AND device_id IS NULL
UPDATE public.settings SET value = 'y' WHERE key = 'repository_password' AND device_id IS NULL
INSERT INTO public.settings (key, value) VALUES ('repository_environment', '{"AWS_REGIN": "b"}')
INSERT INTO public.requests (kind, job_id) VALUES ('backup', '00000000-0000-0001-0000-000000000001')
INSERT INTO public.requests (kind, device_id) VALUES ('bakup', 'alpha')
INSERT INTO public.requests (kind, device_id, status) VALUES ('sync', 'alpha', 'dune')
INSERT INTO public.requests (kind, job_id, parameters) VALUES ('restore', '00000000-0000-0001-0000-000000000001', '{"to": "/srv/x", "at": "2 days ago", "include": ["/a"], "overwrite": "never"}')
INSERT INTO public.requests (kind, job_id, parameters) VALUES ('restore', '00000000-0000-0001-0000-000000000001', '{"to": "/srv/x", "overwrite": "newer"}')
UPDATE public.requests SET status = 'pending', finished_at = NULL WHERE status = 'done'
UPDATE public.requests SET parameters = '{"to": "/y"}' WHERE kind = 'restore'
DELETE FROM public.requests
UPDATE public.runs SET status = 'failed', outcome = 'failed' WHERE status = 'success'
DELETE FROM public.runs
INSERT INTO public.retention_policies (name, keep_last) VALUES ('new', 1)
INSERT INTO public.retention_policies (name, keep_within) VALUES ('new', '1x')
UPDATE public.retention_policies SET keep_last = 3
DELETE FROM public.retention_policies WHERE name = 'unused'
UPDATE public.retention_policies SET is_default = false WHERE is_default AND pg_catalog.set_config('holdfast.allow_bulk', 'on', true) = 'on'
UPDATE public.retention_policies SET is_default = true WHERE name = 'standard'
UPDATE public.retention_policies SET is_default = false WHERE name = 'standard'
INSERT INTO public.housekeeping (kind, schedule_type, cron_expression) VALUES ('forget', 'cron', '0 3 * * *')
INSERT INTO public.housekeeping (kind, schedule_type, cron_expression) VALUES ('forgett', 'cron', '0 3 * * *')
INSERT INTO public.housekeeping (kind, schedule_type, interval_seconds, target) VALUES ('copy', 'interval', 60, 'offsite')
UPDATE public.housekeeping SET enabled = false
DELETE FROM public.housekeeping
INSERT INTO public.copy_targets (name, repository_url, repository_password, repository_environment, retention_policy) VALUES ('third', '/third', 'file:p', '{"AWS_REGION": "b"}', 'standard')
UPDATE public.copy_targets SET name = 'offsite2', repository_url = '/elsewhere', enabled = false WHERE name = 'offsite'
UPDATE public.copy_targets SET description = 'x' WHERE name = 'offsite'
UPDATE public.copy_targets SET repository_id = 'repo2', repository_password = 'p' WHERE name = 'offsite2'
UPDATE public.copy_targets SET repository_password = 'q' WHERE name = 'offsite2' AND pg_catalog.set_config('holdfast.allow_bulk', 'on', true) = 'on'
UPDATE public.copy_targets SET repository_password = 'r' WHERE name = 'offsite2'
DELETE FROM public.copy_targets WHERE name = 'offsite'
UPDATE public.copy_targets SET repository_id = 'repo2' WHERE name = 'offsite'; UPDATE public.copy_targets SET repository_password = 's' WHERE name = 'offsite'
INSERT INTO public.password_rotations (id, repository_id, old_key) VALUES (pg_catalog.gen_random_uuid(), 'repo', 'k')
SELECT pg_catalog.count(*) FROM holdfast.unknown_keys('repo')
SELECT pg_catalog.count(*) FROM holdfast.rotation_strangers('repo')
SELECT pg_catalog.count(*) FROM holdfast.rotation_doubtful('repo')
UPDATE public.repository_keys SET known = true
SELECT holdfast.issue_login('new', NULL, NULL, 'SCRAM-SHA-256$4096:' || pg_catalog.repeat('A', 24) || '$' || pg_catalog.repeat('B', 43) || '=:' || pg_catalog.repeat('C', 43) || '=', '1 hour') IS NULL
SELECT holdfast.bind_login('%unbound', 'bravo')
SELECT holdfast.bind_login('backup_viewer', 'bravo')
SELECT holdfast.retire_device('alpha')
SELECT holdfast.allow_forget('00000000-0000-0001-0000-000000000001')
SELECT holdfast.allow_forget(pg_catalog.gen_random_uuid(), always => true)
SELECT holdfast.accept_contents('00000000-0000-0001-0000-000000000001')
SELECT holdfast.accept_contents(pg_catalog.gen_random_uuid())
SELECT holdfast.believe_snapshots('{snapshot of alpha}')
SELECT holdfast.acknowledge_vanished()
SELECT holdfast.acknowledge_vanished('repo')
SELECT pg_catalog.count(*) FROM public.untold_snapshots
UPDATE public.backup_jobs SET description = pg_catalog.repeat('x', 2000000)
UPDATE public.backup_jobs SET exclude_patterns = pg_catalog.array_fill('*.x'::pg_catalog.text, ARRAY[10001])
