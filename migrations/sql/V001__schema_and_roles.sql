-- What everything else stands on: a schema for functions, and the three groups of people and programs.
-- Needs a role that owns the database and may create roles. No migration is ever edited once it is released.

CREATE SCHEMA holdfast;
COMMENT ON SCHEMA holdfast IS 'Functions behind the triggers of the control plane; the tables are in public';

-- Roles belong to the whole server, so they may exist already: then they stay as they are. They get neither a
-- login nor a password here; docs/control-plane.md says how people and machines become members.
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY ['backup_admin', 'backup_client', 'backup_viewer'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
    END IF;
  END LOOP;
END
$$;

GRANT USAGE ON SCHEMA public TO backup_admin, backup_client, backup_viewer;

-- Keeps updated_at true. A trigger decides by its WHEN clause which changes count.
CREATE FUNCTION holdfast.touch() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END
$$;
