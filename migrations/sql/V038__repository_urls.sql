-- Where a device may be sent by a row, and with which secrets. rclone: can start any program, ssh takes a host that begins
-- with "-" for an option, and a relative path is made wherever the daemon happens to stand: such URLs are refused here as
-- they are typed, and by the agent (RepositoryUrl) whoever wrote them; repository-urls.tsv holds both to the same answers.

-- ---- A device that has a repository of its own is not told the fleet's password.

-- Until now one without a password of its own opened its repository with the fleet's. It goes on to do so, by a row of
-- its own; and with the fleet's credentials for the storage, where its URL is of a kind that takes such. Before the
-- triggers below, which would refuse a reference of before. holdfast migrate says for which devices.
-- Called once more when the rows of a seed have been taken over.
CREATE FUNCTION holdfast.keep_fleets_secrets() RETURNS void
  LANGUAGE sql
  SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO public.settings (device_id, key, value, description)
  SELECT own.device_id, fleet.key, fleet.value, 'As the whole fleet had it before schema 38'
  FROM public.settings own
         JOIN public.settings fleet ON fleet.device_id IS NULL AND btrim(fleet.value) <> ''
  WHERE own.key = 'repository_url'
    AND own.device_id IS NOT NULL
    AND btrim(own.value) <> ''
    AND (fleet.key = 'repository_password'
         OR fleet.key = 'repository_environment' AND own.value ~ '^\s*(file|env|enc|rest|s3|gs|swift|b2|azure):')
    AND NOT EXISTS (SELECT FROM public.settings x WHERE x.device_id = own.device_id AND x.key = fleet.key);
$$;
REVOKE EXECUTE ON FUNCTION holdfast.keep_fleets_secrets() FROM PUBLIC;
SELECT holdfast.keep_fleets_secrets();

-- A global value that the device's own one replaces is of no use to it; and the password and the credentials of the
-- fleet's repository are of none to a device that has its own.
CREATE FUNCTION holdfast.left_out(setting_key text, own_keys text[]) RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(setting_key = ANY (own_keys)
                  OR 'repository_url' = ANY (own_keys) AND setting_key IN ('repository_password', 'repository_environment'),
                  false)
$$;

CREATE FUNCTION holdfast.own_settings() RETURNS text[]
  LANGUAGE sql
  STABLE
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_agg(s.key::text) FROM public.settings s WHERE s.device_id = holdfast.me()
$$;
COMMENT ON FUNCTION holdfast.own_settings() IS 'The keys for which the device that asks has a row of its own';

-- The settings that a device goes by, as agent_sync sends them.
CREATE FUNCTION holdfast.settings_of(device varchar) RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(jsonb_agg(to_jsonb(x.s) ORDER BY (x.s).key, (x.s).device_id NULLS FIRST), '[]')
  FROM (SELECT s, array_agg(s.key::text) FILTER (WHERE s.device_id IS NOT NULL) OVER () AS own_keys
        FROM public.settings s
        WHERE s.device_id IS NULL OR s.device_id = device) x
         LEFT JOIN public.setting_keys k ON k.key = (x.s).key
  WHERE coalesce(k.for_devices, true)
    AND ((x.s).device_id IS NOT NULL OR NOT holdfast.left_out((x.s).key, x.own_keys))
$$;

REVOKE EXECUTE ON FUNCTION holdfast.left_out(text, text[]), holdfast.own_settings(), holdfast.settings_of(varchar)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdfast.left_out(text, text[]), holdfast.own_settings() TO backup_client;

ALTER POLICY of_device ON settings
  USING (coalesce(device_id, (SELECT holdfast.me())) = (SELECT holdfast.me())
         AND key NOT IN (SELECT k.key FROM setting_keys k WHERE NOT k.for_devices)
         AND (device_id IS NOT NULL OR NOT holdfast.left_out(key, (SELECT holdfast.own_settings()))));

-- As of V026, but for the settings.
CREATE OR REPLACE FUNCTION holdfast.agent_sync(device varchar, device_name varchar, device_platform varchar, host varchar,
                                               about jsonb, known_revision text)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '3s'
AS $$
DECLARE
  seen     public.devices;
  revision text;
  answer   jsonb;
BEGIN
  PERFORM holdfast.require_own(device);
  -- Nobody misses a heartbeat that a crash of the server has swallowed.
  PERFORM set_config('synchronous_commit', 'off', true);
  UPDATE public.devices d
  SET platform  = device_platform,
      hostname  = host,
      last_seen = now(),
      metadata  = coalesce(d.metadata, '{}') || about
  WHERE d.id = device
  RETURNING * INTO seen;
  IF NOT FOUND THEN
    INSERT INTO public.devices (id, name, platform, hostname, last_seen, metadata)
    VALUES (device, device_name, device_platform, host, now(), about)
    RETURNING * INTO seen;
  END IF;
  -- Before the rows: a revision that is too old costs one more reading, one that is too new would lose a change.
  SELECT coalesce((SELECT c.revision FROM holdfast.config_revisions c WHERE c.device_id = device), 0) || '.' || f.revision
  INTO revision
  FROM holdfast.fleet_revision f;
  SELECT jsonb_build_object(
           'schema_version', v.schema_version,
           'oldest_agent_schema', v.oldest_agent_schema,
           'time', clock_timestamp(),
           'server', concat_ws(' ', inet_server_addr(), inet_server_port(), pg_postmaster_start_time()),
           'device', to_jsonb(seen) - 'metadata',
           'revision', revision,
           'requests_wait', EXISTS (SELECT FROM public.requests q
                                    WHERE q.device_id = device AND q.status IN ('pending', 'claimed')))
  INTO answer
  FROM public.control_plane_version v;
  PERFORM holdfast.sweep();
  IF revision = known_revision THEN
    RETURN answer;
  END IF;
  RETURN answer || jsonb_build_object(
    'jobs', (SELECT coalesce(jsonb_agg(to_jsonb(j) ORDER BY j.name), '[]') FROM public.backup_jobs j WHERE j.device_id = device),
    'schedules', (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.id), '[]')
                  FROM public.schedules s
                  WHERE s.job_id = ANY (ARRAY(SELECT j.id FROM public.backup_jobs j WHERE j.device_id = device))),
    'settings', holdfast.settings_of(device));
END
$$;

-- What agents keep on their disks is written anew, without what they have no use for.
UPDATE holdfast.fleet_revision SET revision = revision + 1;

-- ---- URLs.

CREATE FUNCTION holdfast.absolute_path(path text) RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT path ~ '^/|^[A-Za-z]:[\\/]|^\\\\[^\\/]+[\\/]+[^\\/]'
$$;

-- A word for what is wrong with a URL, or NULL. Whether the machine has the remote of rclone that it names, and whether a
-- path is absolute there, only the machine can say.
CREATE FUNCTION holdfast.repository_url_fault(url text) RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  userinfo CONSTANT text := '([A-Za-z0-9._~!$&''()*+,;=:@%-]*@)?';
  host     CONSTANT text := '([A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+(%25[A-Za-z0-9._-]+)?\])(:[0-9]{1,5})?';
  scheme   text := substring(url from '^(local|sftp|rest|s3|gs|swift|b2|azure|rclone):');
  in_url   boolean := url ~ '^(sftp|rest:https?|s3:https?)://';
  written  boolean;
BEGIN
  IF url ~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029]' THEN
    RETURN 'control';
  ELSIF length(url) > 4096 THEN
    RETURN 'form';
  ELSIF url ~ '(^|[/\\:]|%2[fF]|%5[cC])(\.|%2[eE]){2}([/\\]|%2[fF]|%5[cC]|$)' THEN
    RETURN 'dots';
  ELSIF scheme = 'local' THEN
    RETURN CASE WHEN NOT holdfast.absolute_path(substr(url, 7)) THEN 'relative' END;
  ELSIF scheme IS NULL THEN
    RETURN CASE
        WHEN holdfast.absolute_path(url) THEN NULL
        WHEN url ~ '^[A-Za-z][A-Za-z0-9+.-]*:' THEN 'scheme'
        ELSE 'relative'
      END;
  ELSIF url ~ '^sftp:(//)?([^/]*@)?(-|%2[dD])' THEN
    RETURN 'option';
  ELSIF in_url AND (url ~ '%(?![0-9A-Fa-f]{2})' OR coalesce(substring(url from '//[^/]*(/.*)$'), '') ~ '[?#\\]|%(2[fF]|5[cC])') THEN
    RETURN 'form';
  END IF;
  written := CASE
      WHEN scheme = 'sftp' AND in_url THEN url ~ ('^sftp://' || userinfo || host || '/.+$')
      WHEN scheme = 'sftp' THEN url ~ '^sftp:([^\s:/\\@-][^\s:/]*@)?[A-Za-z0-9_][A-Za-z0-9._-]*:([^@/]+(/.*)?|/.*)$'
      WHEN scheme = 'rest' THEN url ~ ('^rest:https?://' || userinfo || host || '(/.*)?$')
      WHEN scheme = 's3' AND in_url THEN url ~ ('^s3:https?://' || userinfo || host || '/[^/]+(/.*)?$')
      WHEN scheme = 's3' THEN url ~ ('^s3:(//)?' || host || '/[^/]+(/.*)?$')
      WHEN scheme = 'rclone' THEN url ~ '^rclone:[A-Za-z0-9_][A-Za-z0-9_.+@-]*:'
      ELSE url ~ '^[a-z0-9]+:[^:/\s]+(:.*)?$'
    END;
  RETURN CASE WHEN written THEN NULL WHEN scheme = 'rclone' THEN 'rclone' ELSE 'form' END;
END
$$;
COMMENT ON FUNCTION holdfast.repository_url_fault(text) IS
  'What is wrong with a URL of a repository: control, dots, relative, scheme, option, form, rclone; NULL: nothing';

CREATE FUNCTION holdfast.without_space_around(value text) RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT regexp_replace(value, '^\s+|\s+$', '', 'g')
$$;

CREATE FUNCTION holdfast.refuse_repository_url(of_what text, url text) RETURNS void
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  fault text := holdfast.repository_url_fault(holdfast.without_space_around(url));
BEGIN
  IF fault IS NOT NULL THEN
    -- Never the URL itself: what is written wrongly may be a password anywhere.
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('%s refused: "repository_url" %s', of_what, CASE fault
          WHEN 'control' THEN 'has control characters in it'
          WHEN 'dots' THEN 'has ".." in its path'
          WHEN 'relative' THEN 'is a path that does not begin at the root'
          WHEN 'scheme' THEN 'begins with a kind of storage that restic does not have'
          WHEN 'option' THEN 'has a user or a host that begins with "-", which ssh would take for an option'
          WHEN 'rclone' THEN 'goes through rclone, and names no configured remote of it'
          ELSE 'is not written as restic has it'
        END),
      HINT = CASE fault
          WHEN 'control' THEN 'Write it without them.'
          WHEN 'dots' THEN 'Write the path that it leads to.'
          WHEN 'relative' THEN 'Write an absolute path, such as /srv/restic, or a URL, such as sftp:backup@nas:/srv/restic.'
          WHEN 'scheme' THEN 'Write local:, sftp:, rest:, s3:, b2:, azure:, gs:, swift: or rclone:, in small letters.'
          WHEN 'option' THEN 'Write the user and the host as ssh has them.'
          WHEN 'rclone' THEN 'Write rclone:NAME:path, where NAME stands in the rclone.conf of the machine; no ":backend" and no ",".'
          ELSE 'Write it as docs/restic.md shows for each kind of storage; in user and password %XX for other characters.'
        END;
  END IF;
END
$$;

-- ---- References. Each carries its purpose, so that a row cannot have a password read as a URL, which comes back in
-- the message of whatever cannot reach it: file:NAME is the file KEY.NAME, and a variable has KEY in its name.
CREATE FUNCTION holdfast.reference_fault(setting_key text, value text) RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
      WHEN value LIKE 'file:%' AND value !~ '^file:[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' THEN 'file'
      WHEN value LIKE 'env:%' AND value !~ ('^env:HOLDFAST_SECRET_' || upper(setting_key) || '(_[A-Z0-9_]{1,64})?$') THEN 'env'
      WHEN value LIKE 'enc:%' AND value !~ '^enc:v1:[a-z0-9]{8}:[A-Za-z0-9_-]{38,}$' THEN 'enc'
    END
$$;

CREATE FUNCTION holdfast.refuse_reference(of_what text, setting_key text, value text) RETURNS void
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  fault text := holdfast.reference_fault(setting_key, value);
BEGIN
  IF fault IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('%s refused: "%s" %s', of_what, setting_key, CASE fault
          WHEN 'file' THEN 'refers to a file by a name that is not allowed'
          WHEN 'env' THEN 'refers to a variable by a name that is not allowed for it'
          ELSE 'is no whole encrypted value'
        END),
      HINT = CASE fault
          WHEN 'file' THEN format('Write file:NAME for the file %s.NAME in the secrets directory of the machine, without any directory.', setting_key)
          WHEN 'env' THEN format('Write env:HOLDFAST_SECRET_%1$s or env:HOLDFAST_SECRET_%1$s_NAME.', upper(setting_key))
          ELSE 'Copy the line that holdfast secret encrypt printed.'
        END;
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION holdfast.reference_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.refuse_reference('setting', NEW.key, NEW.value);
  RETURN NEW;
END
$$;

CREATE FUNCTION holdfast.setting_place_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NEW.key = 'repository_url' THEN
    PERFORM holdfast.refuse_repository_url('setting', NEW.value);
  ELSIF NOT holdfast.absolute_path(holdfast.without_space_around(NEW.value)) OR NEW.value ~ '[\u0001-\u001f\u007f-\u009f]' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('setting refused: "%s" is no absolute path', NEW.key),
      HINT = 'Write a path from the root on, or leave it empty for the agent''s own choice.';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER settings_place_check
  BEFORE INSERT OR UPDATE OF key, value ON settings
  FOR EACH ROW
  WHEN (btrim(NEW.value) <> ''
        AND (NEW.key = 'repository_url' AND NEW.value !~ '^(file|env|enc):' OR NEW.key = 'repository_cache_dir'))
EXECUTE FUNCTION holdfast.setting_place_check();

-- After copy_targets_check, which says what is missing.
CREATE FUNCTION holdfast.copy_target_place_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM holdfast.refuse_reference('copy target', 'repository_url', NEW.repository_url),
          holdfast.refuse_reference('copy target', 'repository_password', NEW.repository_password),
          holdfast.refuse_reference('copy target', 'repository_environment', NEW.repository_environment);
  IF NEW.repository_url !~ '^(file|env|enc):' THEN
    PERFORM holdfast.refuse_repository_url('copy target', NEW.repository_url);
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER copy_targets_place_check
  BEFORE INSERT OR UPDATE OF repository_url, repository_password, repository_environment ON copy_targets
  FOR EACH ROW
EXECUTE FUNCTION holdfast.copy_target_place_check();

-- A device could otherwise run them on a table of its own.
REVOKE EXECUTE ON FUNCTION holdfast.setting_place_check(), holdfast.copy_target_place_check() FROM PUBLIC;

-- ---- For eyes that must not see a secret. The password ends at the last @ before the path; what is written in a way that
-- is refused may hold one anywhere, as the options in a connection string of rclone.
CREATE FUNCTION holdfast.masked_repository_url(url text) RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
      WHEN btrim(url) = '' OR url ~ '^(file|env|enc):' THEN url
      WHEN holdfast.repository_url_fault(holdfast.without_space_around(url)) IS NULL
        THEN regexp_replace(url, '^(\s*(?:sftp|rest:https?|s3:https?)://[^/:]*:)[^/]*@', '\1********@')
      ELSE coalesce(substring(url from '^\s*((?:local|sftp|rest|s3|gs|swift|b2|azure|rclone):)'), '') || '********'
    END
$$;

CREATE OR REPLACE FUNCTION holdfast.masked_setting(setting_key text, value text) RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
           WHEN value = '' THEN ''
           WHEN coalesce((SELECT k.kind FROM public.setting_keys k WHERE k.key = setting_key), 'secret') = 'secret'
             THEN '********'
           WHEN setting_key = 'repository_url' THEN holdfast.masked_repository_url(value)
           ELSE regexp_replace(value, '(://[^/:]*:)[^/]*@', '\1********@')
         END
$$;

CREATE OR REPLACE FUNCTION holdfast.masked_copy_target(target jsonb) RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  SET search_path = pg_catalog, pg_temp
AS $$
  SELECT target || jsonb_build_object(
    'repository_url', holdfast.masked_repository_url(target ->> 'repository_url'),
    'repository_password', '********',
    'repository_environment', CASE WHEN target ->> 'repository_environment' <> '' THEN '********' END)
$$;

-- What stands behind the first @ of a password, and the options of rclone, are in the audit log already.
UPDATE audit_log
SET before = CASE
      WHEN before ->> 'repository_url' <> ''
        THEN before || jsonb_build_object('repository_url', holdfast.masked_repository_url(before ->> 'repository_url'))
      WHEN before ->> 'key' = 'repository_url'
        THEN before || jsonb_build_object('value', holdfast.masked_repository_url(before ->> 'value'))
      ELSE before
    END,
    after = CASE
      WHEN after ->> 'repository_url' <> ''
        THEN after || jsonb_build_object('repository_url', holdfast.masked_repository_url(after ->> 'repository_url'))
      WHEN after ->> 'key' = 'repository_url'
        THEN after || jsonb_build_object('value', holdfast.masked_repository_url(after ->> 'value'))
      ELSE after
    END
WHERE table_name IN ('settings', 'copy_targets')
  AND concat_ws(' ', before ->> 'value', before ->> 'repository_url', after ->> 'value', after ->> 'repository_url')
      ~ '@[^/]*@|rclone:[^:]*,|rclone::';

UPDATE control_plane_version SET schema_version = 38;
