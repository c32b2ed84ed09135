package io.holdfast.agent.daemon;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A turn after which the heap is collected as a whole, once in a while. Left to itself the serial
 * collector lets the heap grow to its limit first, by the little garbage that each of its small
 * collections leaves among the old; a daemon that mostly waits would hold ten times what it uses.
 */
final class Tidied implements Loop.Turn {

  /** A collection takes some 20 ms, and syncs may come close upon each other. */
  static final Duration AT_MOST_EVERY = Duration.ofMinutes(1);

  private final Loop.Turn turn;
  private final Runnable collection;
  private final LongSupplier nanoTime;
  private long last;

  Tidied(Loop.Turn turn) {
    this(turn, System::gc, System::nanoTime);
  }

  Tidied(Loop.Turn turn, Runnable collection, LongSupplier nanoTime) {
    this.turn = turn;
    this.collection = collection;
    this.nanoTime = nanoTime;
    last = nanoTime.getAsLong() - AT_MOST_EVERY.toNanos();
  }

  @Override
  public Duration take() throws InterruptedException {
    Duration wait = turn.take();
    long now = nanoTime.getAsLong();
    if (now - last >= AT_MOST_EVERY.toNanos()) {
      last = now;
      collection.run();
    }
    return wait;
  }
}
