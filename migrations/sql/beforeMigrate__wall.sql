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
