package io.holdfast.agent.testing;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.postgres.Migrations;
import io.holdfast.agent.secret.Secret;
import io.holdfast.embedded.TestPostgres;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jdbi.v3.core.Jdbi;

/**
 * A migrated control plane of a test's own, on the real PostgreSQL, seen with the eyes of an admin
 * in psql.
 */
public final class ControlPlane {

  private static final class Template {
    private static final String NAME = migrated();

    private static String migrated() {
      try {
        String name = TestPostgres.shared().createDatabase();
        new Migrations(address(name)).migrate();
        return name;
      } catch (Exception e) {
        throw new IllegalStateException("the control plane could not be migrated", e);
      }
    }
  }

  /** Those on the server that all tests share. */
  private static final Deque<ControlPlane> OPEN = new ConcurrentLinkedDeque<>();

  private final String database;
  private final String url;
  private final String urlWithoutCredentials;
  private final Jdbi admin;
  private final List<String> logins = new ArrayList<>();

  private ControlPlane(String database, String url, String urlWithoutCredentials) {
    this.database = database;
    this.url = url;
    this.urlWithoutCredentials = urlWithoutCredentials;
    admin = Jdbi.create(url);
  }

  /** A new one, migrated, with nothing in it but the default settings. */
  public static ControlPlane fresh() {
    try {
      String database = TestPostgres.shared().createDatabaseFrom(Template.NAME);
      // A copy does not have the rights on the database, which the migration has taken.
      TestPostgres.shared()
          .superuser("REVOKE CREATE, TEMPORARY ON DATABASE " + database + " FROM PUBLIC");
      ControlPlane fresh =
          new ControlPlane(
              database,
              TestPostgres.shared().jdbcUrl(database),
              TestPostgres.shared().jdbcUrlWithoutCredentials(database));
      OPEN.add(fresh);
      return fresh;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Drops a {@link #fresh()} one, with its logins; whoever is still connected is thrown out. One on
   * a server of the test's own ends with that server.
   */
  void drop() {
    if (!OPEN.remove(this)) {
      return;
    }
    for (Map<String, Object> login : rows("SELECT role_name FROM holdfast.device_logins")) {
      logins.add((String) login.get("role_name"));
    }
    try {
      TestPostgres.shared().superuser("DROP DATABASE " + database + " WITH (FORCE)");
      for (String login : logins) {
        TestPostgres.shared().superuser("DROP ROLE IF EXISTS \"" + login + "\"");
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the control plane could not be dropped", e);
    }
  }

  /** Drops all that are left of those that were made in this JVM. */
  static void dropAll() {
    OPEN.forEach(ControlPlane::drop);
  }

  /**
   * One on a server of the test's own, which it may stop and break: migrates the empty database
   * there.
   *
   * @param url the JDBC URL for the superuser
   * @param urlWithoutCredentials the JDBC URL by which an agent reaches it; may name several hosts
   */
  public static ControlPlane at(String database, String url, String urlWithoutCredentials) {
    try {
      new Migrations(new DatabaseAddress(url, Optional.empty(), Optional.empty(), "test"))
          .migrate();
      return new ControlPlane(database, url, urlWithoutCredentials);
    } catch (Exception e) {
      throw new IllegalStateException("the control plane could not be migrated", e);
    }
  }

  /** One that is there already, perhaps on a standby, where it can only be read. */
  static ControlPlane existing(String database, String url, String urlWithoutCredentials) {
    return new ControlPlane(database, url, urlWithoutCredentials);
  }

  private static DatabaseAddress address(String database) {
    return new DatabaseAddress(
        TestPostgres.shared().jdbcUrl(database), Optional.empty(), Optional.empty(), "test");
  }

  /** The address for the superuser. */
  public DatabaseAddress address() {
    return new DatabaseAddress(url, Optional.empty(), Optional.empty(), "test");
  }

  public String database() {
    return database;
  }

  /** The JDBC URL for the superuser. */
  public String url() {
    return url;
  }

  /** The login of that device, which must be there, and the address by which it connects. */
  public DatabaseAddress client(String password, String device) {
    String user = login(password);
    rows("SELECT holdfast.bind_login(CAST(? AS name), ?)", user, device);
    return at(user, password);
  }

  /** A login with the rights of this group, and the address by which it connects. */
  public DatabaseAddress member(String group, String password) {
    String user = login(password);
    execute("GRANT " + group + " TO " + user);
    return at(user, password);
  }

  private String login(String password) {
    String user = "client_" + UUID.randomUUID().toString().replace("-", "");
    // By the owner: from PostgreSQL 16 on it may change no other role's password.
    admin.useHandle(handle -> {
      handle.execute("SET ROLE " + TestPostgres.OWNER);
      handle.execute("CREATE ROLE " + user + " LOGIN PASSWORD '" + password + "'");
      handle.execute("RESET ROLE");
    });
    logins.add(user);
    return user;
  }

  private DatabaseAddress at(String user, String password) {
    return new DatabaseAddress(
        urlWithoutCredentials, Optional.of(user), Optional.of(new Secret(password)), "test");
  }

  /** Runs a statement as an admin would. */
  public int execute(String sql, Object... arguments) {
    return admin.withHandle(handle -> handle.execute(sql, arguments));
  }

  /** As before the schema refused wrong rows: those that are there already stay. */
  public void takeAnyRow() {
    rows("SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', t.tgrelid::regclass, t.tgname) AS statement"
            + " FROM pg_trigger t WHERE NOT t.tgisinternal AND t.tgname ~ '_check(_platform)?$'")
        .forEach(row -> execute(String.valueOf(row.get("statement"))));
  }

  public List<Map<String, Object>> rows(String sql, Object... arguments) {
    return admin.withHandle(handle -> handle.select(sql, arguments).mapToMap().list());
  }

  /** The one row that there must be. */
  public Map<String, Object> row(String sql, Object... arguments) {
    List<Map<String, Object>> rows = rows(sql, arguments);
    if (rows.size() != 1) {
      throw new AssertionError("expected one row, not " + rows.size() + ", of " + sql);
    }
    return rows.getFirst();
  }

  /** Runs a statement as an admin who has said that he means it. */
  public void meant(String sql, Object... arguments) {
    admin.useTransaction(handle -> {
      handle.execute("SET LOCAL holdfast.allow_bulk = on");
      handle.execute(sql, arguments);
    });
  }

  /** As an admin who means it. */
  public void setting(String key, String value) {
    meant(
        "INSERT INTO settings (device_id, key, value) VALUES (NULL, ?, ?)"
            + " ON CONFLICT (device_id, key) DO UPDATE SET value = excluded.value",
        key,
        value);
  }

  /** Missed runs are made up for without delay and jitter. */
  public void catchUpAtOnce() {
    setting("catch_up_delay_seconds", "0");
    setting("catch_up_jitter_seconds", "0");
  }

  /** Adds a job as an admin would; returns its id. */
  public UUID job(String device, String name, String... sourcePaths) {
    return (UUID)
        row(
                "INSERT INTO backup_jobs (device_id, name, source_paths) VALUES (?, ?, ?) RETURNING id",
                device,
                name,
                sourcePaths)
            .get("id");
  }

  public int everySeconds(UUID job, int seconds) {
    return (Integer)
        row(
                "INSERT INTO schedules (job_id, schedule_type, interval_seconds)"
                    + " VALUES (?, 'interval', ?) RETURNING id",
                job,
                seconds)
            .get("id");
  }

  public int cron(UUID job, String expression) {
    return (Integer)
        row(
                "INSERT INTO schedules (job_id, schedule_type, cron_expression)"
                    + " VALUES (?, 'cron', ?) RETURNING id",
                job,
                expression)
            .get("id");
  }
}
