-- Admin role (for setup)
CREATE ROLE backup_admin WITH LOGIN PASSWORD 'secure_password';
GRANT
ALL
PRIVILEGES
ON
DATABASE
backup_control TO backup_admin;

-- Client role (for runtime)
CREATE ROLE backup_client WITH LOGIN PASSWORD 'client_password';
GRANT
SELECT,
INSERT
,
UPDATE
ON ALL TABLES IN SCHEMA public TO backup_client;
GRANT
USAGE,
SELECT
ON ALL SEQUENCES IN SCHEMA public TO backup_client;
GRANT
SELECT
ON ALL VIEWS IN SCHEMA public TO backup_client;

-- Future: read-only role for monitoring/dashboards
CREATE ROLE backup_viewer WITH LOGIN PASSWORD 'viewer_password';
GRANT
SELECT
ON ALL TABLES IN SCHEMA public TO backup_viewer;
GRANT
SELECT
ON ALL VIEWS IN SCHEMA public TO backup_viewer;
