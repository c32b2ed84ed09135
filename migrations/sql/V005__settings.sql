-- Settings of the whole fleet and of single devices, and the list of those that there are.

CREATE TABLE settings (
  id          serial PRIMARY KEY,
  device_id   varchar(255) REFERENCES devices (id) ON DELETE CASCADE,
  key         varchar(255) NOT NULL,
  value       text         NOT NULL,
  description text,
  created_at  timestamptz  NOT NULL DEFAULT now(),
  updated_at  timestamptz  NOT NULL DEFAULT now(),
  -- NULLS NOT DISTINCT: a global setting exists once too, and ON CONFLICT (device_id, key) finds it.
  CONSTRAINT settings_device_key UNIQUE NULLS NOT DISTINCT (device_id, key)
);

CREATE INDEX idx_settings_key ON settings (key);

COMMENT ON TABLE settings IS 'Configuration settings (global and per-device)';
COMMENT ON COLUMN settings.device_id IS 'NULL for global settings, device_id for device-specific';
COMMENT ON COLUMN settings.key IS 'Setting key (e.g., "sync_interval_seconds")';
COMMENT ON COLUMN settings.value IS 'Setting value (as string, parsed by client)';

CREATE TRIGGER settings_touch
  BEFORE UPDATE ON settings
  FOR EACH ROW
EXECUTE FUNCTION holdfast.touch();

CREATE TABLE setting_keys (
  key         varchar(255) PRIMARY KEY,
  kind        varchar(10) NOT NULL,
  min_value   bigint,
  max_value   bigint,
  per_device  boolean     NOT NULL DEFAULT true,
  description text        NOT NULL,
  CONSTRAINT setting_keys_kind_known CHECK (kind IN ('integer', 'boolean', 'text', 'secret'))
);

COMMENT ON TABLE setting_keys IS 'The settings that Holdfast knows; a migration that adds one adds its row here';
COMMENT ON COLUMN setting_keys.kind IS 'integer, boolean, text, or secret: masked in settings_public';
COMMENT ON COLUMN setting_keys.per_device IS 'Whether a device may have a value of its own';

INSERT INTO setting_keys (key, kind, min_value, max_value, per_device, description)
VALUES ('sync_interval_seconds', 'integer', 5, 86400, true, 'How often agents sync when nothing wakes them'),
       ('max_concurrent_backups', 'integer', 1, 64, true, 'How many backups may run at once on one device'),
       ('run_retention_days', 'integer', 1, 36500, false, 'How long to keep run history in the database'),
       ('repository_url', 'text', NULL, NULL, true, 'The restic repository, e.g. sftp:user@host:/path/to/repo'),
       ('repository_password', 'secret', NULL, NULL, true, 'The repository''s password'),
       ('repository_cache_dir', 'text', NULL, NULL, true, 'restic''s cache directory; empty for the agent''s own choice'),
       ('repository_auto_init', 'boolean', NULL, NULL, true,
        'Whether an agent may initialise a repository that does not exist yet'),
       ('repository_environment', 'secret', NULL, NULL, true,
        'A JSON object of variables for the storage back-end, e.g. {"AWS_ACCESS_KEY_ID": "..."}');

INSERT INTO settings (device_id, key, value, description)
VALUES (NULL, 'sync_interval_seconds', '300', 'How often clients sync config from database'),
       (NULL, 'max_concurrent_backups', '1', 'Maximum concurrent backup jobs per device'),
       (NULL, 'run_retention_days', '90', 'How long to keep run history in database'),
       (NULL, 'repository_url', '', 'Shared restic repository URL (e.g., sftp:user@host:/path/to/repo)'),
       (NULL, 'repository_password', '', 'Repository password for restic'),
       (NULL, 'repository_cache_dir', '', 'Restic cache directory (empty = restic default)'),
       (NULL, 'repository_auto_init', 'false', 'Whether a missing repository may be initialised on first use');

-- For eyes that must not see a secret.
CREATE VIEW settings_public AS
SELECT s.id,
       s.device_id,
       s.key,
       CASE
         WHEN s.value = '' THEN ''
         -- An unknown key may be a misspelt password.
         WHEN k.kind IS NULL OR k.kind = 'secret' THEN '********'
         ELSE regexp_replace(s.value, '(://[^/@:]*:)[^@]+@', '\1********@')
       END AS value,
       s.description,
       s.updated_at
FROM settings s
       LEFT JOIN setting_keys k USING (key);

COMMENT ON VIEW settings_public IS 'The settings without their secrets';

GRANT SELECT, INSERT, UPDATE, DELETE ON settings TO backup_admin;
GRANT USAGE, SELECT ON SEQUENCE settings_id_seq TO backup_admin;
GRANT SELECT ON settings TO backup_client;
GRANT SELECT ON setting_keys, settings_public TO backup_admin, backup_client, backup_viewer;
