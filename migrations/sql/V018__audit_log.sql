-- Every change of configuration, by whomever: who, when, what it was and what it became. Nobody but the owner of the
-- database can change or remove a row.

CREATE TABLE audit_log (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          timestamptz  NOT NULL DEFAULT clock_timestamp(),
  who         name         NOT NULL DEFAULT session_user,
  application text,
  table_name  varchar(63)  NOT NULL,
  operation   varchar(6)   NOT NULL,
  row_id      text         NOT NULL,
  device_id   varchar(255),
  before      jsonb,
  after       jsonb,
  CONSTRAINT audit_log_operation_known CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE'))
);

CREATE INDEX audit_log_row ON audit_log (table_name, row_id, at DESC);
CREATE INDEX audit_log_device ON audit_log (device_id, at DESC);
CREATE INDEX audit_log_at ON audit_log (at DESC);

COMMENT ON TABLE audit_log IS 'Who changed which configuration, when, and how; rows are only ever added';
COMMENT ON COLUMN audit_log.who IS 'The login, whatever role it had taken on';
COMMENT ON COLUMN audit_log.application IS 'What the login called itself, such as psql';
COMMENT ON COLUMN audit_log.row_id IS 'The key of the row in its table';
COMMENT ON COLUMN audit_log.before IS 'All columns that were deleted, or those that were changed; secrets are masked';
COMMENT ON COLUMN audit_log.after IS 'All columns that were inserted, or those that were changed; secrets are masked';

-- The same mask as settings_public has.
CREATE FUNCTION holdfast.masked_setting(setting_key text, value text) RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog
AS $$
  SELECT CASE
           WHEN value = '' THEN ''
           WHEN coalesce((SELECT k.kind FROM public.setting_keys k WHERE k.key = setting_key), 'secret') = 'secret'
             THEN '********'
           ELSE regexp_replace(value, '(://[^/@:]*:)[^@]+@', '\1********@')
         END
$$;

CREATE OR REPLACE VIEW settings_public AS
SELECT s.id,
       s.device_id,
       s.key,
       holdfast.masked_setting(s.key, s.value) AS value,
       s.description,
       s.updated_at
FROM settings s;

-- What agents write of their own accord is no configuration.
CREATE FUNCTION holdfast.audit() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  left_out CONSTANT text[] := ARRAY ['created_at', 'updated_at', 'last_seen', 'hostname', 'last_run_at', 'next_run_at'];
  old_row jsonb;
  new_row jsonb;
  any_row jsonb;
BEGIN
  IF TG_OP <> 'INSERT' THEN
    old_row := to_jsonb(OLD) - left_out;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    new_row := to_jsonb(NEW) - left_out;
  END IF;
  IF old_row = new_row THEN
    RETURN NULL;
  END IF;
  any_row := coalesce(new_row, old_row);
  IF TG_TABLE_NAME = 'settings' THEN
    old_row := old_row || jsonb_build_object('value', holdfast.masked_setting(old_row ->> 'key', old_row ->> 'value'));
    new_row := new_row || jsonb_build_object('value', holdfast.masked_setting(new_row ->> 'key', new_row ->> 'value'));
  END IF;
  IF TG_OP = 'UPDATE' THEN
    -- Of a setting its key and its value too, though a mask hides what changed.
    SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, new_row -> o.key)
    INTO old_row, new_row
    FROM jsonb_each(old_row) o
    WHERE o.value IS DISTINCT FROM new_row -> o.key OR (TG_TABLE_NAME = 'settings' AND o.key IN ('key', 'value'));
  END IF;
  INSERT INTO public.audit_log (application, table_name, operation, row_id, device_id, before, after)
  VALUES (current_setting('application_name', true), TG_TABLE_NAME, TG_OP,
          coalesce(any_row ->> 'id', any_row ->> 'role_name'),
          CASE
            WHEN TG_TABLE_NAME = 'devices' THEN any_row ->> 'id'
            WHEN TG_TABLE_NAME = 'schedules'
              THEN (SELECT j.device_id FROM public.backup_jobs j WHERE j.id = (any_row ->> 'job_id')::uuid)
            ELSE any_row ->> 'device_id'
          END,
          old_row, new_row);
  RETURN NULL;
END
$$;

CREATE TRIGGER backup_jobs_audit
  AFTER INSERT OR UPDATE OR DELETE ON backup_jobs
  FOR EACH ROW
EXECUTE FUNCTION holdfast.audit();

CREATE TRIGGER settings_audit
  AFTER INSERT OR UPDATE OR DELETE ON settings
  FOR EACH ROW
EXECUTE FUNCTION holdfast.audit();

CREATE TRIGGER schedules_audit
  AFTER INSERT OR DELETE ON schedules
  FOR EACH ROW
EXECUTE FUNCTION holdfast.audit();

-- Not asked for what agents write at every run and at every heartbeat.
CREATE TRIGGER schedules_audit_update
  AFTER UPDATE ON schedules
  FOR EACH ROW
  WHEN ((OLD.job_id, OLD.schedule_type, OLD.cron_expression, OLD.interval_seconds, OLD.timezone, OLD.enabled,
         OLD.catch_up, OLD.metadata)
        IS DISTINCT FROM
        (NEW.job_id, NEW.schedule_type, NEW.cron_expression, NEW.interval_seconds, NEW.timezone, NEW.enabled,
         NEW.catch_up, NEW.metadata))
EXECUTE FUNCTION holdfast.audit();

CREATE TRIGGER devices_audit
  AFTER INSERT OR DELETE ON devices
  FOR EACH ROW
EXECUTE FUNCTION holdfast.audit();

CREATE TRIGGER devices_audit_update
  AFTER UPDATE ON devices
  FOR EACH ROW
  WHEN ((OLD.id, OLD.name, OLD.description, OLD.enabled) IS DISTINCT FROM (NEW.id, NEW.name, NEW.description, NEW.enabled))
EXECUTE FUNCTION holdfast.audit();

CREATE TRIGGER device_logins_audit
  AFTER INSERT OR UPDATE OR DELETE ON holdfast.device_logins
  FOR EACH ROW
EXECUTE FUNCTION holdfast.audit();

GRANT SELECT ON audit_log TO backup_admin, backup_viewer;

UPDATE control_plane_version SET schema_version = 18;
