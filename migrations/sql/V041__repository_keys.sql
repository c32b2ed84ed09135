-- By which keys each repository opens, and which of them nobody put there on purpose. A device can add a key through the most
-- guarded way in, and opens the repository by it whatever new passwords the others get.

CREATE TABLE repository_keys (
  repository_id varchar(64) NOT NULL,
  id            varchar(64) NOT NULL,
  user_name     text        NOT NULL,
  host_name     text        NOT NULL,
  created       text        NOT NULL,
  first_key     boolean     NOT NULL,
  known         boolean     NOT NULL DEFAULT false,
  seen_since    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (repository_id, id)
);

COMMENT ON TABLE repository_keys IS 'The keys that open each repository, as a housekeeper listed them last';
COMMENT ON COLUMN repository_keys.id IS
  'restic''s id of the key, of which restic before 0.15 tells 8 digits; says nothing of the password';
COMMENT ON COLUMN repository_keys.user_name IS
  'What the key says of who made it; whoever made it wrote that, as host_name and created';
COMMENT ON COLUMN repository_keys.first_key IS 'Whether the repository opened by it when its keys were first listed';
COMMENT ON COLUMN repository_keys.known IS
  'Whether an admin knows who made it and for what; the first key, and those of new passwords, need no such word';

CREATE TRIGGER repository_keys_audit
  AFTER UPDATE OF known ON repository_keys
  FOR EACH ROW
EXECUTE FUNCTION holdfast.audit();

-- Ids of the same key, be either of them shortened.
CREATE FUNCTION holdfast.same_key(one varchar, other varchar) RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT starts_with(one, other) OR starts_with(other, one)
$$;

-- The password that is in use has the key of the newest rotation that has ended, else the first; one that goes on adds its own.
CREATE FUNCTION holdfast.unknown_keys(repository varchar) RETURNS SETOF public.repository_keys
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  WITH rotations AS (SELECT r.new_key, r.finished_at FROM public.password_rotations r WHERE r.repository_id = repository)
  SELECT k.*
  FROM public.repository_keys k
  WHERE k.repository_id = repository
    AND NOT k.known
    AND NOT (k.first_key AND NOT EXISTS (SELECT FROM rotations r WHERE r.finished_at IS NOT NULL))
    AND NOT EXISTS (SELECT FROM rotations r WHERE r.finished_at IS NULL AND holdfast.same_key(r.new_key, k.id))
    AND NOT coalesce(holdfast.same_key((SELECT r.new_key FROM rotations r WHERE r.finished_at IS NOT NULL
                                        ORDER BY r.finished_at DESC LIMIT 1), k.id), false)
  ORDER BY k.seen_since, k.id
$$;
COMMENT ON FUNCTION holdfast.unknown_keys(varchar) IS 'The keys of a repository that nobody put there on purpose, as far as is known';

CREATE FUNCTION holdfast.tell_of_keys(repository varchar, device varchar, about text) RETURNS void
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unknown integer;
  named text;
BEGIN
  SELECT count(*),
         string_agg(format('%s (%s@%s, %s)', left(u.id, 8), u.user_name, u.host_name, u.created), ', ' ORDER BY u.row_number)
           FILTER (WHERE u.row_number <= 10)
  INTO unknown, named
  FROM (SELECT k.*, row_number() OVER () FROM holdfast.unknown_keys(repository) k) u;
  DELETE FROM public.problems p
  WHERE p.source = 'repository' AND p.subject = about AND p.code = 'repository-keys-unknown'
    AND (unknown = 0 OR p.device_id <> device);
  IF unknown > 0 THEN
    INSERT INTO public.problems AS p (device_id, source, subject, code, severity, message, remedy)
    VALUES (device, 'repository', about, 'repository-keys-unknown', 'error',
            format('%s of the keys that open the repository %s put there on purpose: %s', unknown,
                   CASE unknown WHEN 1 THEN 'was not' ELSE 'were not' END, named),
            format('Whoever has one reads all that is in it, whatever the password. If you know one: '
                   'UPDATE repository_keys SET known = true WHERE repository_id = %L AND id LIKE ''...%%''. '
                   'docs/housekeeping.md says how to shut out the others.', repository))
    ON CONFLICT (device_id, source, subject, code) DO UPDATE
    SET message = excluded.message, remedy = excluded.remedy, seen_at = excluded.seen_at;
  END IF;
END
$$;

-- What anybody may have written into a key, so that it can do no harm where it is shown.
CREATE FUNCTION holdfast.plain_name(name text) RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT regexp_replace(left(coalesce(name, ''), 100), '[^ -~]', '?', 'g')
$$;

-- What a housekeeper has listed: all of them, the one by which it has opened the repository among them.
CREATE FUNCTION holdfast.keys_seen(device varchar, repository varchar, target varchar, listed jsonb) RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
DECLARE
  first_look boolean;
BEGIN
  PERFORM holdfast.require_housekeeper(device);
  first_look := NOT EXISTS (SELECT FROM public.repository_keys k WHERE k.repository_id = repository);

  -- Shortened before, by an older restic. Where several begin like it nobody knows which of them it was.
  UPDATE public.repository_keys k
  SET id = e.id
  FROM jsonb_to_recordset(listed) AS e (id varchar)
  WHERE k.repository_id = repository AND length(k.id) < length(e.id) AND starts_with(e.id, k.id)
    AND (SELECT count(*) FROM jsonb_to_recordset(listed) AS o (id varchar) WHERE starts_with(o.id, k.id)) = 1
    AND NOT EXISTS (SELECT FROM public.repository_keys o WHERE o.repository_id = repository AND o.id = e.id);

  INSERT INTO public.repository_keys (repository_id, id, user_name, host_name, created, first_key)
  SELECT repository, e.id, holdfast.plain_name(e."user"), holdfast.plain_name(e.host), holdfast.plain_name(e.created),
         first_look AND coalesce(e.current, false)
  FROM jsonb_to_recordset(listed) AS e (id varchar, "user" text, host text, created text, current boolean)
  WHERE e.id ~ '^[0-9a-f]{8,64}$'
    AND NOT EXISTS (SELECT FROM public.repository_keys k WHERE k.repository_id = repository AND starts_with(k.id, e.id))
  LIMIT 1000
  ON CONFLICT DO NOTHING;

  DELETE FROM public.repository_keys k
  WHERE k.repository_id = repository
    AND NOT EXISTS (SELECT FROM jsonb_to_recordset(listed) AS e (id varchar) WHERE starts_with(k.id, e.id));

  PERFORM holdfast.tell_of_keys(repository, device,
                                CASE
                                  WHEN target IS NULL THEN format('repository %s, keys', left(repository, 8))
                                  ELSE format('copy target %s, keys', target)
                                END);
END
$$;
COMMENT ON FUNCTION holdfast.keys_seen(varchar, varchar, varchar, jsonb) IS
  'For a housekeeper: the keys that it found in a repository, or in a copy target';

-- What an admin says of a key is told of at once.
CREATE FUNCTION holdfast.repository_key_known() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.tell_of_keys(NEW.repository_id, p.device_id, p.subject)
  FROM public.problems p
  WHERE p.source = 'repository' AND p.code = 'repository-keys-unknown'
    AND (p.subject = format('repository %s, keys', left(NEW.repository_id, 8))
         OR p.subject IN (SELECT format('copy target %s, keys', t.name)
                          FROM public.copy_targets t
                          WHERE t.repository_id = NEW.repository_id));
  RETURN NULL;
END
$$;
CREATE TRIGGER repository_keys_known
  AFTER UPDATE OF known ON repository_keys
  FOR EACH ROW
EXECUTE FUNCTION holdfast.repository_key_known();

-- Who has the fleet's password for another repository. Of a device that goes to the fleet's own, as its settings say, its word
-- to the contrary does not count, unless an admin has made it a housekeeper; one that is switched off cannot be locked out.
CREATE OR REPLACE FUNCTION holdfast.rotation_strangers(repository varchar) RETURNS SETOF varchar
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT d.id
  FROM public.devices d
         CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM public.settings s
                                            WHERE s.device_id = d.id AND s.key = 'repository_url' AND s.value <> '') AS url,
                                    EXISTS (SELECT FROM public.settings s
                                            WHERE s.device_id = d.id AND s.key = 'repository_password' AND s.value <> '') AS password) own
  WHERE d.enabled
    AND NOT own.password
    AND (own.url OR d.housekeeper)
    AND coalesce(holdfast.repository_of(d.id) <> repository, own.url)
  ORDER BY d.id
$$;

-- Who says that it backs up into another repository, though by its settings it has the fleet's: it is not waited for.
CREATE FUNCTION holdfast.rotation_doubtful(repository varchar) RETURNS SETOF varchar
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT d.id
  FROM public.devices d
  WHERE d.enabled
    AND NOT d.housekeeper
    AND NOT EXISTS (SELECT FROM public.settings s
                    WHERE s.device_id = d.id AND s.key IN ('repository_url', 'repository_password') AND s.value <> '')
    AND holdfast.repository_of(d.id) <> repository
  ORDER BY d.id
$$;
COMMENT ON FUNCTION holdfast.rotation_doubtful(varchar) IS
  'Devices of the fleet''s repository that say they back up into another one';

REVOKE EXECUTE ON FUNCTION holdfast.same_key(varchar, varchar), holdfast.unknown_keys(varchar),
  holdfast.plain_name(text), holdfast.tell_of_keys(varchar, varchar, text), holdfast.keys_seen(varchar, varchar, varchar, jsonb),
  holdfast.repository_key_known(), holdfast.rotation_doubtful(varchar) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.keys_seen(varchar, varchar, varchar, jsonb) TO backup_client;
GRANT EXECUTE ON FUNCTION holdfast.same_key(varchar, varchar), holdfast.unknown_keys(varchar), holdfast.rotation_doubtful(varchar)
  TO backup_admin;
GRANT SELECT, UPDATE (known), DELETE ON repository_keys TO backup_admin;
GRANT SELECT ON repository_keys TO backup_viewer;

UPDATE control_plane_version SET schema_version = 41;
