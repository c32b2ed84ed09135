-- The machines.

CREATE TABLE devices (
  id          varchar(255) PRIMARY KEY,
  name        varchar(255) NOT NULL,
  description text,
  platform    varchar(50)  NOT NULL,
  hostname    varchar(255),
  last_seen   timestamptz,
  created_at  timestamptz  NOT NULL DEFAULT now(),
  updated_at  timestamptz  NOT NULL DEFAULT now(),
  enabled     boolean      NOT NULL DEFAULT true,
  metadata    jsonb                 DEFAULT '{}'::jsonb,
  CONSTRAINT devices_id_shape CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
  CONSTRAINT devices_platform_known CHECK (platform IN ('linux', 'windows', 'darwin', 'freebsd'))
  -- Every heartbeat rewrites a row: room on its page lets PostgreSQL do so without touching an index. For the
  -- same reason there is no index on last_seen, which the seed had.
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX idx_devices_enabled ON devices (enabled);

COMMENT ON TABLE devices IS 'Registered backup client devices';
COMMENT ON COLUMN devices.id IS 'Unique device identifier (from local config)';
COMMENT ON COLUMN devices.name IS 'What people call it; also the host name that its snapshots carry';
COMMENT ON COLUMN devices.platform IS 'Operating system platform';
COMMENT ON COLUMN devices.last_seen IS 'Last heartbeat/sync timestamp';
COMMENT ON COLUMN devices.enabled IS 'false pauses the device: nothing becomes due on it';
COMMENT ON COLUMN devices.metadata IS 'Extensible device metadata (version, etc.)';

CREATE TRIGGER devices_touch
  BEFORE UPDATE ON devices
  FOR EACH ROW
  WHEN ((OLD.name, OLD.description, OLD.platform, OLD.enabled)
        IS DISTINCT FROM (NEW.name, NEW.description, NEW.platform, NEW.enabled))
EXECUTE FUNCTION holdfast.touch();

GRANT SELECT, INSERT, UPDATE, DELETE ON devices TO backup_admin;
-- A device registers itself and sends heartbeats; whether it is enabled is not its own say.
GRANT SELECT,
      INSERT (id, name, platform, hostname, last_seen, metadata),
      UPDATE (platform, hostname, last_seen, metadata) ON devices TO backup_client;
GRANT SELECT ON devices TO backup_viewer;
