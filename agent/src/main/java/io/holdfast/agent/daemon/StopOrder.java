package io.holdfast.agent.daemon;

import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops one thing after the other, each within what is left of the time: a database that does not
 * answer must not keep the service from stopping.
 */
final class StopOrder {

  private static final Logger log = LoggerFactory.getLogger(StopOrder.class);

  /** restic may take 75 s to end cleanly, and its lock with it. */
  private static final Duration RUNS = Duration.ofSeconds(77);

  private static final Duration LOOP = Duration.ofSeconds(2);
  private static final Duration STEP = Duration.ofSeconds(2);

  private final long begin = System.nanoTime();

  /** All of these at once. */
  StopOrder then(Loop... loops) throws InterruptedException {
    for (Loop loop : loops) {
      loop.askToStop();
    }
    for (Loop loop : loops) {
      loop.awaitStop(LOOP);
    }
    return this;
  }

  StopOrder then(RunQueue queue) throws InterruptedException {
    if (!queue.awaitEnd(RUNS.minusNanos(System.nanoTime() - begin))) {
      log.error("some runs did not end within {} s", RUNS.toSeconds());
    }
    return this;
  }

  /** Those whose turns end a restic cleanly, within what the runs have left of the time. */
  StopOrder thenAtLast(List<Loop> loops) throws InterruptedException {
    for (Loop loop : loops) {
      Duration left = RUNS.minusNanos(System.nanoTime() - begin);
      loop.awaitStop(left.isNegative() ? LOOP : left);
    }
    return this;
  }

  StopOrder then(String what, Runnable step) throws InterruptedException {
    Thread thread = Thread.ofVirtual().name(what).start(step);
    if (!thread.join(STEP)) {
      log.warn("{} took too long and is left undone", what);
      thread.interrupt();
    }
    return this;
  }
}
