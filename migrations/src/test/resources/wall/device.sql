INSERT INTO public.devices (id, name, platform) VALUES ('alpha', 'x', 'linux') ON CONFLICT (id) DO UPDATE SET last_seen = pg_catalog.now()
INSERT INTO public.devices (id, name, platform) VALUES ('new', 'x', 'linus')
UPDATE public.devices SET hostname = 'x', last_seen = pg_catalog.now(), metadata = '{"a": 1}' WHERE id = 'alpha'
UPDATE public.schedules SET last_run_at = pg_catalog.now(), next_run_at = pg_catalog.now() WHERE id = 1
INSERT INTO public.runs (run_uuid, job_id, device_id, status, start_time, triggered_by) VALUES (pg_catalog.gen_random_uuid(), '00000000-0000-0001-0000-000000000001', 'alpha', 'running', pg_catalog.now(), 'schedule')
INSERT INTO public.runs (run_uuid, job_id, device_id, status, start_time, end_time, snapshot_id, triggered_by) VALUES ('00000000-0000-0001-0000-000000000011', '00000000-0000-0001-0000-000000000001', 'alpha', 'success', pg_catalog.now(), pg_catalog.now(), pg_catalog.repeat('a', 64), 'schedule')
INSERT INTO public.runs (run_uuid, job_id, device_id, status, start_time, triggered_by) VALUES (pg_catalog.gen_random_uuid(), '00000000-0000-0002-0000-000000000001', 'alpha', 'running', pg_catalog.now(), 'schedule')
UPDATE public.runs SET status = 'success', end_time = pg_catalog.now() WHERE status = 'running'
UPDATE public.runs SET progress = '{"percent_done": 0.5}', progress_at = pg_catalog.now() WHERE status = 'running'
UPDATE public.runs SET status = 'success', outcome = 'success' WHERE status <> 'running'
UPDATE public.runs SET metadata = '{"provisional": true}', status = 'failed', end_time = pg_catalog.now() WHERE status = 'running'
INSERT INTO public.missed_runs (id, device_id, job_id, job_name, due_at, last_due_at, reason, message) VALUES (pg_catalog.gen_random_uuid(), 'alpha', '00000000-0000-0001-0000-000000000001', 'x', pg_catalog.now(), pg_catalog.now(), 'away', 'x')
INSERT INTO public.problems (device_id, source, subject, code, message, remedy, job_id) VALUES ('alpha', 'run', 'job home', 'y', 'm', 'r', '00000000-0000-0001-0000-000000000001') ON CONFLICT (device_id, source, subject, code) DO UPDATE SET message = excluded.message, seen_at = excluded.seen_at
UPDATE public.requests SET status = 'claimed', claimed_at = pg_catalog.now() WHERE status = 'pending'
UPDATE public.requests SET status = 'pending', finished_at = NULL WHERE status = 'done'
INSERT INTO public.restores (id, device_id, target, start_time, status) VALUES ('00000000-0000-0001-0000-000000000022', 'alpha', '/x', pg_catalog.now(), 'running')
UPDATE public.restores SET status = 'success', end_time = pg_catalog.now() WHERE status = 'running'
UPDATE public.restores SET status = 'success' WHERE status <> 'running'
INSERT INTO public.verifications (id, job_id, job_name, device_id, snapshot_id, triggered_by, start_time, end_time, outcome, code, message) VALUES (pg_catalog.gen_random_uuid(), '00000000-0000-0001-0000-000000000001', 'home', 'alpha', 'snapshot of alpha', 'manual', pg_catalog.now(), pg_catalog.now(), 'failed', 'proof-failed', 'x')
INSERT INTO public.verifications (id, job_id, job_name, device_id, snapshot_id, triggered_by, start_time, end_time, outcome, code) VALUES (pg_catalog.gen_random_uuid(), '00000000-0000-0001-0000-000000000001', 'home', 'alpha', 'snapshot of alpha', 'manual', pg_catalog.now(), pg_catalog.now(), 'success', 'ok')
INSERT INTO public.housekeeping_runs (run_uuid, kind, repository_id, device_id, triggered_by, lease_token, start_time, status) VALUES (pg_catalog.gen_random_uuid(), 'prune', 'repo', 'alpha', 'manual', 1, pg_catalog.now(), 'running')
UPDATE public.housekeeping_runs SET status = 'failed', code = 'x', message = 'm', end_time = pg_catalog.now() WHERE status = 'running'
UPDATE public.housekeeping_runs SET status = 'success' WHERE status <> 'running'
SELECT holdfast.agent_sync('alpha', 'x', 'linux', 'h', '{}', '') IS NULL
SELECT holdfast.agent_sync('alpha', 'x', 'linus', 'h', '{}', '') IS NULL
SELECT holdfast.keep_login('SCRAM-SHA-256$4096:' || pg_catalog.repeat('A', 24) || '$' || pg_catalog.repeat('B', 43) || '=:' || pg_catalog.repeat('C', 43) || '=')
SELECT holdfast.backup_enters('alpha', 'repo', '00000000-0000-0001-0000-000000000011', 60)
SELECT holdfast.lease_take('alpha', 'repo', 'prune', pg_catalog.gen_random_uuid(), 60)
SELECT holdfast.lease_take('alpha', 'repo', 'catalogue', pg_catalog.gen_random_uuid(), 60)
SELECT holdfast.catalogue_put('alpha', 'repo', pg_catalog.now(), '[{"id": "aa", "time": "2026-01-01T00:00:00Z", "job_id": "00000000-0000-0001-0000-000000000001", "host": "x", "paths": ["/x"], "tags": ["t"]}]')
SELECT pg_catalog.count(*) FROM holdfast.told_of('alpha', ARRAY['00000000-0000-0001-0000-000000000001'::uuid])
SELECT pg_catalog.count(*) FROM holdfast.forget_candidates('alpha', 'repo', '00000000-0000-0001-0000-000000000001')
SELECT pg_catalog.count(*) FROM holdfast.contents_of('alpha', '00000000-0000-0001-0000-000000000001', pg_catalog.now())
SELECT holdfast.forget_begins('alpha', 'repo', '00000000-0000-0001-0000-000000000001', '{aa}')
SELECT holdfast.forget_judged('alpha', 'repo', '00000000-0000-0001-0000-000000000001', '[{"id": "aa", "rules": ["last"]}]')
SELECT pg_catalog.count(*) FROM holdfast.copies_wanted('alpha', 'repo', 'other', '{aa}')
SELECT holdfast.catalogue_end('alpha', 'repo', '-infinity')
SELECT holdfast.unlock_begins('alpha')
SELECT holdfast.unlock_ends('alpha')
SELECT holdfast.keys_seen('alpha', 'repo', NULL, '[{"id": "abcdef01", "user": "root", "host": "h", "created": "now", "current": true}, {"id": "abcdef02", "user": "x", "host": "h", "created": "now"}]')
SELECT holdfast.key_used('alpha', 'repo', 'abcdef01')
SELECT pg_catalog.count(*) FROM holdfast.retention_work('alpha', 'repo')
SELECT pg_catalog.count(*) FROM holdfast.retention_work('alpha', 'repo', 'offsite')
SELECT pg_catalog.count(*) FROM holdfast.policy_of('alpha', 'home')
SELECT pg_catalog.count(*) FROM public.latest_runs
SELECT pg_catalog.count(*) FROM public.job_summary
SELECT holdfast.channel_of('alpha') IS NULL
UPDATE public.devices SET hostname = pg_catalog.chr(27) WHERE id = 'alpha'
SELECT holdfast.problems_gone('alpha', 'config', NULL, '{}')
UPDATE public.devices SET last_seen = 'infinity' WHERE id = 'alpha'
UPDATE public.devices SET metadata = pg_catalog.jsonb_build_object('a', pg_catalog.repeat('x', 20000)) WHERE id = 'alpha'
UPDATE public.schedules SET last_run_at = 'infinity', next_run_at = 'infinity' WHERE id = 1
UPDATE public.runs SET progress_at = 'infinity', progress = '{}' WHERE status = 'running'
INSERT INTO public.missed_runs (id, device_id, job_name, due_at, last_due_at, reason, message) VALUES (pg_catalog.gen_random_uuid(), 'alpha', 'x', pg_catalog.now(), 'infinity', 'away', 'x')
INSERT INTO public.problems (device_id, source, subject, code, message, remedy) VALUES ('alpha', 'run', 'x', 'y', pg_catalog.repeat('x', 5000), 'r')
UPDATE public.requests SET message = pg_catalog.repeat('x', 5000), claimed_at = 'infinity' WHERE status = 'pending'
INSERT INTO public.restores (id, device_id, target, start_time, status, failures) VALUES (pg_catalog.gen_random_uuid(), 'alpha', '/x', 'infinity', 'running', pg_catalog.array_fill(pg_catalog.repeat('x', 2000), ARRAY[100]))
INSERT INTO public.verifications (id, job_name, device_id, triggered_by, start_time, end_time, outcome, code) VALUES (pg_catalog.gen_random_uuid(), 'x', 'alpha', 'manual', 'infinity', 'infinity', 'failed', 'x')
INSERT INTO public.housekeeping_runs (run_uuid, kind, repository_id, device_id, triggered_by, lease_token, start_time, status) VALUES (pg_catalog.gen_random_uuid(), 'prune', 'repo', 'alpha', 'manual', 1, 'infinity', 'running')
SELECT holdfast.catalogue_put('alpha', 'repo', pg_catalog.now(), pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('id', 'big', 'time', pg_catalog.now(), 'host', pg_catalog.repeat('h', 300))))
SELECT pg_catalog.count(holdfast.backup_enters('alpha', 'r' || i, pg_catalog.gen_random_uuid(), 3600)) FROM pg_catalog.generate_series(1, 100) i
SELECT holdfast.agent_sync('alpha', 'Alpha', 'linux', 'h', '{"process": "00000000-0000-0001-0000-00000000000a", "instance": "00000000-0000-0001-0000-00000000000b"}', '') ->> 'renew_instance'
SELECT holdfast.agent_sync('nobody', 'x', 'linux', 'h', '{}', '')
SELECT holdfast.claimed_by_another('alpha', gen_random_uuid(), gen_random_uuid())
SELECT * FROM public.granted_beyond
