SELECT table_name, count(*) FROM information_schema.table_privileges WHERE table_schema='public' GROUP BY 1 LIMIT 3
SELECT count(*) FROM audit_log
SELECT count(*) FROM job_state
SELECT count(*) FROM password_rotation_devices
SELECT attname, most_common_vals FROM pg_stats WHERE tablename='settings'
SELECT tablename, attname, most_common_vals::text FROM pg_stats WHERE tablename IN ('runs','backup_jobs','settings','devices') LIMIT 5
SELECT usename, left(query,80) FROM pg_stat_activity WHERE usename IS DISTINCT FROM session_user LIMIT 5
SELECT usename, application_name, client_addr FROM pg_stat_activity LIMIT 3
SELECT rolname, rolvaliduntil FROM pg_roles WHERE rolname LIKE 'holdfast%'
SELECT * FROM pg_stat_user_tables WHERE relname='settings' LIMIT 1
SELECT relname, n_live_tup FROM pg_stat_user_tables ORDER BY 2 DESC LIMIT 5
SELECT last_value FROM runs_id_seq
SELECT last_value FROM holdfast.lease_tokens
SELECT nextval('runs_id_seq')
SELECT setval('runs_id_seq', 1)
EXPLAIN ANALYZE SELECT * FROM runs WHERE error_message LIKE 'VICTIM%'
EXPLAIN SELECT * FROM settings WHERE value LIKE 'VICTIM%'
CREATE FUNCTION pg_temp.leak(text) RETURNS bool LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'LEAK %', $1; RETURN true; END $$; SELECT count(*) FROM settings WHERE pg_temp.leak(value)
SELECT count(*) FROM settings WHERE value::int > 0
SELECT count(*) FROM runs WHERE (error_message||'')::int > 0
INSERT INTO runs (job_id,device_id,status,start_time) SELECT id,'bravo','running',now() FROM backup_jobs
INSERT INTO runs (run_uuid,job_id,device_id,status,start_time) SELECT (SELECT run_uuid FROM runs LIMIT 1), id,'alpha','running',now() FROM backup_jobs ON CONFLICT (run_uuid) DO UPDATE SET error_message='x' RETURNING error_message
INSERT INTO devices (id,name,platform) VALUES ('bravo','x','linux') ON CONFLICT DO NOTHING RETURNING *
INSERT INTO devices (id,name,platform) VALUES ('bravo','x','linux')
INSERT INTO devices (id,name,platform) VALUES ('nosuch','x','linux')
SELECT lo_from_bytea(0, 'x'::bytea) > 0
SELECT lo_import('/etc/passwd')
SELECT lo_export(1,'/tmp/x')
COPY devices TO STDOUT
COPY backup_jobs FROM PROGRAM 'id'
COPY runs TO PROGRAM 'id'
COPY (SELECT 1) TO '/tmp/holdfast-wall-x'
CREATE TABLE public.t(x int)
CREATE SCHEMA mine
CREATE EXTENSION plperl
CREATE LANGUAGE plpython3u
DO LANGUAGE plpgsql $$ BEGIN EXECUTE 'SET ROLE backup_admin'; END $$
SET SESSION AUTHORIZATION backup_admin
SET ROLE backup_client; SELECT count(*) FROM settings
SET row_security=off; SELECT count(*) FROM settings
ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'
ALTER ROLE CURRENT_USER CONNECTION LIMIT -1
ALTER ROLE CURRENT_USER SET search_path = pg_temp
ALTER ROLE CURRENT_USER RESET search_path
ALTER ROLE CURRENT_USER SET statement_timeout = 0
ALTER ROLE CURRENT_USER RESET statement_timeout
SET log_statement = 'none'
SET session_preload_libraries = 'x'
LOAD 'dblink'
SET lc_messages='C'
SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename='postgres'
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename<>session_user
SELECT pg_rotate_logfile()
SELECT pg_ls_logdir()
SELECT pg_read_binary_file('/etc/shadow')
SELECT pg_stat_file('/etc/passwd')
SELECT pg_switch_wal()
SELECT pg_export_snapshot()
SELECT txid_current() > 0
SELECT pg_create_logical_replication_slot('x','test_decoding')
SELECT query_to_xml('SELECT * FROM settings WHERE device_id=''bravo''',true,true,'')
SELECT database_to_xml(true,true,'') IS NULL
TABLE pg_largeobject
TRUNCATE problems
LOCK TABLE devices IN ACCESS SHARE MODE
LOCK TABLE problems IN ROW EXCLUSIVE MODE
BEGIN; LOCK TABLE problems IN ACCESS EXCLUSIVE MODE; COMMIT
BEGIN; LOCK TABLE problems IN SHARE ROW EXCLUSIVE MODE; COMMIT
BEGIN; LOCK TABLE runs IN SHARE MODE; COMMIT
BEGIN; LOCK TABLE runs IN ROW EXCLUSIVE MODE; COMMIT
BEGIN; LOCK TABLE requests IN ACCESS EXCLUSIVE MODE; COMMIT
BEGIN; LOCK TABLE restores IN ACCESS EXCLUSIVE MODE; COMMIT
BEGIN; LOCK TABLE schedules IN ACCESS EXCLUSIVE MODE; COMMIT
INSERT INTO runs (job_id,device_id,status,start_time) VALUES ('00000000-0000-0002-0000-000000000001','alpha','running',now())
INSERT INTO runs (job_id,device_id,status,start_time) VALUES (gen_random_uuid(),'alpha','running',now())
INSERT INTO problems (device_id,source,subject,code,message,remedy,job_id) VALUES ('alpha','run','x','y','m','r','00000000-0000-0002-0000-000000000001')
INSERT INTO problems (device_id,source,subject,code,message,remedy,schedule_id) VALUES ('alpha','run','x','y2','m','r',999999)
INSERT INTO verifications (id,job_id,job_name,device_id,triggered_by,start_time,end_time,outcome,code) VALUES (gen_random_uuid(),'00000000-0000-0002-0000-000000000001','x','alpha','manual',now(),now(),'success','ok')
INSERT INTO verifications (id,job_id,job_name,device_id,snapshot_id,triggered_by,start_time,end_time,outcome,code) VALUES (gen_random_uuid(),'00000000-0000-0001-0000-000000000001','x','alpha',repeat('b',64),'manual',now(),now()+interval '50 years','success','ok')
INSERT INTO restores (id,device_id,target,start_time,status) VALUES ('00000000-0000-0002-0000-000000000022','alpha','/x',now(),'running') RETURNING request_id,job_id,requested_by
INSERT INTO runs (run_uuid,job_id,device_id,status,start_time) VALUES ('00000000-0000-0002-0000-000000000011','00000000-0000-0001-0000-000000000001','alpha','running',now())
INSERT INTO requests (kind,device_id) VALUES ('sync','alpha')
INSERT INTO requests (kind,device_id,job_id,parameters) VALUES ('restore','bravo','00000000-0000-0002-0000-000000000001','{"to":"/tmp/x"}')
UPDATE requests SET status='pending' WHERE device_id='alpha'
UPDATE requests SET result='{"a":1}' WHERE id='00000000-0000-0002-0000-000000000022'
UPDATE schedules SET last_run_at=now() WHERE id=2
UPDATE devices SET last_seen='infinity' WHERE id='alpha' RETURNING last_seen
UPDATE devices SET platform='windows' WHERE id='alpha' RETURNING platform
UPDATE devices SET metadata=jsonb_build_object('version',repeat('x',1000)) WHERE id='alpha'
UPDATE devices SET enabled=true WHERE id='alpha'
SELECT holdfast.agent_sync('bravo','x','linux','h','{}','')
SELECT holdfast.agent_sync(NULL,'x','linux','h','{}','') IS NULL
SELECT holdfast.agent_sync('ALPHA','x','linux','h','{}','')
SELECT holdfast.agent_sync('alpha','x','linux','h','[1]','') IS NULL
SELECT holdfast.agent_sync('alpha',repeat('n',300),'linux','h','{}','') IS NULL
SELECT holdfast.lease_take('alpha','r','prune',gen_random_uuid(),60)
SELECT holdfast.lease_renew('alpha','r',1,60)
SELECT holdfast.lease_release('alpha','r',1)
SELECT holdfast.lease_release('bravo','r',1)
SELECT holdfast.backup_leaves('bravo','00000000-0000-0002-0000-000000000011')
SELECT holdfast.backup_enters('alpha','r','00000000-0000-0002-0000-000000000011',3600)
SELECT count(holdfast.backup_enters('alpha','r'||i,gen_random_uuid(),3600)) FROM generate_series(1,2000) i
SELECT holdfast.backup_enters('alpha',repeat('r',65),gen_random_uuid(),3600)
SELECT holdfast.backup_enters('alpha','r',gen_random_uuid(),-2147483648)
SELECT holdfast.policy_of('alpha','vjob')
SELECT holdfast.policy_of('alpha','00000000-0000-0002-0000-000000000001')
SELECT holdfast.retention_work('alpha','r')
SELECT holdfast.copy_targets_of('alpha')
SELECT holdfast.catalogue_put('alpha','r',now(),'[]')
SELECT holdfast.forget_begins('alpha','r','00000000-0000-0002-0000-000000000001','{}')
SELECT holdfast.key_used('bravo','r','k')
SELECT holdfast.key_used('alpha','r','k')
SELECT holdfast.keep_login('SCRAM-SHA-256$4096:AAAA$x:y')
SELECT holdfast.bind_login(session_user,'bravo')
SELECT holdfast.issue_login('bravo',NULL,NULL,'x','1 hour')
SELECT holdfast.recreate_logins()
SELECT holdfast.tell_of_proofs()
SELECT holdfast.sum_up_runs()
SELECT holdfast.clean_up(1)
SELECT holdfast.notify_device('*')
SELECT holdfast.repository_of('bravo')
SELECT holdfast.require_own('bravo')
SELECT holdfast.require_housekeeper('bravo')
SELECT holdfast.masked_setting('repository_password','x')
SELECT holdfast.audit()
CREATE TEMP TABLE t(id text, device_id text); CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION holdfast.audit()
CREATE TEMP TABLE t(name text); CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION holdfast.touch()
CREATE TRIGGER x BEFORE INSERT ON problems FOR EACH ROW EXECUTE FUNCTION holdfast.touch()
CREATE RULE r AS ON INSERT TO problems DO INSTEAD NOTHING
CREATE INDEX ON problems((1))
REFERENCES devices
CREATE TEMP TABLE fk(id varchar REFERENCES devices(id))
CREATE VIEW pg_temp.v AS SELECT * FROM settings; SELECT count(*) FROM pg_temp.v WHERE device_id='bravo'
CREATE FUNCTION pg_temp.f() RETURNS SETOF settings LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM settings'; SELECT count(*) FROM pg_temp.f() WHERE device_id='bravo'
BEGIN; DECLARE c CURSOR FOR SELECT * FROM settings; FETCH ALL c; COMMIT
PREPARE p AS SELECT count(*) FROM settings WHERE device_id='bravo'; EXECUTE p
SELECT pg_get_functiondef('holdfast.me()'::regprocedure) IS NOT NULL
COMMENT ON TABLE runs IS 'x'
SECURITY LABEL ON TABLE runs IS 'x'
REINDEX TABLE runs
VACUUM runs
ANALYZE runs
CLUSTER runs
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC
GRANT SELECT ON problems TO PUBLIC
SELECT set_config('role','backup_admin',false)
SELECT set_config('session_authorization','postgres',false)
SELECT set_config('is_superuser','on',false)
SELECT set_config('holdfast.allow_bulk','on',false)
SELECT dblink_connect('x')
SELECT pg_advisory_lock(hashtext('holdfast.clean_up'))
SELECT pg_reload_conf()
CREATE PUBLICATION p FOR ALL TABLES
CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1' PUBLICATION p
CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw
CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION holdfast.touch()
CREATE CAST (text AS int) WITHOUT FUNCTION
CREATE DATABASE x
DROP OWNED BY CURRENT_USER
REASSIGN OWNED BY CURRENT_USER TO postgres
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT 1 FROM devices
SELECT tableoid::regclass, ctid, xmin FROM devices
SELECT count(*) FROM pg_locks
SELECT count(*) FROM pg_prepared_xacts
PREPARE TRANSACTION 'x'
SELECT count(*) FROM pg_stat_statements
SELECT holdfast.distance(repeat('x',20), 'y')
