-- An agent that listens hears of a change at once. The payload is the device's id, or * for all of them; it is a
-- hint without content, since anybody with a login may notify.

CREATE FUNCTION holdfast.notify_device(device varchar) RETURNS void
  LANGUAGE sql
  SET search_path = pg_catalog
AS $$
  SELECT pg_notify('holdfast_config', coalesce(device, '*'))
$$;

CREATE FUNCTION holdfast.device_changed() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  PERFORM holdfast.notify_device(NEW.id);
  RETURN NULL;
END
$$;

-- For jobs and settings; one that moves from one device to another concerns both.
CREATE FUNCTION holdfast.device_row_changed() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM holdfast.notify_device(OLD.device_id);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM holdfast.notify_device(NEW.device_id);
  END IF;
  RETURN NULL;
END
$$;

-- A schedule that goes with its job finds the job gone: the job's own trigger has notified.
CREATE FUNCTION holdfast.schedule_changed() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM holdfast.notify_device(device_id) FROM public.backup_jobs WHERE id = OLD.job_id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM holdfast.notify_device(device_id) FROM public.backup_jobs WHERE id = NEW.job_id;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER devices_notify
  AFTER UPDATE ON devices
  FOR EACH ROW
  WHEN ((OLD.name, OLD.enabled) IS DISTINCT FROM (NEW.name, NEW.enabled))
EXECUTE FUNCTION holdfast.device_changed();

CREATE TRIGGER backup_jobs_notify
  AFTER INSERT OR UPDATE OR DELETE ON backup_jobs
  FOR EACH ROW
EXECUTE FUNCTION holdfast.device_row_changed();

CREATE TRIGGER settings_notify
  AFTER INSERT OR UPDATE OR DELETE ON settings
  FOR EACH ROW
EXECUTE FUNCTION holdfast.device_row_changed();

CREATE TRIGGER schedules_notify
  AFTER INSERT OR DELETE ON schedules
  FOR EACH ROW
EXECUTE FUNCTION holdfast.schedule_changed();

-- Not for last_run_at and next_run_at, which the agents themselves write.
CREATE TRIGGER schedules_notify_update
  AFTER UPDATE ON schedules
  FOR EACH ROW
  WHEN ((OLD.job_id, OLD.schedule_type, OLD.cron_expression, OLD.interval_seconds, OLD.timezone, OLD.enabled)
        IS DISTINCT FROM
        (NEW.job_id, NEW.schedule_type, NEW.cron_expression, NEW.interval_seconds, NEW.timezone, NEW.enabled))
EXECUTE FUNCTION holdfast.schedule_changed();

-- Trigger functions need no right to be fired; holdfast.notify_device is called as whoever changes a row.
GRANT USAGE ON SCHEMA holdfast TO backup_admin;
