-- What only time can end, for devices that stay away: any agent's sync does it for all of them.

CREATE FUNCTION holdfast.sweep() RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE public.requests
  SET status = 'expired', finished_at = clock_timestamp(), message = 'the device did not claim it in time'
  WHERE status = 'pending' AND expires_at < clock_timestamp();

  -- Provisional: should the device come back, its own word counts.
  UPDATE public.runs r
  SET status        = 'failed',
      outcome       = 'failed',
      end_time      = greatest(r.start_time, clock_timestamp()),
      error_message = 'the device has not been heard of for a day, so nobody knows how this run ended',
      metadata      = coalesce(r.metadata, '{}') || '{"code": "device-away", "provisional": true}',
      progress      = NULL,
      progress_at   = NULL
  FROM public.devices d
  WHERE r.status = 'running'
    AND d.id = r.device_id
    AND d.last_seen < clock_timestamp() - interval '1 day'
    AND coalesce(r.progress_at, r.received_at) < clock_timestamp() - interval '1 day';
END
$$;

REVOKE EXECUTE ON FUNCTION holdfast.sweep() FROM PUBLIC;
GRANT USAGE ON SCHEMA holdfast TO backup_client;
GRANT EXECUTE ON FUNCTION holdfast.sweep() TO backup_admin, backup_client;

UPDATE control_plane_version SET schema_version = 14;
