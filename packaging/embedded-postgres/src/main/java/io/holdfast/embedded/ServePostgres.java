package io.holdfast.embedded;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * Serves PostgreSQL from a data directory until it is told to end: {@code ServePostgres DIRECTORY
 * PORT}.
 */
public final class ServePostgres {

  private ServePostgres() {}

  public static void main(String[] args) throws Exception {
    if (args.length != 2) {
      System.err.println("usage: ServePostgres DATA-DIRECTORY PORT");
      System.exit(2);
    }
    CountDownLatch told = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              told.countDown();
              try {
                stopped.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            }));
    try (PostgresServer server =
        PostgresServer.startIn(Path.of(args[0]), Integer.parseInt(args[1]))) {
      System.out.println("ready " + server.port());
      told.await();
    } finally {
      stopped.countDown();
    }
  }
}
