package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.migrations.Wall.Part;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.util.PasswordUtil;

/** On which channel a device hears, when its sessions end, and what is shown of its words. */
class SessionsIT {

  private static final String PASSWORD = "first-password";

  private Wall wall;
  private MigratedDatabase database;
  private final List<String> made = new ArrayList<>();

  @BeforeEach
  void create() throws SQLException, IOException {
    wall = Wall.create();
    database = wall.database();
  }

  @AfterEach
  void close() throws SQLException {
    for (String login : made) {
      database.execute("DROP ROLE IF EXISTS " + login);
    }
    wall.close();
  }

  /** A device with a login that the control plane has made, as an admin has it made. */
  private String enrol(String device) throws SQLException {
    try (Connection admin = wall.connect(Part.ADMIN)) {
      String login =
          String.valueOf(
              MigratedDatabase.rows(
                      admin,
                      "SELECT holdfast.issue_login(?, NULL, NULL, ?, interval '1 hour')::text AS login",
                      device,
                      PasswordUtil.encodeScramSha256(PASSWORD.toCharArray()))
                  .getFirst()
                  .get("login"));
      made.add(login);
      return login;
    }
  }

  private Connection connect(String login) throws SQLException {
    return DriverManager.getConnection(database.url().replaceFirst("\\?.*", ""), login, PASSWORD);
  }

  private static boolean lives(Connection connection) {
    try (Statement statement = connection.createStatement()) {
      // A termination that was signalled is obeyed before the next statement.
      return statement.execute("SELECT 1");
    } catch (SQLException e) {
      assertThat(e.getSQLState()).isIn("57P01", "08006", "08003");
      return false;
    }
  }

  private static String channel(Connection device, String id) throws SQLException {
    return String.valueOf(
        MigratedDatabase.rows(device, "SELECT holdfast.channel_of(?) AS channel", id)
            .getFirst()
            .get("channel"));
  }

  private static List<String> heard(Connection connection) throws SQLException {
    MigratedDatabase.rows(connection, "SELECT 1");
    PGNotification[] heard = connection.unwrap(PGConnection.class).getNotifications();
    return heard == null
        ? List.of()
        : Stream.of(heard).map(one -> one.getName() + ":" + one.getParameter()).toList();
  }

  @Test
  void a_device_hears_on_a_channel_that_nobody_else_is_told() throws SQLException {
    try (Connection alpha = wall.connect(Part.DEVICE);
        Connection bravo = wall.connect(Part.OTHER_DEVICE);
        Connection admin = wall.connect(Part.ADMIN)) {
      String ofAlpha = channel(alpha, "alpha");
      String ofBravo = channel(bravo, "bravo");
      assertThat(ofAlpha).matches("holdfast_[0-9a-f]{32}").isEqualTo(channel(alpha, "alpha"));
      assertThat(ofBravo).isNotEqualTo(ofAlpha);
      assertThat(Wall.outcome(bravo, "SELECT holdfast.channel_of('alpha')")).startsWith("refused");
      assertThat(Wall.outcome(bravo, "SELECT * FROM holdfast.channels")).startsWith("refused");
      assertThat(Wall.outcome(bravo, "SELECT holdfast.wake('alpha')")).startsWith("refused");
      assertThat(Wall.outcome(bravo, "SELECT holdfast.notify_device('alpha')"))
          .startsWith("refused");
      try (Connection viewer = wall.connect(Part.VIEWER)) {
        assertThat(Wall.outcome(viewer, "SELECT * FROM holdfast.channels")).startsWith("refused");
      }
      MigratedDatabase.execute(alpha, "LISTEN " + ofAlpha);
      MigratedDatabase.execute(bravo, "LISTEN " + ofBravo);
      MigratedDatabase.execute(bravo, "LISTEN holdfast_config");

      MigratedDatabase.execute(
          admin, "UPDATE backup_jobs SET enabled = false WHERE device_id = 'alpha'");
      assertThat(heard(alpha)).isNotEmpty().containsOnly(ofAlpha + ":");
      assertThat(heard(bravo)).isEmpty();
      MigratedDatabase.execute(
          admin, "UPDATE settings SET value = '77' WHERE key = 'sync_interval_seconds'");
      assertThat(heard(alpha)).containsOnly(ofAlpha + ":*");
      assertThat(heard(bravo)).containsOnly(ofBravo + ":*");
    }
  }

  @Test
  void a_new_token_ends_the_sessions_of_whoever_had_the_device() throws SQLException {
    String login = enrol("charlie");
    try (Connection thief = connect(login);
        Connection other = wall.connect(Part.DEVICE)) {
      String channel = channel(thief, "charlie");
      assertThat(lives(thief)).isTrue();
      enrol("charlie");
      assertThat(lives(thief)).isFalse();
      assertThat(lives(other)).as("another device's").isTrue();
      try (Connection own = connect(login)) {
        assertThat(channel(own, "charlie")).isNotEqualTo(channel);
      }
    }
    ownerIsNoMember(login);
  }

  @Test
  void a_device_that_is_retired_loses_its_sessions() throws SQLException {
    String login = enrol("charlie");
    try (Connection device = connect(login);
        Connection admin = wall.connect(Part.ADMIN)) {
      assertThat(lives(device)).isTrue();
      assertThat(Wall.outcome(admin, "SELECT holdfast.retire_device('charlie')"))
          .doesNotContain("refused", "go on");
      assertThat(lives(device)).isFalse();
    }
    ownerIsNoMember(login);
  }

  private static final String SYNC =
      "SELECT holdfast.agent_sync('charlie', 'c', 'linux', 'h', %s, '') ->> 'revision' AS r";

  private static final String OF_DAEMON =
      "jsonb_build_object('process', gen_random_uuid(), 'instance', gen_random_uuid())";

  private boolean canLogIn(String login) throws SQLException {
    return Boolean.TRUE.equals(
        database.value("SELECT rolcanlogin FROM pg_roles WHERE rolname = ?", login));
  }

  /** Finding M4: what is told before its login is closed stops by itself. */
  @Test
  void a_device_whose_daemon_runs_hears_that_it_was_retired_and_sees_nothing_else()
      throws SQLException {
    String login = enrol("charlie");
    try (Connection device = connect(login);
        Connection admin = wall.connect(Part.ADMIN)) {
      assertThat(MigratedDatabase.rows(device, SYNC.formatted(OF_DAEMON)).getFirst().get("r"))
          .isNotNull();
      assertThat(Wall.outcome(admin, "SELECT holdfast.retire_device('charlie')"))
          .doesNotContain("refused");
      assertThat(lives(device)).isTrue();
      assertThat(Wall.outcome(device, "SELECT * FROM settings")).isEmpty();
      assertThat(Wall.outcome(device, "UPDATE devices SET hostname = 'x'"))
          .isEqualTo("0 rows changed\n");
      assertThat(MigratedDatabase.rows(device, SYNC.formatted("'{}'::jsonb")).getFirst().get("r"))
          .as("a command is told")
          .isNull();
      assertThat(canLogIn(login)).as("its daemon may not have heard yet").isTrue();
      assertThat(MigratedDatabase.rows(device, SYNC.formatted(OF_DAEMON)).getFirst().get("r"))
          .isNull();
      assertThat(canLogIn(login)).isFalse();
    }
    ownerIsNoMember(login);
    assertThat(database.value("SELECT enabled FROM devices WHERE id = 'charlie'")).isEqualTo(false);
    assertThat(enrol("charlie")).isEqualTo(login);
    try (Connection back = connect(login)) {
      assertThat(MigratedDatabase.rows(back, SYNC.formatted(OF_DAEMON)).getFirst().get("r"))
          .isNotNull();
    }
  }

  @Test
  void the_login_of_a_device_that_does_not_come_to_hear_it_is_closed_within_minutes()
      throws SQLException {
    String login = enrol("charlie");
    database.execute("UPDATE devices SET last_seen = now() WHERE id = 'charlie'");
    database.execute("SELECT holdfast.retire_device('charlie')");
    sweep();
    assertThat(canLogIn(login)).isTrue();
    database.execute(
        "UPDATE holdfast.device_logins SET retired_at = now() - interval '11 minutes' WHERE"
            + " device_id = 'charlie'");
    sweep();
    assertThat(canLogIn(login)).isFalse();
  }

  /** For longer than it takes to end a session, that would be a way to become the device. */
  private void ownerIsNoMember(String login) throws SQLException {
    assertThat(
            database.value("SELECT pg_has_role('holdfast_owner', CAST(? AS name), 'USAGE')", login))
        .isEqualTo(false);
    assertThat(database.value("SELECT holdfast.login_problem(CAST(? AS name)) IS NULL", login))
        .isEqualTo(true);
  }

  private void sweep() throws SQLException {
    database.execute("UPDATE holdfast.last_sweep SET stale_at = '-infinity', at = now()");
    try (Connection other = wall.connect(Part.OTHER_DEVICE)) {
      MigratedDatabase.execute(other, "SELECT holdfast.sweep()");
    }
  }

  private void minutesPass() throws SQLException {
    database.execute(
        "UPDATE holdfast.open_transactions SET seen_at = seen_at - interval '2 minutes'");
  }

  @Test
  void a_transaction_that_a_device_leaves_open_is_ended_and_told_of() throws SQLException {
    String login = enrol("charlie");
    try (Connection holder = connect(login);
        Connection quick = connect(login);
        Connection admin = wall.connect(Part.ADMIN)) {
      holder.setAutoCommit(false);
      MigratedDatabase.execute(holder, "SET idle_in_transaction_session_timeout = 0");
      MigratedDatabase.rows(holder, "SELECT count(*) FROM backup_jobs");
      admin.setAutoCommit(false);
      MigratedDatabase.rows(admin, "SELECT count(*) FROM backup_jobs");
      sweep();
      assertThat(lives(holder)).as("it has only just begun").isTrue();
      minutesPass();
      MigratedDatabase.execute(quick, "BEGIN");
      sweep();
      assertThat(lives(holder)).isFalse();
      assertThat(lives(quick)).as("its other session has not been seen before").isTrue();
      assertThat(lives(admin)).as("an admin's").isTrue();
      assertThat(
              database.value(
                  "SELECT message FROM problems WHERE device_id = 'charlie' AND code ="
                      + " 'transaction-ended'"))
          .asString()
          .contains("a session of " + login + " has had a transaction open since");
      admin.rollback();
    }
    ownerIsNoMember(login);
  }

  /** Finding M6: the very row by which the sweep is kept to one at a time. */
  @Test
  void whoever_holds_the_sweep_itself_is_ended_too() throws SQLException {
    String login = enrol("charlie");
    try (Connection holder = connect(login)) {
      database.execute("UPDATE holdfast.last_sweep SET stale_at = '-infinity', at = now()");
      holder.setAutoCommit(false);
      MigratedDatabase.execute(holder, "SELECT holdfast.sweep()");
      try (Connection other = wall.connect(Part.OTHER_DEVICE)) {
        MigratedDatabase.execute(other, "SELECT holdfast.sweep()");
        minutesPass();
        MigratedDatabase.execute(other, "SELECT holdfast.sweep()");
      }
      assertThat(lives(holder)).isFalse();
    }
  }

  @Test
  void a_login_that_is_retired_has_no_sessions_for_long() throws SQLException {
    String login = enrol("charlie");
    try (Connection late = connect(login)) {
      database.execute(
          "UPDATE holdfast.device_logins SET retired_at = now() WHERE device_id = 'charlie'");
      sweep();
      assertThat(lives(late)).isFalse();
    }
  }

  /** Findings M7 and L13: for each column of words, what psql would hand to a terminal. */
  @Test
  void what_a_device_writes_is_shown_and_not_obeyed() throws SQLException {
    String hostile = "chr(27) || '[31m' || chr(10) || chr(155) || chr(8238) || 'x'";
    String shown = "\\u001b[31m\\u000a\\u009b\\u202ex";
    Map<String, String> statements =
        Map.of(
            "SELECT message || remedy || subject AS t FROM problems WHERE source = 'run' AND"
                + " message LIKE '%x'",
            "INSERT INTO problems (device_id, source, subject, code, message, remedy) VALUES"
                + " ('alpha', 'run', "
                + hostile
                + ", 'y', "
                + hostile
                + ", "
                + hostile
                + ")",
            "SELECT error_message AS t FROM runs WHERE run_uuid ="
                + " '00000000-0000-0001-0000-000000000012'",
            "UPDATE runs SET error_message = "
                + hostile
                + " WHERE run_uuid = '00000000-0000-0001-0000-000000000012'",
            "SELECT failures[2] || message AS t FROM restores WHERE id ="
                + " '00000000-0000-0001-0000-0000000000aa'",
            "INSERT INTO restores (id, device_id, target, start_time, end_time, status, message,"
                + " failures) VALUES ('00000000-0000-0001-0000-0000000000aa', 'alpha', '/x', now(),"
                + " now(), 'failed', "
                + hostile
                + ", ARRAY['good', "
                + hostile
                + "])",
            "SELECT hostname AS t FROM devices WHERE id = 'alpha'",
            "UPDATE devices SET hostname = " + hostile + " WHERE id = 'alpha'");
    try (Connection device = wall.connect(Part.DEVICE)) {
      for (var statement : statements.entrySet()) {
        assertThat(Wall.outcome(device, statement.getValue())).isEqualTo("1 rows changed\n");
        assertThat(database.value(statement.getKey()))
            .asString()
            .as(statement.getValue())
            .startsWith(shown)
            .doesNotContainPattern("[\\x00-\\x1f\\x7f-\\x9f\\u202e]");
      }
      assertThat(
              Wall.outcome(
                  device,
                  "UPDATE runs SET restic_errors = 'one' || chr(10) || 'two' || chr(27) WHERE"
                      + " run_uuid = '00000000-0000-0001-0000-000000000012'"))
          .isEqualTo("1 rows changed\n");
      assertThat(
              database.value(
                  "SELECT restic_errors FROM runs WHERE run_uuid ="
                      + " '00000000-0000-0001-0000-000000000012'"))
          .isEqualTo("one\ntwo\\u001b");
    }
  }

  /** A column of words that is added is thought of here, or in V040's successor. */
  @Test
  void every_text_that_a_device_may_write_is_guarded_or_is_no_sentence() throws SQLException {
    List<Object> unguarded =
        database
            .rows(
                """
                SELECT c.relname || '.' || a.attname AS name
                FROM pg_attribute a
                       JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
                                          AND c.relnamespace IN ('public'::regnamespace, 'holdfast'::regnamespace)
                WHERE a.attnum > 0 AND NOT a.attisdropped
                  AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'text[]'::regtype, 'varchar[]'::regtype)
                  AND (has_column_privilege('backup_client', c.oid, a.attnum, 'INSERT')
                       OR has_column_privilege('backup_client', c.oid, a.attnum, 'UPDATE'))
                  AND NOT EXISTS (SELECT FROM pg_trigger t
                                  WHERE t.tgrelid = c.oid AND t.tgname LIKE '%visible%'
                                    AND encode(t.tgargs, 'escape') LIKE '%\\\\000' || a.attname || '\\\\000%')
                ORDER BY 1
                """)
            .stream()
            .map(row -> row.get("name"))
            .toList();
    assertThat(unguarded)
        .as("keys, and words of which the control plane has a list")
        .containsExactly(
            "devices.id",
            "devices.platform",
            "housekeeping_runs.device_id",
            "housekeeping_runs.status",
            "missed_runs.device_id",
            "problems.device_id",
            "problems.severity",
            "problems.source",
            "requests.status",
            "restores.device_id",
            "restores.status",
            "runs.device_id",
            "runs.status",
            "verifications.device_id");
  }
}
