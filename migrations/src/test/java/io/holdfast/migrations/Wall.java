package io.holdfast.migrations;

import io.holdfast.embedded.TestPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.postgresql.util.PSQLException;

/** A control plane with two devices that have all that there is, and logins on its two sides. */
final class Wall implements AutoCloseable {

  static final String ME = "alpha";
  static final String OTHER = "bravo";

  /** What only the other device or an admin knows: wherever it turns up, something was told. */
  static final String SECRET = "VICTIM";

  static final String PASSWORD = "wall-test";

  /** The parts that logins are for; each fleet of a test has logins of its own for them. */
  enum Part {
    DEVICE,
    OTHER_DEVICE,
    VIEWER,
    ADMIN,
    /** A login that is nobody's. */
    UNBOUND
  }

  private final MigratedDatabase database;

  private Wall(MigratedDatabase database) {
    this.database = database;
  }

  static Wall create() throws SQLException, IOException {
    Wall wall = new Wall(MigratedDatabase.create());
    wall.fill();
    return wall;
  }

  /** As an admin who has done what {@code holdfast migrate} told him. */
  static Wall closed() throws SQLException, IOException {
    Wall wall = Wall.create();
    wall.database.execute("UPDATE devices SET housekeeper = false WHERE id = 'alpha'");
    for (Map<String, Object> row :
        wall.database.rows("SELECT remedy FROM security_findings WHERE code <> 'shared-login'")) {
      String remedy = String.valueOf(row.get("remedy"));
      wall.database.execute(remedy.substring(remedy.indexOf("REVOKE")));
    }
    return wall;
  }

  private void fill() throws SQLException, IOException {
    // Made by the owner, as issue_login makes them: from PostgreSQL 16 on he can end the sessions
    // of no others.
    database.execute("SET ROLE " + TestPostgres.OWNER);
    for (Part part : Part.values()) {
      makeLogin(database, login(part));
    }
    database.execute("RESET ROLE");
    database.execute("GRANT backup_viewer TO " + login(Part.VIEWER));
    database.execute("GRANT backup_admin TO " + login(Part.ADMIN));
    database.execute(text("/wall/fleet.sql"));
    bind(Part.DEVICE, ME);
    bind(Part.OTHER_DEVICE, OTHER);
  }

  private void bind(Part part, String device) throws SQLException {
    database.execute("SELECT holdfast.bind_login(CAST(? AS name), ?)", login(part), device);
  }

  static void makeLogin(MigratedDatabase database, String login) throws SQLException {
    database.execute("CREATE ROLE " + login + " LOGIN PASSWORD '" + PASSWORD + "'");
  }

  String login(Part part) {
    return part.name().toLowerCase(Locale.ROOT) + "_of_" + database.name().substring(9, 29);
  }

  static String text(String resource) throws IOException {
    try (InputStream in = Objects.requireNonNull(Wall.class.getResourceAsStream(resource))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** One statement a line. */
  static List<String> lines(String resource) throws IOException {
    return text(resource).lines().filter(line -> !line.isBlank()).toList();
  }

  MigratedDatabase database() {
    return database;
  }

  /** As that login itself, which nothing in the session can leave. */
  Connection connect(Part part) throws SQLException {
    return connect(database, login(part));
  }

  static Connection connect(MigratedDatabase database, String login) throws SQLException {
    String url = database.url().replaceFirst("\\?.*", "");
    return DriverManager.getConnection(url, login, PASSWORD);
  }

  /** What came of a statement, with all that it let its author see. */
  static String outcome(Connection connection, String sql) {
    try (Statement statement = connection.createStatement()) {
      StringBuilder seen = new StringBuilder();
      boolean rows = statement.execute(sql);
      while (rows || statement.getUpdateCount() >= 0) {
        if (rows) {
          append(seen, statement.getResultSet());
        } else {
          seen.append(statement.getUpdateCount()).append(" rows changed\n");
        }
        rows = statement.getMoreResults();
      }
      for (SQLWarning w = statement.getWarnings(); w != null; w = w.getNextWarning()) {
        seen.append(w.getMessage()).append('\n');
      }
      return seen.toString();
    } catch (SQLException e) {
      String detail =
          e instanceof PSQLException p && p.getServerErrorMessage() != null
              ? p.getServerErrorMessage().toString()
              : "";
      return "refused: " + e.getSQLState() + " " + e.getMessage() + " " + detail;
    }
  }

  private static void append(StringBuilder seen, ResultSet result) throws SQLException {
    while (result.next()) {
      for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
        seen.append(result.getString(i)).append(' ');
      }
      seen.append("row seen\n");
    }
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
