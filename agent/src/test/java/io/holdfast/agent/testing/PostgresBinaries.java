package io.holdfast.agent.testing;

import io.holdfast.embedded.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** The programs of the embedded PostgreSQL, for servers that a test starts and breaks itself. */
final class PostgresBinaries {

  /** Below the ports that the kernel gives away: nobody takes the port of a server at rest. */
  private static final int FIRST_PORT = 20_000;

  private static final int PORTS = 10_000;

  private static final class Unpacked {
    private static final Path BIN = ask();

    /** A server knows where its programs lie; none but the embedded one is sure to be local. */
    private static Path ask() {
      try (PostgresServer server = PostgresServer.startTemporary();
          var connection = DriverManager.getConnection(server.jdbcUrl("postgres"));
          var statement = connection.createStatement();
          var row = statement.executeQuery("SELECT setting FROM pg_config WHERE name = 'BINDIR'")) {
        row.next();
        return Path.of(row.getString(1));
      } catch (IOException | SQLException e) {
        throw new IllegalStateException("the embedded PostgreSQL's programs were not found", e);
      }
    }
  }

  private PostgresBinaries() {}

  /** The command line of one of the programs. PostgreSQL refuses to be root, so it is nobody. */
  static List<String> command(String program, String... arguments) {
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      command.addAll(List.of("unshare", "--user"));
    }
    command.add(Unpacked.BIN.resolve(program).toString());
    command.addAll(List.of(arguments));
    return command;
  }

  /** Runs one of the programs, which must succeed. */
  static void run(String program, String... arguments) {
    Program.mustRun(command(program, arguments));
  }

  static int freePort() {
    while (true) {
      int port = FIRST_PORT + ThreadLocalRandom.current().nextInt(PORTS);
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return free.getLocalPort();
      } catch (IOException e) {
        // Taken: the next one.
      }
    }
  }
}
