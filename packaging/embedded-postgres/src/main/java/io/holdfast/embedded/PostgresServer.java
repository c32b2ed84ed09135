package io.holdfast.embedded;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * One embedded PostgreSQL server on the loopback interface, superuser {@code postgres} without a
 * password. Its session time zone is on purpose not UTC, so that a forgotten zone shows.
 */
public final class PostgresServer implements AutoCloseable {

  /** Not UTC and not a whole hour away from it. */
  public static final String TIME_ZONE = "Asia/Kathmandu";

  private final EmbeddedPostgres server;

  private PostgresServer(EmbeddedPostgres server) {
    this.server = server;
  }

  /** Starts a server whose data vanish when it is closed. */
  public static PostgresServer startTemporary() throws IOException {
    return new PostgresServer(builder().start());
  }

  /** Starts a server that keeps its data in the given directory. */
  public static PostgresServer startIn(Path dataDirectory, int port) throws IOException {
    return new PostgresServer(
        builder()
            .setDataDirectory(dataDirectory)
            .setCleanDataDirectory(false)
            .setPort(port)
            .start());
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
