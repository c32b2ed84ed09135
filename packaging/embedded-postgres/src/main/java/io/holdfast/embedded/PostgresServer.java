package io.holdfast.embedded;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/**
 * One embedded PostgreSQL server on the loopback interface, superuser {@code postgres} without a
 * password. Its session time zone is on purpose not UTC, so that a forgotten zone shows.
 */
public final class PostgresServer implements AutoCloseable {

  /** Not UTC and not a whole hour away from it. */
  public static final String TIME_ZONE = "Asia/Kathmandu";

  private static final List<String> ACCESS =
      List.of("host all postgres 127.0.0.1/32 trust", "host all all 127.0.0.1/32 scram-sha-256");

  private final EmbeddedPostgres server;

  private PostgresServer(EmbeddedPostgres server) {
    this.server = server;
  }

  /** Starts a server whose data vanish when it is closed. */
  public static PostgresServer startTemporary() throws IOException {
    return requiringPasswords(builder().start());
  }

  /** Starts a server that keeps its data in the given directory. */
  public static PostgresServer startIn(Path dataDirectory, int port) throws IOException {
    return requiringPasswords(
        builder()
            .setDataDirectory(dataDirectory)
            .setCleanDataDirectory(false)
            .setPort(port)
            .start());
  }

  /** Everybody but the superuser needs a password, as on a real server. */
  private static PostgresServer requiringPasswords(EmbeddedPostgres started) throws IOException {
    PostgresServer server = new PostgresServer(started);
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl("postgres"));
        Statement statement = connection.createStatement()) {
      Files.write(hbaFile(statement), ACCESS);
      statement.execute("SELECT pg_reload_conf()");
      return server;
    } catch (SQLException e) {
      server.close();
      throw new IOException("the embedded PostgreSQL could not be configured", e);
    }
  }

  private static Path hbaFile(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery("SHOW hba_file")) {
      row.next();
      return Path.of(row.getString(1));
    }
  }

  private static EmbeddedPostgres.Builder builder() {
    return EmbeddedPostgres.builder()
        .setServerConfig("timezone", TIME_ZONE)
        .setServerConfig("log_timezone", TIME_ZONE)
        .setPGStartupWait(Duration.ofMinutes(2));
  }

  public int port() {
    return server.getPort();
  }

  /** The JDBC URL of a database on this server, for the superuser. */
  public String jdbcUrl(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port() + "/" + database + "?user=postgres";
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
