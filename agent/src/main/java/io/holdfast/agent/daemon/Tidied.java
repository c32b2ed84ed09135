package io.holdfast.agent.daemon;

import java.time.Duration;

/**
 * A turn after which the heap is collected as a whole, once in a while. Left to itself the serial
 * collector lets the heap grow to its limit first, by the little garbage that each of its small
 * collections leaves among the old; a daemon that mostly waits would hold ten times what it uses.
 */
final class Tidied implements Loop.Turn {

  /** A collection takes some 20 ms, and syncs may come close upon each other. */
  private static final Duration AT_MOST_EVERY = Duration.ofMinutes(1);

  private final Loop.Turn turn;
  private long last = System.nanoTime() - AT_MOST_EVERY.toNanos();

  Tidied(Loop.Turn turn) {
    this.turn = turn;
  }

  @Override
  public Duration take() throws InterruptedException {
    Duration wait = turn.take();
    long now = System.nanoTime();
    if (now - last >= AT_MOST_EVERY.toNanos()) {
      last = now;
      System.gc();
    }
    return wait;
  }
}
