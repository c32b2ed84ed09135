package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.testing.ControlPlane;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a device's own login may do, and what an attacker who has it may not. */
class DeviceRightsIT {

  private static final String ME = "alpha";
  private static final String OTHER = "bravo";
  private static final UUID MY_JOB = new UUID(1, 1);
  private static final UUID MY_SECOND_JOB = new UUID(1, 2);
  private static final UUID OTHERS_JOB = new UUID(2, 1);
  private static final UUID MY_RUN = new UUID(1, 11);
  private static final UUID MY_ENDED_RUN = new UUID(1, 12);
  private static final UUID OTHERS_RUN = new UUID(2, 11);
  private static final UUID MY_REQUEST = new UUID(1, 21);
  private static final UUID OTHERS_REQUEST = new UUID(2, 21);

  /** Both devices have all that there is, so that an attack has something to find. */
  private static final class Fleet {
    private final ControlPlane psql = ControlPlane.fresh();
    private final DatabaseAddress me;

    private Fleet() {
      psql.setting("repository_password", "everybody's");
      device(ME, MY_JOB, 1, MY_RUN, MY_REQUEST);
      device(OTHER, OTHERS_JOB, 2, OTHERS_RUN, OTHERS_REQUEST);
      psql.execute(
          "INSERT INTO copy_targets (name, repository_url, repository_password, every_job)"
              + " VALUES ('offsite', '/second', 'everybody''s', true)");
      psql.execute(
          "INSERT INTO backup_jobs (id, device_id, name, source_paths) VALUES (?, ?, 'second', '{/s}')",
          MY_SECOND_JOB,
          ME);
      psql.execute(
          "INSERT INTO runs (run_uuid, job_id, device_id, status, start_time, end_time, triggered_by)"
              + " VALUES (?, ?, ?, 'failed', now() - interval '1 hour', now(), 'schedule')",
          MY_ENDED_RUN,
          MY_JOB,
          ME);
      me = psql.client("my-password", ME);
      psql.client("other-password", OTHER);
    }

    private void device(String id, UUID job, int schedule, UUID run, UUID request) {
      psql.execute("INSERT INTO devices (id, name, platform) VALUES (?, ?, 'linux')", id, id);
      psql.execute(
          "INSERT INTO settings (device_id, key, value) VALUES (?, 'repository_url', '/of/' || ?)",
          id,
          id);
      psql.execute(
          "INSERT INTO backup_jobs (id, device_id, name, source_paths) VALUES (?, ?, 'home', '{/home}')",
          job,
          id);
      psql.execute(
          "INSERT INTO schedules (id, job_id, schedule_type, interval_seconds) VALUES (?, ?, 'interval', 60)",
          schedule,
          job);
      psql.execute(
          "INSERT INTO runs (run_uuid, job_id, device_id, status, start_time, triggered_by)"
              + " VALUES (?, ?, ?, 'running', now(), 'schedule')",
          run,
          job,
          id);
      psql.execute(
          "INSERT INTO missed_runs (id, device_id, job_id, job_name, due_at, last_due_at, reason, message)"
              + " VALUES (gen_random_uuid(), ?, ?, 'home', now(), now(), 'away', 'away')",
          id,
          job);
      psql.execute(
          "INSERT INTO problems (device_id, source, subject, code, message, remedy)"
              + " VALUES (?, 'config', 'device', 'x', 'm', 'r')",
          id);
      psql.execute("INSERT INTO requests (id, kind, device_id) VALUES (?, 'sync', ?)", request, id);
      psql.execute(
          "INSERT INTO snapshots (repository_id, id, time, job_id, device_id, host)"
              + " VALUES ('repo', ?, now(), ?, ?, ?)",
          "snapshot of " + id,
          job,
          id,
          id);
      psql.execute(
          "INSERT INTO verifications (id, job_id, job_name, device_id, triggered_by, start_time, end_time,"
              + " outcome, code) VALUES (gen_random_uuid(), ?, 'home', ?, 'manual', now(), now(), 'cancelled', 'x')",
          job,
          id);
      psql.execute(
          "INSERT INTO housekeeping_runs (run_uuid, kind, repository_id, device_id, triggered_by,"
              + " lease_token, start_time, status)"
              + " VALUES (gen_random_uuid(), 'prune', 'repo', ?, 'manual', 1, now(), 'running')",
          id);
      psql.execute(
          "INSERT INTO requests (id, kind, device_id, job_id, parameters)"
              + " VALUES (gen_random_uuid(), 'restore', ?, ?, '{\"to\": \"/srv/back\"}')",
          id,
          job);
      for (String status : List.of("running", "failed")) {
        psql.execute(
            "INSERT INTO restores (id, device_id, target, start_time, end_time, status)"
                + " VALUES (gen_random_uuid(), ?, '/srv/back', now(),"
                + " CASE WHEN ? = 'failed' THEN now() END, ?)",
            id,
            status,
            status);
      }
    }
  }

  private final Fleet fleet = new Fleet();
  private final List<Connection> open = new ArrayList<>();

  @BeforeEach
  void the_fixtures_are_not_empty() {
    for (String table :
        List.of(
            "devices",
            "backup_jobs",
            "settings",
            "runs",
            "missed_runs",
            "problems",
            "requests",
            "snapshots",
            "housekeeping_runs",
            "verifications",
            "restores")) {
      String column = table.equals("devices") ? "id" : "device_id";
      assertThat(fleet.psql.rows("SELECT FROM " + table + " WHERE " + column + " = ?", OTHER))
          .as(table)
          .isNotEmpty();
    }
  }

  @AfterEach
  void close() throws SQLException {
    for (Connection connection : open) {
      connection.close();
    }
  }

  private Connection connect(DatabaseAddress address) throws SQLException {
    Connection connection =
        DriverManager.getConnection(address.jdbcUrl(), Database.credentials(address));
    open.add(connection);
    return connection;
  }

  /** What came of a statement: rows that came back or were changed, or the refusal. */
  private static String outcome(Connection connection, String sql) {
    try (Statement statement = connection.createStatement()) {
      if (!statement.execute(sql)) {
        return statement.getUpdateCount() + " rows changed";
      }
      try (ResultSet rows = statement.getResultSet()) {
        int count = 0;
        while (rows.next()) {
          count++;
        }
        return count + " rows seen";
      }
    } catch (SQLException e) {
      return "refused: " + e.getSQLState();
    }
  }

  static Stream<String> attacks() {
    return Stream.of(
            // Reading what is another device's.
            "SELECT FROM devices WHERE id = '%other'",
            "SELECT FROM backup_jobs WHERE device_id = '%other'",
            "SELECT FROM backup_jobs WHERE id = '%othersJob'",
            "SELECT FROM schedules WHERE job_id = '%othersJob'",
            "SELECT FROM schedules WHERE id = 2",
            "SELECT FROM settings WHERE device_id = '%other'",
            // It has a repository_url of its own.
            "SELECT FROM settings WHERE key = 'repository_password'",
            "SELECT FROM runs WHERE device_id = '%other'",
            "SELECT FROM runs WHERE run_uuid = '%othersRun'",
            "SELECT FROM missed_runs WHERE device_id = '%other'",
            "SELECT FROM problems WHERE device_id = '%other'",
            "SELECT FROM requests WHERE device_id = '%other'",
            "SELECT FROM latest_runs WHERE device_id = '%other'",
            "SELECT FROM job_summary WHERE device_id = '%other'",
            "SELECT FROM settings_public",
            "SELECT FROM settings WHERE key = 'run_retention_days'",
            "SELECT FROM holdfast.device_logins",
            "SELECT FROM pg_authid",
            "SELECT FROM pg_shadow",
            "COPY settings TO PROGRAM 'cat'",
            "COPY settings TO '/tmp/stolen'",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT FROM pg_ls_dir('/')",
            "CREATE TEMP TABLE leak AS SELECT * FROM backup_jobs WHERE device_id = '%other'",
            // Writing what is another device's.
            "UPDATE devices SET hostname = 'x' WHERE id = '%other'",
            "INSERT INTO devices (id, name, platform) VALUES ('%other', 'x', 'linux')"
                + " ON CONFLICT (id) DO UPDATE SET hostname = 'x'",
            "INSERT INTO devices (id, name, platform) VALUES ('new', 'x', 'linux')",
            "UPDATE schedules SET last_run_at = now() WHERE id = 2",
            "UPDATE runs SET status = 'success', end_time = now() WHERE run_uuid = '%othersRun'",
            "INSERT INTO runs (run_uuid, job_id, device_id, status, start_time)"
                + " VALUES (gen_random_uuid(), '%othersJob', '%other', 'running', now())",
            "INSERT INTO runs (run_uuid, job_id, device_id, status, start_time)"
                + " VALUES (gen_random_uuid(), '%othersJob', '%me', 'running', now())",
            "INSERT INTO runs (run_uuid, job_id, device_id, status, start_time)"
                + " VALUES (gen_random_uuid(), '%myJob', '%other', 'running', now())",
            "INSERT INTO runs (run_uuid, job_id, device_id, status, start_time)"
                + " VALUES ('%othersRun', '%myJob', '%me', 'running', now())"
                + " ON CONFLICT (run_uuid) DO UPDATE SET status = 'failed'",
            "INSERT INTO missed_runs (id, device_id, job_name, due_at, last_due_at, reason, message)"
                + " VALUES (gen_random_uuid(), '%other', 'x', now(), now(), 'away', 'x')",
            "INSERT INTO missed_runs (id, device_id, job_id, job_name, due_at, last_due_at, reason,"
                + " message) VALUES (gen_random_uuid(), '%me', '%othersJob', 'x', now(), now(), 'away',"
                + " 'x')",
            "INSERT INTO problems (device_id, source, subject, code, message, remedy)"
                + " VALUES ('%other', 'config', 'device', 'y', 'm', 'r')",
            "INSERT INTO problems (device_id, source, subject, code, message, remedy, job_id)"
                + " VALUES ('%me', 'config', 'device', 'y', 'm', 'r', '%othersJob')",
            "INSERT INTO problems (device_id, source, subject, code, message, remedy, schedule_id)"
                + " VALUES ('%me', 'config', 'device', 'y', 'm', 'r', 2)",
            "UPDATE problems SET message = 'x' WHERE device_id = '%other'",
            "DELETE FROM problems WHERE device_id = '%other'",
            "DELETE FROM problems",
            "SELECT holdfast.problems_gone('%other', 'config', NULL, '{}')",
            "INSERT INTO problems (device_id, source, subject, code, message, remedy)"
                + " VALUES ('%me', 'limit', 'device', 'y', 'm', 'r')",
            "INSERT INTO problems (device_id, source, subject, code, message, remedy)"
                + " VALUES ('%me', 'repository', 'device', 'y', 'm', 'r')",
            "UPDATE problems SET device_id = '%other' WHERE device_id = '%me'",
            "UPDATE requests SET status = 'done', finished_at = now() WHERE id = '%othersRequest'",
            "UPDATE requests SET device_id = '%other' WHERE id = '%myRequest'",
            "SELECT FROM requests WHERE id = '%othersRequest' FOR UPDATE",
            // More say in its own affairs than it has.
            "UPDATE devices SET enabled = true WHERE id = '%me'",
            "UPDATE devices SET name = 'x' WHERE id = '%me'",
            "UPDATE devices SET id = 'x' WHERE id = '%me'",
            "DELETE FROM devices WHERE id = '%me'",
            "INSERT INTO backup_jobs (device_id, name, source_paths) VALUES ('%me', 'x', '{/}')",
            "UPDATE backup_jobs SET source_paths = '{/}' WHERE id = '%myJob'",
            "UPDATE backup_jobs SET restic_args = '[\"-o\"]' WHERE id = '%myJob'",
            "DELETE FROM backup_jobs WHERE id = '%myJob'",
            "INSERT INTO schedules (job_id, schedule_type, interval_seconds)"
                + " VALUES ('%myJob', 'interval', 1)",
            "UPDATE schedules SET interval_seconds = 1 WHERE id = 1",
            "UPDATE schedules SET job_id = '%othersJob' WHERE id = 1",
            "DELETE FROM schedules WHERE id = 1",
            "INSERT INTO settings (device_id, key, value) VALUES ('%me', 'max_concurrent_backups', '9')",
            "INSERT INTO settings (key, value) VALUES ('max_concurrent_backups', '9')",
            "UPDATE settings SET value = 'x' WHERE key = 'repository_password'",
            "DELETE FROM settings",
            "INSERT INTO setting_keys (key, kind, description) VALUES ('x', 'text', 'x')",
            "UPDATE setting_keys SET for_devices = true",
            "UPDATE runs SET status = 'success', outcome = 'success' WHERE run_uuid = '%myEndedRun'",
            "DELETE FROM runs WHERE run_uuid = '%myEndedRun'",
            "UPDATE runs SET start_time = now() - interval '1 year' WHERE run_uuid = '%myRun'",
            "UPDATE runs SET job_id = '%mySecondJob' WHERE run_uuid = '%myRun'",
            "UPDATE runs SET device_id = '%other' WHERE run_uuid = '%myRun'",
            "UPDATE runs SET received_at = now() - interval '1 year' WHERE run_uuid = '%myRun'",
            "INSERT INTO runs (id, job_id, device_id, status, start_time)"
                + " VALUES (999, '%mySecondJob', '%me', 'running', now())",
            "DELETE FROM missed_runs",
            "UPDATE missed_runs SET message = 'x'",
            "INSERT INTO requests (kind, device_id) VALUES ('sync', '%me')",
            "UPDATE requests SET expires_at = now() + interval '1 year' WHERE id = '%myRequest'",
            "UPDATE requests SET kind = 'backup' WHERE id = '%myRequest'",
            "DELETE FROM requests WHERE id = '%myRequest'",
            "UPDATE control_plane_version SET schema_version = 99",
            // Restores: asking for them, others', and what has come of its own.
            "INSERT INTO requests (kind, device_id, job_id, parameters)"
                + " VALUES ('restore', '%other', '%othersJob', '{\"to\": \"/srv/x\"}')",
            "INSERT INTO requests (kind, device_id, job_id, parameters)"
                + " VALUES ('restore', '%me', '%othersJob', '{\"to\": \"/srv/x\"}')",
            "UPDATE requests SET parameters = '{\"to\": \"/etc\"}' WHERE kind = 'restore'",
            "UPDATE requests SET kind = 'restore', parameters = '{\"to\": \"/etc\"}'",
            "UPDATE requests SET requested_by = 'x' WHERE kind = 'restore'",
            "SELECT FROM restores WHERE device_id = '%other'",
            "UPDATE restores SET message = 'x' WHERE device_id = '%other'",
            "INSERT INTO restores (id, device_id, target, start_time, status)"
                + " VALUES (gen_random_uuid(), '%other', '/x', now(), 'running')",
            "INSERT INTO restores (id, device_id, target, start_time, status, requested_by)"
                + " VALUES (gen_random_uuid(), '%me', '/x', now(), 'running', 'boss')",
            "INSERT INTO restores (id, device_id, target, start_time, status, job_id)"
                + " VALUES (gen_random_uuid(), '%me', '/x', now(), 'running', '%othersJob')",
            "INSERT INTO restores (id, device_id, target, start_time, status, request_id)"
                + " VALUES (gen_random_uuid(), '%me', '/x', now(), 'running', '%othersRequest')",
            "UPDATE restores SET status = 'success' WHERE status = 'failed'",
            "UPDATE restores SET target = '/y'",
            "UPDATE restores SET device_id = '%other'",
            "UPDATE restores SET requested_by = 'x'",
            "DELETE FROM restores",
            "SELECT holdfast.restore_check('{}', NULL)",
            "SELECT holdfast.clean_up_runs(1)",
            "SELECT holdfast.clean_up(1)",
            // Another's backups, and the repository that all share.
            "SELECT FROM snapshots WHERE device_id = '%other'",
            "DELETE FROM snapshots",
            "UPDATE snapshots SET kept_by = '{}'",
            "INSERT INTO snapshots (repository_id, id, time, host) VALUES ('repo', 'x', now(), 'x')",
            "SELECT FROM housekeeping_runs WHERE device_id = '%other'",
            "UPDATE housekeeping_runs SET status = 'success', end_time = now() WHERE device_id = '%other'",
            "INSERT INTO housekeeping_runs (run_uuid, kind, repository_id, device_id, triggered_by,"
                + " lease_token, start_time, status) VALUES (gen_random_uuid(), 'prune', 'repo', '%me',"
                + " 'manual', 1, now(), 'running')",
            "DELETE FROM housekeeping_runs",
            "UPDATE devices SET housekeeper = true WHERE id = '%me'",
            "SELECT FROM housekeeping",
            "INSERT INTO housekeeping (kind, schedule_type, interval_seconds) VALUES ('prune', 'interval', 1)",
            "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('x', 1, true)",
            "UPDATE retention_policies SET keep_last = 1",
            "DELETE FROM retention_policies",
            "UPDATE backup_jobs SET retention_policy = NULL WHERE id = '%myJob'",
            "SELECT holdfast.agent_sync('%other', 'x', 'linux', 'x', '{}', '')",
            "SELECT holdfast.backup_enters('%other', 'repo', gen_random_uuid(), 60)",
            "SELECT holdfast.backup_leaves('%other', '%othersRun')",
            "SELECT holdfast.lease_take('%me', 'repo', 'prune', gen_random_uuid(), 60)",
            "SELECT holdfast.lease_take('%other', 'repo', 'prune', gen_random_uuid(), 60)",
            "SELECT holdfast.lease_release('%other', 'repo', 1)",
            "SELECT holdfast.housekeeping_of('%me', 'repo')",
            "SELECT holdfast.retention_work('%me', 'repo')",
            "SELECT holdfast.left_behind('%me', 'repo')",
            "SELECT holdfast.policy_of('%me', '%othersJob')",
            "SELECT holdfast.policy_of('%other', '%othersJob')",
            "SELECT FROM verifications WHERE device_id = '%other'",
            "INSERT INTO verifications (id, job_name, device_id, triggered_by, start_time, end_time, outcome, code)"
                + " VALUES (gen_random_uuid(), 'x', '%other', 'manual', now(), now(), 'success', 'ok')",
            "INSERT INTO verifications (id, job_id, job_name, device_id, triggered_by, start_time, end_time, outcome, code)"
                + " VALUES (gen_random_uuid(), '%othersJob', 'x', '%me', 'manual', now(), now(), 'success', 'ok')",
            "UPDATE verifications SET outcome = 'success'",
            "DELETE FROM verifications",
            "SELECT holdfast.tell_of_proofs()",
            "SELECT holdfast.catalogue_put('%me', 'repo', now(), '[]')",
            "SELECT holdfast.catalogue_end('%me', 'repo', now())",
            "SELECT holdfast.forget_candidates('%me', 'repo', '%othersJob')",
            "SELECT holdfast.forget_begins('%me', 'repo', '%othersJob', '{}')",
            "SELECT holdfast.forget_judged('%me', 'repo', '%othersJob', '[]')",
            "SELECT holdfast.told_of('%other', ARRAY['%othersJob'::uuid])",
            "SELECT holdfast.told_of('%me', ARRAY['%othersJob'::uuid])",
            "SELECT FROM holdfast.told_snapshots",
            "INSERT INTO holdfast.told_snapshots (snapshot_id, device_id) VALUES ('x', '%me')",
            "SELECT holdfast.believe_snapshots('{x}')",
            "SELECT holdfast.acknowledge_vanished()",
            "SELECT holdfast.contents_of('%other', '%othersJob', now())",
            "SELECT holdfast.accept_contents('%myJob')",
            "SELECT FROM holdfast.contents_accepted",
            "INSERT INTO holdfast.contents_accepted (job_id) VALUES ('%myJob')",
            "SELECT holdfast.allow_forget('%myJob')",
            "SELECT FROM holdfast.forget_allowed",
            "SELECT FROM holdfast.repository_leases",
            // Where copies go, and by which password.
            "SELECT FROM copy_targets",
            "SELECT FROM copy_targets_public",
            "UPDATE copy_targets SET repository_url = '/mine'",
            "DELETE FROM copy_targets",
            "UPDATE backup_jobs SET copy_to = '{}' WHERE id = '%myJob'",
            "SELECT holdfast.copy_targets_of('%me')",
            "SELECT holdfast.copy_targets_of('%other')",
            "SELECT holdfast.copy_target_found('%me', 'offsite', 'x')",
            "SELECT holdfast.copy_jobs('%me', 'offsite')",
            "SELECT holdfast.copies_wanted('%me', 'repo', 'other', '{x}')",
            "SELECT holdfast.housekeeping_of('%me', 'repo', 'offsite')",
            "SELECT holdfast.retention_work('%me', 'repo', 'offsite')",
            "SELECT FROM holdfast.forgotten_copies",
            "SELECT FROM snapshot_copies",
            "SELECT FROM jobs_without_copy",
            "SELECT holdfast.key_used('%other', 'repo', 'abcdef01')",
            "SELECT holdfast.rotation_strangers('repo')",
            "SELECT holdfast.rotation_doubtful('repo')",
            "SELECT holdfast.keys_seen('%me', 'repo', NULL, '[]')",
            "SELECT holdfast.unknown_keys('repo')",
            "SELECT FROM repository_keys",
            "UPDATE repository_keys SET known = true",
            "INSERT INTO repository_keys (repository_id, id, user_name, host_name, created, first_key, known)"
                + " VALUES ('repo', 'abcdef01', 'x', 'x', 'x', true, true)",
            "DELETE FROM repository_keys",
            "SELECT holdfast.repository_of('%other')",
            "SELECT FROM password_rotations",
            "INSERT INTO password_rotations (id, repository_id, old_key) VALUES (gen_random_uuid(), 'r', 'k')",
            "SELECT FROM password_rotation_devices",
            "SELECT FROM holdfast.repository_keys_used",
            "INSERT INTO holdfast.repository_keys_used (device_id, repository_id, key_id) VALUES ('%other', 'r', 'k')",
            "DELETE FROM holdfast.repository_users",
            "SELECT holdfast.clean_up_housekeeping('1 day', 1)",
            "SELECT holdfast.require_own('%other')",
            // Another identity.
            "SET ROLE backup_admin",
            "SET ROLE postgres",
            "SET SESSION AUTHORIZATION postgres",
            "SET row_security = off; SELECT FROM runs",
            "GRANT backup_admin TO CURRENT_USER",
            "GRANT backup_shared_client TO CURRENT_USER",
            "SELECT holdfast.bind_login(session_user, '%other')",
            "SELECT holdfast.issue_login('%other', NULL, NULL, 'x', interval '1 hour')",
            "SELECT holdfast.retire_device('%other')",
            "INSERT INTO holdfast.device_logins (role_name, device_id) VALUES (session_user, '%other')",
            "UPDATE holdfast.device_logins SET device_id = '%other'",
            "ALTER ROLE CURRENT_USER CREATEROLE",
            "ALTER ROLE CURRENT_USER BYPASSRLS",
            "CREATE ROLE helper LOGIN",
            "SELECT holdfast.keep_login('a password')",
            // The schema, and the server.
            "ALTER TABLE runs DISABLE ROW LEVEL SECURITY",
            "DROP POLICY of_device ON runs",
            "CREATE POLICY mine ON runs USING (true)",
            "CREATE OR REPLACE FUNCTION holdfast.me() RETURNS varchar LANGUAGE sql AS 'SELECT ''%other'''",
            "CREATE FUNCTION public.me() RETURNS text LANGUAGE sql AS 'SELECT 1'",
            "CREATE TABLE public.mine (x int)",
            "CREATE TABLE holdfast.mine (x int)",
            "CREATE TRIGGER mine BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION holdfast.touch()",
            // What a trigger does with its owner's rights, upon a table of one's own.
            "CREATE TEMP TABLE t (name text); CREATE TRIGGER mine AFTER DELETE ON t FOR EACH ROW"
                + " EXECUTE FUNCTION holdfast.copy_target_renamed()",
            "CREATE TEMP TABLE t (kind text); CREATE TRIGGER mine AFTER INSERT ON t FOR EACH ROW"
                + " EXECUTE FUNCTION holdfast.housekeeping_problem()",
            "SELECT holdfast.sweep_repositories()",
            "ALTER TABLE runs DISABLE TRIGGER ALL",
            "SET session_replication_role = replica",
            "TRUNCATE runs",
            "LOCK TABLE runs IN ACCESS EXCLUSIVE MODE",
            "LOCK TABLE problems IN ACCESS EXCLUSIVE MODE",
            "LOCK TABLE problems IN SHARE MODE",
            "LOCK TABLE verifications IN ROW EXCLUSIVE MODE",
            "LOCK TABLE requests IN ACCESS EXCLUSIVE MODE",
            "DROP VIEW latest_runs",
            "SELECT setval('runs_id_seq', 1)",
            "SELECT setval('settings_id_seq', 1)",
            "ALTER SYSTEM SET fsync = off",
            "SELECT pg_reload_conf()",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
            "CREATE EXTENSION dblink")
        .map(DeviceRightsIT::filledIn);
  }

  private static String filledIn(String attack) {
    return attack
        .replace("%othersJob", OTHERS_JOB.toString())
        .replace("%othersRun", OTHERS_RUN.toString())
        .replace("%othersRequest", OTHERS_REQUEST.toString())
        .replace("%other", OTHER)
        .replace("%mySecondJob", MY_SECOND_JOB.toString())
        .replace("%myJob", MY_JOB.toString())
        .replace("%myEndedRun", MY_ENDED_RUN.toString())
        .replace("%myRun", MY_RUN.toString())
        .replace("%myRequest", MY_REQUEST.toString())
        .replace("%me", ME);
  }

  @Test
  void no_attack_succeeds() throws SQLException {
    List<String> succeeded = new ArrayList<>();
    List<String> attacks = attacks().toList();
    assertThat(attacks).hasSizeGreaterThan(100).doesNotHaveDuplicates();
    for (String attack : attacks) {
      Connection connection = connect(fleet.me);
      connection.setAutoCommit(false);
      String outcome = outcome(connection, attack);
      if (!outcome.startsWith("refused: ") && !outcome.startsWith("0 rows")) {
        succeeded.add(attack + ": " + outcome);
      } else if (outcome.equals("refused: 42601")) {
        succeeded.add(attack + ": a syntax error proves nothing");
      }
      connection.rollback();
      connection.close();
    }
    assertThat(succeeded).isEmpty();
  }

  @Test
  void nobody_may_put_a_trigger_of_ours_upon_a_table_of_his_own() {
    assertThat(
            fleet.psql.rows(
                "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
                    + " WHERE n.nspname = 'holdfast' AND p.prorettype = 'trigger'::regtype"
                    + " AND has_function_privilege('backup_client', p.oid, 'EXECUTE')"))
        .isEmpty();
  }

  static Stream<String> rightfulWork() {
    return Stream.of(
            "SELECT FROM devices",
            "SELECT FROM backup_jobs WHERE device_id = '%me' AND name = 'home'",
            "SELECT FROM schedules",
            "SELECT FROM settings WHERE device_id = '%me'",
            "SELECT FROM latest_runs",
            "SELECT FROM job_summary WHERE job_name = 'home'",
            "SELECT FROM control_plane_version",
            "SELECT FROM snapshots",
            "SELECT holdfast.backup_enters('%me', 'repo', gen_random_uuid(), 60)",
            "SELECT holdfast.key_used('%me', 'repo', 'abcdef01')",
            "INSERT INTO devices (id, name, platform) VALUES ('%me', 'x', 'linux')"
                + " ON CONFLICT (id) DO UPDATE SET last_seen = now()",
            "UPDATE schedules SET last_run_at = now(), next_run_at = now() WHERE id = 1",
            "INSERT INTO runs (run_uuid, job_id, device_id, status, start_time)"
                + " VALUES (gen_random_uuid(), '%mySecondJob', '%me', 'running', now())",
            "UPDATE runs SET status = 'success', end_time = now() WHERE run_uuid = '%myRun'",
            "INSERT INTO missed_runs (id, device_id, job_id, job_name, due_at, last_due_at, reason,"
                + " message) VALUES (gen_random_uuid(), '%me', '%myJob', 'x', now(), now(), 'away', 'x')",
            "INSERT INTO problems (device_id, source, subject, code, message, remedy, job_id)"
                + " VALUES ('%me', 'run', 'job home', 'y', 'm', 'r', '%myJob')",
            "SELECT holdfast.problems_gone('%me', 'config', NULL, '{}')",
            "UPDATE requests SET status = 'claimed', claimed_at = now() WHERE id = '%myRequest'",
            "INSERT INTO restores (id, device_id, target, start_time, status)"
                + " VALUES (gen_random_uuid(), '%me', '/x', now(), 'running')",
            "UPDATE restores SET status = 'success', end_time = now() WHERE status = 'running'",
            "SELECT holdfast.sweep()")
        .map(DeviceRightsIT::filledIn);
  }

  @ParameterizedTest
  @MethodSource("rightfulWork")
  void what_is_its_own_work_goes_well(String statement) throws SQLException {
    assertThat(outcome(connect(fleet.me), statement)).startsWith("1 rows");
  }

  @Test
  void a_viewer_sees_all_but_secrets_and_changes_nothing() throws SQLException {
    Connection viewer = connect(fleet.psql.member("backup_viewer", "viewer-password"));
    assertThat(outcome(viewer, "SELECT FROM runs")).isEqualTo("3 rows seen");
    assertThat(outcome(viewer, "SELECT FROM job_summary")).isEqualTo("3 rows seen");
    assertThat(outcome(viewer, "SELECT FROM settings")).startsWith("refused");
    assertThat(outcome(viewer, "SELECT FROM settings_public WHERE value LIKE '%everybody%'"))
        .isEqualTo("0 rows seen");
    assertThat(outcome(viewer, "UPDATE backup_jobs SET enabled = false")).startsWith("refused");
  }

  @Test
  void an_admin_sees_and_changes_all() throws SQLException {
    Connection admin = connect(fleet.psql.member("backup_admin", "admin-password"));
    assertThat(outcome(admin, "SELECT FROM runs")).isEqualTo("3 rows seen");
    assertThat(outcome(admin, "UPDATE backup_jobs SET enabled = false"))
        .isEqualTo("3 rows changed");
    assertThat(outcome(admin, "UPDATE settings SET value = '/new' WHERE key = 'repository_url'"))
        .isEqualTo("3 rows changed");
  }

  @Test
  void a_login_that_is_nobodys_sees_nothing() throws SQLException {
    Connection nobody = connect(fleet.psql.member("backup_client", "nobodys-password"));
    for (String table :
        List.of("devices", "backup_jobs", "schedules", "settings", "runs", "problems")) {
      assertThat(outcome(nobody, "SELECT FROM " + table)).as(table).isEqualTo("0 rows seen");
    }
  }

  @Test
  void the_shared_login_of_a_fleet_that_wants_one_works_for_all_its_devices() throws SQLException {
    DatabaseAddress shared = fleet.psql.member("backup_client, backup_shared_client", "shared");
    Connection fleetsOwn = connect(shared);
    assertThat(outcome(fleetsOwn, "SELECT FROM runs")).isEqualTo("3 rows seen");
    assertThat(
            outcome(
                fleetsOwn,
                "INSERT INTO devices (id, name, platform) VALUES ('charlie', 'C', 'linux')"))
        .isEqualTo("1 rows changed");
    assertThat(outcome(fleetsOwn, "UPDATE backup_jobs SET enabled = false")).startsWith("refused");
  }

  @Test
  void a_retired_device_sees_nothing_any_more_and_its_history_stays() throws SQLException {
    Connection mine = connect(fleet.me);
    assertThat(outcome(mine, "SELECT FROM runs")).isEqualTo("2 rows seen");
    Connection admin = connect(fleet.psql.member("backup_admin", "admin-password"));
    assertThat(outcome(admin, "SELECT holdfast.retire_device('" + ME + "')"))
        .isEqualTo("1 rows seen");
    assertThat(outcome(mine, "SELECT FROM runs"))
        .as("on an open connection, which is ended")
        .startsWith("refused");
    // Not one that the control plane has made, so that it is not closed.
    Connection again = connect(fleet.me);
    assertThat(outcome(again, "SELECT FROM runs")).isEqualTo("0 rows seen");
    assertThat(outcome(again, "SELECT FROM settings")).isEqualTo("0 rows seen");
    assertThat(fleet.psql.rows("SELECT FROM runs WHERE device_id = ?", ME)).hasSize(2);
    assertThat(fleet.psql.row("SELECT enabled FROM devices WHERE id = ?", ME))
        .isEqualTo(Map.of("enabled", false));
  }
}
