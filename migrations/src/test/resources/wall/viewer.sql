SELECT holdfast.cron_seconds('0 2 * * *')
