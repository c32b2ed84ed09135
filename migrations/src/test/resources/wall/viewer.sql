SELECT holdfast.cron_seconds('0 2 * * *')
SELECT pg_catalog.count(*) FROM public.untold_snapshots
