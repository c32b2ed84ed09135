-- A control plane is not made as a superuser: a fault in one of its functions would be one of the whole server.
DO $$
BEGIN
  IF to_regnamespace('holdfast') IS NULL AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    RAISE EXCEPTION 'the owner of the control plane must not be a superuser, and % is one', current_user
      USING ERRCODE = 'object_not_in_prerequisite_state',
        HINT = format('CREATE ROLE holdfast_owner NOLOGIN CREATEROLE; ALTER DATABASE %I OWNER TO holdfast_owner; '
                      'then migrate as a member of that role, after SET ROLE holdfast_owner.', current_database());
  END IF;
END
$$;
-- Nor in a database in which not every file can be named, nor half in one schema and half in another.
DO $$
BEGIN
  IF to_regnamespace('holdfast') IS NULL AND current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'the database % has the encoding %, in which not every file and job can be named', current_database(), current_setting('server_encoding')
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'CREATE DATABASE ... ENCODING ''UTF8'' TEMPLATE template0; makes one that has not.';
  END IF;
  IF current_schema() IS DISTINCT FROM 'public' THEN
    RAISE EXCEPTION 'the tables of the control plane stand in the schema public, and by search_path new ones would stand in %',
      coalesce(current_schema(), 'none')
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SET search_path = public, as holdfast migrate does.';
  END IF;
END
$$;
