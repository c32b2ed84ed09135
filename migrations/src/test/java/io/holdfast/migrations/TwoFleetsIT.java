package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.embedded.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Staging and production on one server, whose roles belong to both. */
class TwoFleetsIT {

  private static final String VERIFIER =
      "'SCRAM-SHA-256$4096:' || repeat('A', 24) || '$' || repeat('B', 43) || '=:' || repeat('C', 43) || '='";

  /** A login for tests alone. */
  private static String login(MigratedDatabase database, String name) throws SQLException {
    String login = name + "_" + database.name().substring(9, 29);
    Wall.makeLogin(database, login);
    return login;
  }

  private static String issueLogin(MigratedDatabase database, String device) throws SQLException {
    return String.valueOf(
        database.value(
            "SELECT holdfast.issue_login('"
                + device
                + "', NULL, NULL, "
                + VERIFIER
                + ", interval '1 hour')"));
  }

  private static List<Map<String, Object>> shared(MigratedDatabase database, String login)
      throws SQLException {
    return database.rows(
        "SELECT pg_has_role(rolname, 'backup_shared_client', 'MEMBER') AS shared FROM pg_roles WHERE rolname = ?",
        login);
  }

  private static final Map<String, Object> SHARED = Map.of("shared", true);
  private static final Map<String, Object> NOT_SHARED = Map.of("shared", false);

  private record Production(
      MigratedDatabase database, String issued, String bound, String fleet, String stranger) {

    static Production create() throws SQLException {
      MigratedDatabase database = MigratedDatabase.create();
      database.device("alpha");
      database.device("bravo");
      String issued = issueLogin(database, "alpha");
      database.execute(
          "ALTER ROLE " + issued + " PASSWORD '" + Wall.PASSWORD + "' VALID UNTIL 'infinity'");
      String bound = login(database, "cert");
      database.execute("SELECT holdfast.bind_login('" + bound + "', 'bravo')");
      String fleet = login(database, "fleet");
      database.execute("GRANT backup_client, backup_shared_client TO " + fleet);
      String stranger = login(database, "stranger");
      database.execute("GRANT backup_client TO " + stranger);
      return new Production(database, issued, bound, fleet, stranger);
    }

    List<String> seenBy(String login) throws SQLException {
      try (Connection device = Wall.connect(database, login)) {
        return Wall.outcome(device, "SELECT id FROM devices ORDER BY id").lines().toList();
      }
    }
  }

  @Test
  void a_second_control_plane_gives_the_devices_of_the_first_nothing() throws SQLException {
    Production production = Production.create();
    try (MigratedDatabase staging = MigratedDatabase.empty()) {
      staging.migrate();
      assertThat(production.seenBy(production.issued())).containsExactly("alpha row seen");
      assertThat(production.seenBy(production.bound())).containsExactly("bravo row seen");
      assertThat(shared(staging, production.stranger())).containsExactly(NOT_SHARED);
      assertThat(shared(staging, production.fleet()))
          .as("what an admin has granted stays")
          .containsExactly(SHARED);
      assertThat(
              staging.rows(
                  "SELECT row_id FROM audit_log WHERE table_name = 'pg_auth_members' AND row_id IN (?, ?, ?)"
                      + " ORDER BY row_id",
                  production.issued(),
                  production.bound(),
                  production.stranger()))
          .as("it is told")
          .hasSize(3);
      staging.device("alpha");
      staging.execute(
          "INSERT INTO settings (device_id, key, value) VALUES ('alpha', 'log_level', 'debug')");
      try (Connection there = Wall.connect(staging, production.issued())) {
        for (String nothing :
            List.of("devices", "backup_jobs", "settings", "runs", "problems", "requests")) {
          assertThat(Wall.outcome(there, "SELECT * FROM " + nothing)).as(nothing).isEmpty();
        }
        assertThat(
                Wall.outcome(
                    there, "SELECT holdfast.agent_sync('alpha', 'a', 'linux', 'h', '{}', '')"))
            .startsWith("refused: 42501");
      }
    } finally {
      production.database().close();
    }
  }

  @Test
  void nothing_that_an_admin_of_staging_does_touches_a_login_of_production() throws SQLException {
    Production production = Production.create();
    try (MigratedDatabase staging = MigratedDatabase.create()) {
      String password =
          "SELECT rolpassword, rolcanlogin, rolvaliduntil FROM pg_authid WHERE rolname = ?";
      List<Map<String, Object>> issued = staging.rows(password, production.issued());
      List<Map<String, Object>> bound = staging.rows(password, production.bound());
      staging.device("alpha");
      assertThatThrownBy(() ->
              staging.execute("SELECT holdfast.bind_login('" + production.issued() + "', 'alpha')"))
          .hasMessageContaining("was made for another device");
      // An admin may have a login work for two fleets; it stays what it is.
      staging.execute("SELECT holdfast.bind_login('" + production.bound() + "', 'alpha')");
      String own = issueLogin(staging, "alpha");
      assertThat(own).isNotIn(production.issued(), production.bound());
      staging.execute("SELECT holdfast.bind_login('" + production.bound() + "', 'alpha')");
      staging.execute("SELECT holdfast.retire_device('alpha')");
      staging.execute("SELECT holdfast.recreate_logins()");
      assertThat(staging.rows(password, production.issued())).isEqualTo(issued);
      assertThat(staging.rows(password, production.bound())).isEqualTo(bound);
      assertThat(production.seenBy(production.bound())).containsExactly("bravo row seen");
    } finally {
      production.database().close();
    }
  }

  /** Finding H5: each of these became a device's login, and had its password set. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATEROLE",
        "CREATEDB",
        "REPLICATION",
        "BYPASSRLS",
        "SUPERUSER",
        "IN ROLE backup_viewer",
        "IN ROLE backup_admin",
        "IN ROLE pg_read_all_data"
      })
  void a_role_that_is_more_than_a_device_is_no_devices_login(String attribute) throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      database.device("alpha");
      String login = "more_" + database.name().substring(9, 29);
      database.execute("CREATE ROLE " + login + " LOGIN PASSWORD 'x' " + attribute);
      assertNothingChanges(database, login);
      database.execute("DROP ROLE " + login);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE TABLE theirs (x int); ALTER TABLE theirs OWNER TO %s",
        "CREATE TABLE theirs (x int); GRANT SELECT ON theirs TO %s",
        "GRANT %s TO backup_viewer",
        "CREATE SCHEMA theirs AUTHORIZATION %s"
      })
  void a_role_of_another_application_is_no_devices_login(String theirs) throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.create();
        MigratedDatabase application = MigratedDatabase.empty()) {
      database.device("alpha");
      String login = login(database, "billing");
      // In another database of the server.
      application.execute(String.format(theirs, login));
      assertNothingChanges(database, login);
      application.execute("DROP OWNED BY " + login);
      application.execute("DROP ROLE " + login);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"holdfast_owner", "backup_client", "backup_admin", "postgres", "pg_monitor"})
  void a_role_that_others_live_by_is_no_devices_login(String role) throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      database.device("alpha");
      assertNothingChanges(database, role);
    }
  }

  private static void assertNothingChanges(MigratedDatabase database, String login)
      throws SQLException {
    String row = "SELECT * FROM pg_authid WHERE rolname = ?";
    List<Map<String, Object>> before = database.rows(row, login);
    assertThat(before).hasSize(1);
    assertThatThrownBy(
            () -> database.execute("SELECT holdfast.bind_login(CAST(? AS name), 'alpha')", login))
        .hasMessageContaining("cannot be the login of a device");
    // As if somebody had bound it before there was this check.
    database.execute(
        "INSERT INTO holdfast.device_logins (role_name, device_id) VALUES (?, 'alpha')", login);
    assertThat(issueLogin(database, "alpha")).isNotEqualTo(login);
    database.execute("UPDATE holdfast.device_logins SET role_name = ?", login);
    database.execute("SELECT holdfast.retire_device('alpha')");
    database.execute("SELECT holdfast.recreate_logins()");
    assertThat(database.rows(row, login)).isEqualTo(before);
  }

  @Test
  void a_retired_device_whose_login_is_ours_cannot_log_in_and_a_token_brings_it_back()
      throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      String login = issueLogin(database, "alpha");
      database.execute("SELECT holdfast.retire_device('alpha')");
      String can = "SELECT rolcanlogin FROM pg_roles WHERE rolname = ?";
      assertThat(database.value(can, login)).isEqualTo(false);
      assertThat(issueLogin(database, "alpha")).isEqualTo(login);
      assertThat(database.value(can, login)).isEqualTo(true);
    }
  }

  /** Finding C2, as it was left behind in a control plane that has been at work since. */
  @Test
  void wrong_grants_of_a_control_plane_at_work_are_taken_back_and_told() throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.empty()) {
      String stranger = login(database, "stranger");
      database.execute(
          "DO $$ BEGIN CREATE ROLE backup_client; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
      database.execute("GRANT backup_client TO " + stranger);
      database.migrateTo("34");
      assertThat(shared(database, stranger)).as("what V015 does").containsExactly(SHARED);

      String job = database.job("alpha", "home");
      database.job("bravo", "other");
      database.execute(
          "INSERT INTO runs (job_id, device_id, start_time, end_time, status) VALUES (?::uuid, 'alpha', now(), now(),"
              + " 'success')",
          job);
      String issued = issueLogin(database, "alpha");
      String bound = login(database, "cert");
      database.execute("SELECT holdfast.bind_login('" + bound + "', 'bravo')");
      asOwner(database, "GRANT backup_shared_client TO " + issued + ", " + bound);
      String app = login(database, "app");
      database.device("charlie");
      database.execute("SELECT holdfast.bind_login('" + app + "', 'charlie')");
      database.execute("ALTER ROLE " + app + " CREATEDB");
      String fleet = login(database, "fleet");
      database.execute("GRANT backup_client, backup_shared_client TO " + fleet);
      List<Map<String, Object>> runs = database.rows("SELECT * FROM runs");

      assertThat(database.migrate()).isPositive();

      for (String login : List.of(stranger, issued, bound)) {
        assertThat(shared(database, login)).as(login).containsExactly(NOT_SHARED);
        assertThat(told(database, login)).as(login).hasSize(1);
      }
      assertThat(shared(database, fleet)).containsExactly(SHARED);
      assertThat(told(database, fleet)).isEmpty();
      assertThat(
              database
                  .rows("SELECT finding FROM security_findings WHERE code = 'shared-login'")
                  .toString())
          .contains(fleet);
      assertThat(told(database, app).toString()).contains("cannot be the login of a device");
      try (Connection retired = Wall.connect(database, app)) {
        assertThat(Wall.outcome(retired, "SELECT * FROM devices")).isEmpty();
      }
      assertThat(database.rows("SELECT * FROM runs").toString())
          .contains(String.valueOf(runs.getFirst().get("run_uuid")));
      assertThat(database.migrate()).isZero();
      assertThat(told(database, stranger)).as("told once").hasSize(1);
    }
  }

  private static List<Map<String, Object>> told(MigratedDatabase database, String login)
      throws SQLException {
    return database.rows(
        "SELECT after ->> 'why' AS why, after ->> 'remedy' AS remedy FROM audit_log WHERE table_name ="
            + " 'pg_auth_members' AND row_id = ?",
        login);
  }

  @Test
  void what_is_granted_to_a_device_later_is_taken_back_by_the_next_migration() throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      String login = issueLogin(database, "alpha");
      asOwner(database, "GRANT backup_shared_client TO " + login);
      assertThat(database.migrate()).isZero();
      assertThat(shared(database, login)).containsExactly(NOT_SHARED);
      assertThat(told(database, login)).hasSize(1);
    }
  }

  /** From PostgreSQL 16 on a grant belongs to whoever has made it. */
  @Test
  void what_a_superuser_has_granted_is_taken_back_or_told_of_with_what_takes_it()
      throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      String login = issueLogin(database, "alpha");
      database.execute("GRANT backup_shared_client TO " + login);
      assertThat(database.migrate()).isZero();
      for (Map<String, Object> finding :
          database.rows(
              "SELECT remedy FROM security_findings WHERE code = 'shared-login' AND finding LIKE '%' || ? || '%'",
              login)) {
        String remedy = String.valueOf(finding.get("remedy"));
        database.execute(remedy.substring(remedy.indexOf("REVOKE")));
      }
      assertThat(shared(database, login)).containsExactly(NOT_SHARED);
    }
  }

  private static void asOwner(MigratedDatabase database, String statement) throws SQLException {
    database.execute("SET ROLE " + TestPostgres.OWNER);
    database.execute(statement);
    database.execute("RESET ROLE");
  }

  @Test
  void a_superuser_is_refused_as_the_owner_of_a_new_control_plane() throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.empty()) {
      assertThatThrownBy(() ->
              org.flywaydb.core.Flyway.configure()
                  .dataSource(database.url(), null, null)
                  .locations(MigratedDatabase.LOCATION)
                  .load()
                  .migrate())
          .hasMessageContaining("must not be a superuser")
          .hasMessageContaining(
              "ALTER DATABASE " + database.name() + " OWNER TO " + TestPostgres.OWNER);
      assertThat(database.value("SELECT to_regnamespace('holdfast') IS NULL")).isEqualTo(true);
    }
  }
}
