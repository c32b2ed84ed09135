package io.holdfast.agent.cli;

import io.holdfast.agent.restic.Cancellation;
import java.util.concurrent.CountDownLatch;

/**
 * Ends what a command does when Ctrl-C or SIGTERM comes, and holds up the end of the JVM, which
 * comes with that of its hooks, until it has ended by itself.
 */
final class CancelOnSignal implements AutoCloseable {

  private final Cancellation cancellation = new Cancellation();
  private final CountDownLatch ended = new CountDownLatch(1);

  CancelOnSignal() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::cancelAndAwait, "cancel"));
  }

  Cancellation cancellation() {
    return cancellation;
  }

  private void cancelAndAwait() {
    cancellation.cancel("on this machine");
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    ended.countDown();
  }
}
