-- A new password for a repository: which devices have opened it by the new key, so that nobody is locked out when the old
-- one goes. A key's id is the name of its file in the repository, and says nothing of the password.

INSERT INTO setting_keys (key, kind, min_value, max_value, per_device, description)
VALUES ('report_repository_key', 'boolean', NULL, NULL, false,
        'Whether agents tell by which key they open the repository; holdfast rotate-repository-password sets and removes it');

CREATE TABLE password_rotations (
  id            uuid PRIMARY KEY,
  repository_id varchar(64) NOT NULL,
  old_key       varchar(64) NOT NULL,
  new_key       varchar(64),
  started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_by    name        NOT NULL DEFAULT session_user,
  finished_at   timestamptz,
  forced        boolean     NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX password_rotations_one_at_a_time ON password_rotations (repository_id) WHERE finished_at IS NULL;

COMMENT ON TABLE password_rotations IS 'New passwords of repositories: holdfast rotate-repository-password';
COMMENT ON COLUMN password_rotations.old_key IS 'restic''s id of the key that goes; says nothing of the password';
COMMENT ON COLUMN password_rotations.new_key IS 'restic''s id of the key that takes its place; NULL until the setting has the new password';
COMMENT ON COLUMN password_rotations.forced IS 'Whether it was finished though devices had not used the new key';

CREATE TRIGGER password_rotations_audit
  AFTER INSERT OR UPDATE OR DELETE ON password_rotations
  FOR EACH ROW
EXECUTE FUNCTION holdfast.audit();

CREATE TABLE holdfast.repository_keys_used (
  device_id     varchar(255) PRIMARY KEY REFERENCES public.devices (id) ON DELETE CASCADE,
  repository_id varchar(64) NOT NULL,
  key_id        varchar(64) NOT NULL,
  at            timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE holdfast.repository_keys_used IS 'By which key each device has opened its repository last, while a rotation asks for it';

CREATE FUNCTION holdfast.key_used(device varchar, repository varchar, key varchar) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.require_own(device);
  INSERT INTO holdfast.repository_keys_used (device_id, repository_id, key_id)
  VALUES (device, repository, key)
  ON CONFLICT (device_id) DO UPDATE
  SET repository_id = excluded.repository_id, key_id = excluded.key_id, at = excluded.at;
END
$$;

-- Which repository a device was seen to back up into, or to keep house in, last; NULL: nobody knows.
CREATE FUNCTION holdfast.repository_of(device varchar) RETURNS varchar
  LANGUAGE sql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT e.repository_id
  FROM (SELECT u.repository_id, u.at FROM holdfast.repository_keys_used u WHERE u.device_id = device
        UNION ALL
        (SELECT s.repository_id, s.time FROM public.snapshots s
         WHERE s.device_id = device AND NOT EXISTS (SELECT FROM public.copy_targets t WHERE t.repository_id = s.repository_id)
         ORDER BY s.time DESC LIMIT 1)
        UNION ALL
        -- A housekeeper may have no jobs, and so no snapshots.
        (SELECT h.repository_id, h.start_time FROM public.housekeeping_runs h
         WHERE h.device_id = device AND h.target IS NULL
         ORDER BY h.start_time DESC LIMIT 1)) e
  ORDER BY e.at DESC
  LIMIT 1
$$;

-- Every device that could be locked out: one of which nobody knows where it backs up counts too.
CREATE VIEW password_rotation_devices AS
SELECT r.id AS rotation_id,
       r.repository_id,
       d.id AS device_id,
       d.last_seen,
       coalesce(u.repository_id = r.repository_id
                AND left(u.key_id, 8) = left(r.new_key, 8)
                AND u.at > r.started_at
                -- One that began before may wait with the old password in its hand.
                AND NOT EXISTS (SELECT FROM runs x
                                WHERE x.device_id = d.id AND x.status = 'running' AND x.start_time < u.at + interval '1 minute'),
                false) AS uses_new_key
FROM password_rotations r
       CROSS JOIN devices d
       LEFT JOIN holdfast.repository_keys_used u ON u.device_id = d.id
WHERE r.finished_at IS NULL
  AND d.enabled
  AND (d.housekeeper OR EXISTS (SELECT FROM backup_jobs j WHERE j.device_id = d.id AND j.enabled))
  AND coalesce(holdfast.repository_of(d.id), r.repository_id) = r.repository_id;

COMMENT ON VIEW password_rotation_devices IS 'Who has opened the repository by the new key, and who has not yet';

-- Who has the fleet's password for another repository.
CREATE FUNCTION holdfast.rotation_strangers(repository varchar) RETURNS SETOF varchar
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT d.id
  FROM public.devices d
  WHERE NOT EXISTS (SELECT FROM public.settings s WHERE s.device_id = d.id AND s.key = 'repository_password' AND s.value <> '')
    AND CASE
          WHEN holdfast.repository_of(d.id) IS NOT NULL THEN holdfast.repository_of(d.id) <> repository
          ELSE EXISTS (SELECT FROM public.settings s WHERE s.device_id = d.id AND s.key = 'repository_url' AND s.value <> '')
        END
  ORDER BY d.id
$$;
COMMENT ON FUNCTION holdfast.rotation_strangers(varchar) IS
  'Devices that share the fleet''s password and not this repository: a new password would lock them out';

REVOKE EXECUTE ON FUNCTION holdfast.key_used(varchar, varchar, varchar), holdfast.repository_of(varchar),
  holdfast.rotation_strangers(varchar) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.key_used(varchar, varchar, varchar) TO backup_client;
GRANT EXECUTE ON FUNCTION holdfast.repository_of(varchar), holdfast.rotation_strangers(varchar) TO backup_admin;
GRANT EXECUTE ON FUNCTION holdfast.repository_of(varchar) TO backup_viewer;
GRANT SELECT ON holdfast.repository_keys_used TO backup_admin;
GRANT SELECT, INSERT, UPDATE ON password_rotations TO backup_admin;
GRANT SELECT ON password_rotations TO backup_viewer;
GRANT SELECT ON password_rotation_devices TO backup_admin, backup_viewer;

UPDATE control_plane_version SET schema_version = 30;
