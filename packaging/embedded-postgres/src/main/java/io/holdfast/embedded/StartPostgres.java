package io.holdfast.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * Starts a PostgreSQL server that goes on running after this program has ended: {@code
 * StartPostgres DATA-DIRECTORY LOG}. Prints {@code ready PORT PID}, or one sentence on the error
 * output and ends with exit code 1.
 */
public final class StartPostgres {

  private StartPostgres() {}

  public static void main(String[] args) {
    if (args.length != 2) {
      System.err.println("usage: StartPostgres DATA-DIRECTORY LOG");
      System.exit(2);
    }
    try {
      PostgresServer server = PostgresServer.startIn(Path.of(args[0]), Path.of(args[1]));
      System.out.println("ready " + server.port() + " " + server.pid());
    } catch (IOException | UncheckedIOException e) {
      System.err.println("error: " + e.getMessage());
      System.exit(1);
    }
  }
}
