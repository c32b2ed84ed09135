package io.holdfast.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One embedded PostgreSQL server on 127.0.0.1, superuser {@code postgres} without a password;
 * everybody else needs one, as on a real server. Its session time zone is on purpose not UTC, so
 * that a forgotten zone shows.
 */
public final class PostgresServer implements AutoCloseable {

  /** Not UTC and not a whole hour away from it. */
  public static final String TIME_ZONE = "Asia/Kathmandu";

  /** Long, since the machine may be busy; a server that ends instead is noticed at once. */
  private static final Duration START = Duration.ofMinutes(5);

  private static final int PORTS_TO_TRY = 10;

  private static final List<String> ACCESS =
      List.of("host all postgres 127.0.0.1/32 trust", "host all all 127.0.0.1/32 scram-sha-256");

  /** Data of tests and trials need not survive a loss of power. */
  private static final List<String> SETTINGS =
      List.of(
          "listen_addresses = '127.0.0.1'",
          "unix_socket_directories = ''",
          "max_connections = 300",
          "fsync = off",
          "timezone = '" + TIME_ZONE + "'",
          "log_timezone = '" + TIME_ZONE + "'");

  private final Path data;
  private final Process process;
  private final int port;

  private PostgresServer(Path data, Process process, int port) {
    this.data = data;
    this.process = process;
    this.port = port;
  }

  /**
   * Makes a data directory and starts a server in it.
   *
   * @param directory the data directory, which must not exist
   * @param log the file that the server's log is added to
   * @throws IOException if it does not start; the message says why
   */
  public static PostgresServer startIn(Path directory, Path log) throws IOException {
    PostgresPrograms programs = PostgresPrograms.unpacked();
    Path data = programs.makeCluster(directory);
    Files.write(data.resolve("pg_hba.conf"), ACCESS);
    Files.write(data.resolve("postgresql.conf"), SETTINGS, StandardOpenOption.APPEND);
    for (int i = 1; ; i++) {
      int port = FreePort.find();
      Process process =
          new ProcessBuilder(
                  programs.command("postgres", "-D", data.toString(), "-c", "port=" + port))
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      PostgresServer server = new PostgresServer(data, process, port);
      if (server.answers()) {
        return server;
      }
      // Somebody may have taken the port since it was found free.
      if (i == PORTS_TO_TRY || !lastLines(log).contains("could not bind")) {
        throw new IOException("PostgreSQL does not start; its log ends with:\n" + lastLines(log));
      }
    }
  }

  /** Waits until it answers; false if it ends instead. */
  private boolean answers() throws IOException {
    Instant deadline = Instant.now().plus(START);
    while (process.isAlive()) {
      try (Connection connection = DriverManager.getConnection(jdbcUrl("postgres"))) {
        return isOurs(connection);
      } catch (SQLException e) {
        if (Instant.now().isAfter(deadline)) {
          close();
          throw new IOException(
              "PostgreSQL does not answer within " + START.toMinutes() + " minutes", e);
        }
      }
      pause();
    }
    return false;
  }

  /** Another server may have come to listen on the port, and ours be about to end. */
  private boolean isOurs(Connection connection) throws SQLException, IOException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW data_directory")) {
      row.next();
      return Files.isSameFile(Path.of(row.getString(1)), data);
    }
  }

  private void pause() throws IOException {
    try {
      process.waitFor(50, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while PostgreSQL started", e);
    }
  }

  private static String lastLines(Path log) throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      List<String> all = lines.toList();
      return String.join("\n", all.subList(Math.max(0, all.size() - 10), all.size()));
    }
  }

  /** Where it listens on 127.0.0.1. */
  public int port() {
    return port;
  }

  /** The process number of the server. */
  public long pid() {
    return process.pid();
  }

  /** The JDBC URL of a database on this server, for the superuser. */
  public String jdbcUrl(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=postgres";
  }

  /** Ends it at once; clients are not waited for. */
  @Override
  public void close() {
    // SIGQUIT is PostgreSQL's immediate shutdown. On SIGTERM, Java's own signal, it waits for its
    // clients.
    try {
      Output.of(List.of("kill", "-QUIT", Long.toString(process.pid())));
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
