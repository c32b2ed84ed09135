DELETE
FROM runs
WHERE start_time < NOW() - INTERVAL '90 days'
  AND status IN ('success'
    , 'failed'
    , 'cancelled');
