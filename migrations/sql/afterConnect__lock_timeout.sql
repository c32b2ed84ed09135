-- A migration does not wait for ever for a table that somebody has locked; what devices hold is theirs for seconds.
SET lock_timeout = '30s';
