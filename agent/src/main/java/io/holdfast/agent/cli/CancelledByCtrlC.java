package io.holdfast.agent.cli;

import io.holdfast.agent.restic.Cancellation;
import java.util.concurrent.CountDownLatch;

/**
 * Ends what a command has begun cleanly when the person presses Ctrl-C: the JVM ends as soon as its
 * hooks have ended, so the hook waits for it.
 */
final class CancelledByCtrlC implements AutoCloseable {

  private final Cancellation cancellation = new Cancellation();
  private final CountDownLatch ended = new CountDownLatch(1);

  CancelledByCtrlC() {
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
