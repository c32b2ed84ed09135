-- Which agents this schema serves. The database is migrated first and the agents follow at leisure: an agent that
-- was built for schema N works as long as oldest_agent_schema <= N <= schema_version.

CREATE TABLE control_plane_version (
  only_row            boolean PRIMARY KEY DEFAULT true,
  schema_version      integer NOT NULL,
  oldest_agent_schema integer NOT NULL,
  CONSTRAINT control_plane_version_only_row CHECK (only_row)
);

COMMENT ON TABLE control_plane_version IS 'One row, which every migration updates';
COMMENT ON COLUMN control_plane_version.schema_version IS 'The number of the newest migration';
COMMENT ON COLUMN control_plane_version.oldest_agent_schema IS
  'Agents built for an older schema than this must be upgraded';

INSERT INTO control_plane_version (schema_version, oldest_agent_schema)
VALUES (9, 9);

GRANT SELECT ON control_plane_version TO backup_admin, backup_client, backup_viewer;
