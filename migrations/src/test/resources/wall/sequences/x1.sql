CREATE FUNCTION pg_temp.evil(t pg_catalog.text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN RAISE NOTICE 'running as % (session %)', current_user, session_user; RETURN true; END $$;
CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.evil(VALUE));
SELECT holdfast.agent_sync('alpha','alpha','linux','h','{}','') IS NOT NULL;
