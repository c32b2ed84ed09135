UPDATE devices SET housekeeper = true
UPDATE devices SET enabled = false
UPDATE devices SET name = 'bravo'
INSERT INTO devices (id, name, platform, housekeeper) VALUES ('alpha', 'x', 'linux', true) ON CONFLICT (id) DO UPDATE SET housekeeper = true
INSERT INTO devices (id, name, platform, housekeeper) VALUES ('charlie', 'x', 'linux', true)
SELECT * FROM copy_targets
SELECT repository_password FROM copy_targets
SELECT * FROM copy_targets_public
UPDATE copy_targets SET repository_url = '/mine'
SELECT value FROM settings
SELECT * FROM settings_public
UPDATE settings SET value = 'x'
INSERT INTO settings (key, value) VALUES ('repository_password', 'x') ON CONFLICT DO NOTHING
DELETE FROM settings
SELECT * FROM audit_log
UPDATE audit_log SET who = 'somebody'
INSERT INTO audit_log (table_name, operation, row_id) VALUES ('devices', 'DELETE', 'x')
DELETE FROM audit_log
UPDATE restic_arguments SET value_pattern = '.*'
DELETE FROM restic_arguments
UPDATE flyway_schema_history SET checksum = 1
DELETE FROM flyway_schema_history
UPDATE control_plane_version SET schema_version = 1
UPDATE setting_keys SET kind = 'text'
UPDATE setting_keys SET for_devices = true
UPDATE schedules SET enabled = false
UPDATE schedules SET cron_expression = '0 0 * * *', schedule_type = 'cron', interval_seconds = NULL
DELETE FROM schedules
INSERT INTO schedules (job_id, schedule_type, interval_seconds) SELECT id, 'interval', 60 FROM backup_jobs
UPDATE backup_jobs SET source_paths = '{/etc/shadow}'
DELETE FROM runs
DELETE FROM missed_runs
UPDATE missed_runs SET message = 'x'
INSERT INTO requests (kind, device_id) VALUES ('sync', 'bravo')
INSERT INTO requests (kind, device_id, job_id, parameters) VALUES ('restore', 'alpha', '00000000-0000-0001-0000-000000000001', '{"to": "/"}')
DELETE FROM requests
UPDATE requests SET kind = 'restore'
UPDATE retention_policies SET keep_last = 0
DELETE FROM retention_policies
UPDATE housekeeping SET enabled = false
DELETE FROM housekeeping_runs
DELETE FROM verifications
DELETE FROM restores
DELETE FROM snapshots
UPDATE snapshots SET told = true
SELECT * FROM snapshot_copies
SELECT * FROM repository_use
SELECT * FROM password_rotations
SELECT * FROM password_rotation_devices
SELECT * FROM jobs_without_copy
SELECT * FROM untold_snapshots
SELECT * FROM job_state
SELECT * FROM repository_keys
UPDATE repository_keys SET known = true
SELECT * FROM holdfast.device_logins
UPDATE holdfast.device_logins SET device_id = 'bravo'
INSERT INTO holdfast.device_logins (role_name, device_id) VALUES (session_user, 'bravo')
SELECT * FROM holdfast.channels
UPDATE holdfast.channels SET channel = 'x'
UPDATE holdfast.last_sweep SET at = 'infinity'
UPDATE holdfast.fleet_revision SET revision = 0
DELETE FROM holdfast.rights
INSERT INTO holdfast.rights (kind, object, grantee, privilege) VALUES ('TABLE', 'public.settings', 'backup_client', 'DELETE')
DELETE FROM holdfast.told_snapshots
DELETE FROM holdfast.forgotten_snapshots
UPDATE holdfast.instances SET turn_at = 'infinity'
SELECT holdfast.take_back_granted()
SELECT holdfast.build_walls()
TRUNCATE devices CASCADE
TRUNCATE audit_log
TRUNCATE runs CASCADE
