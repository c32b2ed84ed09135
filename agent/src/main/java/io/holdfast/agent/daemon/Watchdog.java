package io.holdfast.agent.daemon;

import io.holdfast.agent.service.Supervisor;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the service manager that we get on, as long as the loops really do: one that hangs in a
 * turn which should be short has us ended and started anew. Has a thread of its own, since those of
 * the loops may be what hangs.
 */
final class Watchdog {

  private static final Logger log = LoggerFactory.getLogger(Watchdog.class);

  /** Often enough that one message that comes late does no harm. */
  private static final int TIMES_IN_THE_INTERVAL = 4;

  /**
   * A loop that is looked at.
   *
   * @param longestTurn how long a turn of it may take if all is as it should be
   */
  record Watched(Loop loop, Duration longestTurn) {}

  private final Supervisor service;
  private final List<Watched> loops;
  private final Loop rounds = Loop.onItsOwnThread("watchdog", this::round);
  private boolean told;

  Watchdog(Supervisor service, List<Watched> loops) {
    this.service = service;
    this.loops = List.copyOf(loops);
  }

  /** Does nothing where nobody asks. */
  void start() {
    if (service.wantsLifeEvery().isPresent()) {
      rounds.start();
    }
  }

  /** From now on the stop has its own time limit. */
  void stop() {
    rounds.askToStop();
  }

  /** What it does each time; visible for its test. */
  Duration round() {
    Optional<Watched> stuck =
        loops.stream().filter(one -> !one.loop().getsOn(one.longestTurn())).findFirst();
    if (stuck.isEmpty()) {
      service.alive();
      told = false;
    } else if (!told) {
      log.error(
          "the loop \"{}\" does not get on; the service manager is not told any more that all is well",
          stuck.get().loop().name());
      told = true;
    }
    return service.wantsLifeEvery().orElseThrow().dividedBy(TIMES_IN_THE_INTERVAL);
  }
}
