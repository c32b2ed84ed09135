package io.holdfast.agent.daemon;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one turn after the other until it is stopped. A turn that throws is logged and followed by
 * the next one: this is the one place that catches everything.
 */
final class Loop {

  private static final Logger log = LoggerFactory.getLogger(Loop.class);
  private static final Duration AFTER_A_BUG = Duration.ofSeconds(30);

  /** One step of the work. */
  @FunctionalInterface
  interface Turn {
    /**
     * @return how long to wait until the next turn, unless woken
     * @throws InterruptedException if the loop is being stopped
     */
    Duration take() throws InterruptedException;
  }

  private final Turn turn;
  private final Waiter waiter = new Waiter();
  private final Thread thread;
  private volatile boolean stopping;

  Loop(String name, Turn turn) {
    this.turn = turn;
    thread = Thread.ofVirtual().name(name).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Takes the next turn now, or right after the present one. */
  void wake() {
    waiter.wake();
  }

  /**
   * Lets the present turn end, interrupted if it waits, and takes no more.
   *
   * @param patience how long to wait for the turn's end
   */
  void stop(Duration patience) throws InterruptedException {
    stopping = true;
    thread.interrupt();
    if (thread.getState() != Thread.State.NEW && !thread.join(patience)) {
      log.warn("the loop \"{}\" did not end within {} s", thread.getName(), patience.toSeconds());
    }
  }

  private void run() {
    while (!stopping) {
      Duration pause;
      try {
        pause = turn.take();
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException | Error e) {
        log.error("unexpected error; the loop \"{}\" goes on", thread.getName(), e);
        pause = AFTER_A_BUG;
      }
      try {
        waiter.await(pause);
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
