-- What the owner of the database can close, closed at every migration: a dump does not carry the rights on a database.
-- What he cannot close is told by security_findings.

DO $$
DECLARE
  ours regprocedure;
BEGIN
  -- A migration up to an older version than that.
  IF to_regprocedure('holdfast.take_back_from_devices()') IS NULL THEN
    RETURN;
  END IF;

  BEGIN
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXCEPTION
    WHEN insufficient_privilege THEN NULL;
  END;
  BEGIN
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
  EXCEPTION
    WHEN insufficient_privilege THEN NULL;
  END;
  -- These belong to a superuser.
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    REVOKE EXECUTE ON FUNCTION lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) FROM PUBLIC;
  END IF;

  -- A function that was added without it, or replaced: CREATE OR REPLACE forgets what ALTER FUNCTION has set.
  FOR ours IN
    SELECT p.oid
    FROM pg_proc p
    WHERE p.pronamespace = 'holdfast'::regnamespace
      AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', ours);
  END LOOP;

  -- How long one that may take a lock waits for whoever holds it.
  FOR ours IN
    SELECT p.oid
    FROM pg_proc p
    WHERE p.pronamespace = 'holdfast'::regnamespace AND p.prosecdef AND p.provolatile = 'v'
      AND NOT coalesce('lock_timeout=3s' = ANY (p.proconfig), false)
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET lock_timeout = ''3s''', ours);
  END LOOP;

  PERFORM holdfast.take_back_from_devices();

  IF to_regprocedure('holdfast.take_back_granted(boolean)') IS NOT NULL THEN
    -- Made by afterMigrate__seed.sql; an admin's dump has it too.
    IF to_regclass('holdfast.taken_over') IS NOT NULL THEN
      GRANT SELECT ON holdfast.taken_over TO backup_admin;
    END IF;
    -- Flyway's own table, and any that was made without.
    IF EXISTS (SELECT
               FROM pg_class c
                      JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind = 'r' AND NOT c.relrowsecurity
                 AND (n.nspname = 'holdfast' OR n.nspname || '.' || c.relname IN (SELECT r.object FROM holdfast.rights r))) THEN
      PERFORM holdfast.build_walls();
    END IF;
    PERFORM holdfast.close_retired_logins();
    PERFORM holdfast.take_back_granted(false);
  END IF;
END
$$;
