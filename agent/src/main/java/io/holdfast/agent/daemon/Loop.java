package io.holdfast.agent.daemon;

import java.time.Duration;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one turn after the other until it is stopped. A turn that throws is logged and followed by
 * the next one: this is the one place that catches everything.
 */
final class Loop {

  private static final Logger log = LoggerFactory.getLogger(Loop.class);

  /**
   * The pause of a turn that has nothing to do before it is woken; a look now and then all the
   * same.
   */
  static final Duration UNTIL_WOKEN = Duration.ofHours(1);

  private static final Duration AFTER_A_BUG = Duration.ofSeconds(30);
  private static final Duration AFTER_THE_INTERRUPT = Duration.ofSeconds(1);

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

  /** Since when the present turn goes on, by the JVM's clock; empty between two turns. */
  private volatile OptionalLong turnSince = OptionalLong.empty();

  /**
   * For the daemon: its loops wait most of the time, and a virtual thread that waits costs next to
   * nothing.
   */
  static Loop inDaemon(String name, Turn turn) {
    return new Loop(Thread.ofVirtual().name(name), turn);
  }

  /**
   * For a command: once a virtual thread has used a socket, the JVM takes 0.3 s longer to end. And
   * for what must not hang where the others do.
   */
  static Loop onItsOwnThread(String name, Turn turn) {
    return new Loop(Thread.ofPlatform().daemon().name(name), turn);
  }

  private Loop(Thread.Builder threads, Turn turn) {
    this.turn = turn;
    thread = threads.unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Takes the next turn now, or right after the present one. */
  void wake() {
    waiter.wake();
  }

  /** Lets the present turn end and takes no more; returns at once. */
  void askToStop() {
    stopping = true;
    waiter.wake();
  }

  /**
   * Waits for the end of a loop that was asked to stop. One whose turn takes too long is
   * interrupted, which costs it its database connection.
   *
   * @param patience how long the present turn may take still
   */
  void awaitStop(Duration patience) throws InterruptedException {
    if (thread.getState() == Thread.State.NEW || joined(patience)) {
      return;
    }
    thread.interrupt();
    if (!thread.join(AFTER_THE_INTERRUPT)) {
      log.warn("the loop \"{}\" did not end", thread.getName());
    }
  }

  /** Both. */
  void stop(Duration patience) throws InterruptedException {
    askToStop();
    awaitStop(patience);
  }

  String name() {
    return thread.getName();
  }

  /** Whether it takes turns, and none of them goes on for longer than that. */
  boolean getsOn(Duration longestTurn) {
    OptionalLong since = turnSince;
    return thread.isAlive()
        && (since.isEmpty() || System.nanoTime() - since.getAsLong() <= longestTurn.toNanos());
  }

  private boolean joined(Duration patience) throws InterruptedException {
    return patience.isZero() ? !thread.isAlive() : thread.join(patience);
  }

  private void run() {
    while (!stopping) {
      Duration pause;
      try {
        turnSince = OptionalLong.of(System.nanoTime());
        pause = turn.take();
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException | Error e) {
        log.error("unexpected error; the loop \"{}\" goes on", thread.getName(), e);
        pause = AFTER_A_BUG;
      }
      turnSince = OptionalLong.empty();
      try {
        waiter.await(pause);
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
