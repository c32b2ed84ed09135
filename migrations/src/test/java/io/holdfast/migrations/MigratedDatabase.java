package io.holdfast.migrations;

import io.holdfast.embedded.TestPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/** A database of a test's own with all migrations applied, and a superuser's connection to it. */
final class MigratedDatabase implements AutoCloseable {

  static final String LOCATION = "classpath:io/holdfast/migrations";

  private final String name;
  private final Connection connection;

  private MigratedDatabase(String name) throws SQLException {
    this.name = name;
    connection = connect();
  }

  /** The one login of a fleet that wants it so, as the seed had it. */
  static final String SHARED_CLIENT = "test_shared_client";

  /** Migrated once for all tests; each gets a copy. */
  private static final class Template {
    private static final String NAME = migrated();

    private static String migrated() {
      try (MigratedDatabase database = empty()) {
        database.migrate();
        return database.name();
      } catch (SQLException e) {
        throw new IllegalStateException("the control plane could not be migrated", e);
      }
    }
  }

  static MigratedDatabase create() throws SQLException {
    MigratedDatabase database = copyOf(Template.NAME);
    // A copy does not have the rights on the database itself, which the migration has taken.
    database.execute("REVOKE CREATE, TEMPORARY ON DATABASE " + database.name() + " FROM PUBLIC");
    database.execute(
        """
        DO $$
        BEGIN
          CREATE ROLE test_shared_client IN ROLE backup_client, backup_shared_client;
        EXCEPTION
          WHEN duplicate_object OR unique_violation THEN NULL;
        END
        $$
        """);
    return database;
  }

  static MigratedDatabase empty() throws SQLException {
    return new MigratedDatabase(TestPostgres.shared().createDatabase());
  }

  /** A copy of a database that nobody is connected to. */
  static MigratedDatabase copyOf(String template) throws SQLException {
    return new MigratedDatabase(TestPostgres.shared().createDatabaseFrom(template));
  }

  int migrate() {
    return flyway().migrate().migrationsExecuted;
  }

  /** Only up to that version, as an older Holdfast would. */
  void migrateTo(String version) {
    flyway(url()).target(version).load().migrate();
  }

  Flyway flyway() {
    return flyway(url()).load();
  }

  /** As the owner of the database, who is no superuser. */
  static FluentConfiguration flyway(String url) {
    return Flyway.configure()
        .dataSource(new OwnersDataSource(url))
        .locations(LOCATION)
        .baselineOnMigrate(true)
        .baselineVersion("0");
  }

  String name() {
    return name;
  }

  String url() {
    return TestPostgres.shared().jdbcUrl(name);
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(url());
  }

  Connection connection() {
    return connection;
  }

  void execute(String sql, Object... arguments) throws SQLException {
    execute(connection, sql, arguments);
  }

  static void execute(Connection connection, String sql, Object... arguments) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setObject(i + 1, arguments[i]);
      }
      statement.execute();
    }
  }

  /** Runs statements as a member of the role would, and as nobody more. */
  void as(String role, String... statements) throws SQLException {
    try (Connection own = connect();
        Statement statement = own.createStatement()) {
      statement.execute("SET ROLE " + role);
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  List<Map<String, Object>> rows(String sql, Object... arguments) throws SQLException {
    return rows(connection, sql, arguments);
  }

  static List<Map<String, Object>> rows(Connection connection, String sql, Object... arguments)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setObject(i + 1, arguments[i]);
      }
      return rows(statement.executeQuery());
    }
  }

  private static List<Map<String, Object>> rows(ResultSet result) throws SQLException {
    List<Map<String, Object>> rows = new ArrayList<>();
    while (result.next()) {
      Map<String, Object> row = new LinkedHashMap<>();
      for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
        row.put(result.getMetaData().getColumnLabel(i), result.getObject(i));
      }
      rows.add(row);
    }
    return rows;
  }

  Object value(String sql, Object... arguments) throws SQLException {
    return rows(sql, arguments).getFirst().values().iterator().next();
  }

  void device(String device) throws SQLException {
    execute(
        "INSERT INTO devices (id, name, platform) VALUES (?, ?, 'linux') ON CONFLICT DO NOTHING",
        device,
        device);
  }

  /** A device and a job of it; returns the job's id as text. */
  String job(String device, String job) throws SQLException {
    device(device);
    return value(
            "INSERT INTO backup_jobs (device_id, name, source_paths) VALUES (?, ?, '{/srv}') RETURNING id::text",
            device,
            job)
        .toString();
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
