-- How long a job's snapshots stay: named policies that jobs refer to, and one for all jobs that name none.

CREATE TABLE retention_policies (
  id                  serial PRIMARY KEY,
  name                varchar(64) NOT NULL UNIQUE,
  description         text,
  is_default          boolean     NOT NULL DEFAULT false,
  keep_all            boolean     NOT NULL DEFAULT false,
  keep_last           integer,
  keep_hourly         integer,
  keep_daily          integer,
  keep_weekly         integer,
  keep_monthly        integer,
  keep_yearly         integer,
  keep_within         varchar(32),
  keep_within_hourly  varchar(32),
  keep_within_daily   varchar(32),
  keep_within_weekly  varchar(32),
  keep_within_monthly varchar(32),
  keep_within_yearly  varchar(32),
  keep_tags           text[],
  created_at          timestamptz NOT NULL DEFAULT now(),
  updated_at          timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX retention_policies_one_default ON retention_policies (is_default) WHERE is_default;

COMMENT ON TABLE retention_policies IS 'Which snapshots of a job stay when housekeeping forgets; a snapshot stays if any rule keeps it';
COMMENT ON COLUMN retention_policies.is_default IS 'For all jobs that name no policy; without one their snapshots all stay';
COMMENT ON COLUMN retention_policies.keep_all IS 'Nothing is ever forgotten; for jobs that the default is not meant for';
COMMENT ON COLUMN retention_policies.keep_last IS 'The newest so many';
COMMENT ON COLUMN retention_policies.keep_daily IS 'The newest of each of the last so many days that have one; hourly, weekly, monthly, yearly alike';
COMMENT ON COLUMN retention_policies.keep_within IS 'All that are not older than this against the newest, such as 2y5m7d3h';
COMMENT ON COLUMN retention_policies.keep_within_daily IS 'The newest of each day within this time; hourly, weekly, monthly, yearly alike';
COMMENT ON COLUMN retention_policies.keep_tags IS 'All that carry one of these tags, besides what the other rules keep';

ALTER TABLE backup_jobs
  ADD COLUMN retention_policy varchar(64) REFERENCES retention_policies (name) ON UPDATE CASCADE;
CREATE INDEX backup_jobs_retention ON backup_jobs (retention_policy) WHERE retention_policy IS NOT NULL;
COMMENT ON COLUMN backup_jobs.retention_policy IS 'The name of its policy; NULL: the default one';

CREATE FUNCTION holdfast.retention_check() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  within   CONSTANT text := '^(?=.*[1-9])([0-9]{1,4}y)?([0-9]{1,5}m)?([0-9]{1,5}d)?([0-9]{1,6}h)?$';
  policy   CONSTANT jsonb := to_jsonb(NEW);
  rule     text;
  keeps    boolean := false;
BEGIN
  FOREACH rule IN ARRAY ARRAY ['keep_last', 'keep_hourly', 'keep_daily', 'keep_weekly', 'keep_monthly', 'keep_yearly'] LOOP
    IF policy ->> rule IS NOT NULL AND (policy ->> rule)::bigint NOT BETWEEN 1 AND 100000 THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = format('retention policy refused: %s is %s, outside 1 to 100000', rule, policy ->> rule),
        HINT = 'Leave the rule out (NULL) if it is to keep nothing.';
    END IF;
    keeps := keeps OR policy ->> rule IS NOT NULL;
  END LOOP;
  FOREACH rule IN ARRAY ARRAY ['keep_within', 'keep_within_hourly', 'keep_within_daily', 'keep_within_weekly',
    'keep_within_monthly', 'keep_within_yearly'] LOOP
    IF policy ->> rule IS NOT NULL AND policy ->> rule !~ within THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation',
        MESSAGE = format('retention policy refused: %s is "%s"', rule, policy ->> rule),
        HINT = 'Write years, months, days and hours in this order, such as 1y6m, 14d or 36h.';
    END IF;
    keeps := keeps OR policy ->> rule IS NOT NULL;
  END LOOP;
  IF EXISTS (SELECT FROM unnest(NEW.keep_tags) t WHERE t IS NULL OR btrim(t) = '' OR t LIKE '%,%') THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'retention policy refused: keep_tags has a tag that is empty or holds a comma',
      HINT = 'Write one tag per element; restic splits at commas.';
  END IF;
  IF NEW.keep_all AND (keeps OR cardinality(NEW.keep_tags) > 0) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = 'retention policy refused: it has keep_all and another rule',
      HINT = 'Keep one of them.';
  END IF;
  IF NOT keeps AND NOT NEW.keep_all THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('retention policy refused: "%s" would keep nothing', NEW.name),
      HINT = CASE
               WHEN cardinality(NEW.keep_tags) > 0
                 THEN 'keep_tags keeps nothing of a job without such tags: add another rule, such as keep_last = 1.'
               ELSE 'Give it a rule, such as keep_daily = 14, or keep_all = true.'
             END;
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER retention_policies_check
  BEFORE INSERT OR UPDATE ON retention_policies
  FOR EACH ROW
EXECUTE FUNCTION holdfast.retention_check();

CREATE TRIGGER retention_policies_touch
  BEFORE UPDATE ON retention_policies
  FOR EACH ROW
EXECUTE FUNCTION holdfast.touch();

CREATE TRIGGER retention_policies_audit
  AFTER INSERT OR UPDATE OR DELETE ON retention_policies
  FOR EACH ROW
EXECUTE FUNCTION holdfast.audit();

-- A reference's own error does not say what there is. The argument is what refers to it.
CREATE FUNCTION holdfast.retention_policy_known() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog
AS $$
DECLARE
  names text[];
BEGIN
  SELECT array_agg(name ORDER BY name) INTO names FROM public.retention_policies;
  IF NEW.retention_policy <> ALL (coalesce(names, '{}')) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('%s refused: there is no retention policy "%s"', TG_ARGV[0], NEW.retention_policy),
      HINT = coalesce(format('Did you mean "%s"?', holdfast.nearest(NEW.retention_policy, names)),
                      'SELECT name FROM retention_policies lists those that there are.');
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER backup_jobs_retention_check
  BEFORE INSERT OR UPDATE OF retention_policy ON backup_jobs
  FOR EACH ROW
  WHEN (NEW.retention_policy IS NOT NULL)
EXECUTE FUNCTION holdfast.retention_policy_known('job');

-- A policy holds nothing secret, and a device may look what becomes of its own snapshots.
GRANT SELECT, INSERT, UPDATE, DELETE ON retention_policies TO backup_admin;
GRANT USAGE, SELECT ON SEQUENCE retention_policies_id_seq TO backup_admin;
GRANT SELECT ON retention_policies TO backup_client, backup_viewer;

UPDATE control_plane_version SET schema_version = 25;
