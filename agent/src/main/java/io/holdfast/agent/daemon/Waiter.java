package io.holdfast.agent.daemon;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A sleep that can be cut short. A call to wake while nobody sleeps cuts the next sleep short. */
final class Waiter {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition woken = lock.newCondition();
  private boolean wake;

  void await(Duration longest) throws InterruptedException {
    lock.lock();
    try {
      long nanos = longest.toNanos();
      while (!wake && nanos > 0) {
        nanos = woken.awaitNanos(nanos);
      }
      wake = false;
    } finally {
      lock.unlock();
    }
  }

  void wake() {
    lock.lock();
    try {
      wake = true;
      woken.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Longer than this, a sleep would not fit into nanoseconds, and a clock that was set would go
   * unseen.
   */
  static Duration atMost(Duration wanted, Duration longest) {
    if (wanted.isNegative()) {
      return Duration.ZERO;
    }
    return wanted.compareTo(longest) > 0 ? longest : wanted;
  }
}
