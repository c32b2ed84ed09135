package io.holdfast.agent.cli;

import java.util.concurrent.CountDownLatch;

/**
 * The one call to stop that a daemon's process gets, from a signal or from the service control of
 * Windows, and the news that the stop is done.
 */
final class StopCall {

  /** There is one daemon in a process. */
  static final StopCall OF_PROCESS = new StopCall();

  private final CountDownLatch made = new CountDownLatch(1);
  private final CountDownLatch followed = new CountDownLatch(1);

  /** May come before anybody awaits it. */
  void make() {
    made.countDown();
  }

  void await() throws InterruptedException {
    made.await();
  }

  /** The daemon has stopped, or never started. */
  void follow() {
    followed.countDown();
  }

  void awaitFollowed() throws InterruptedException {
    followed.await();
  }
}
