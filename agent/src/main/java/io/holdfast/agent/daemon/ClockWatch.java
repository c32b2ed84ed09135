package io.holdfast.agent.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices when the wall clock and the time that has really gone by part: the clock was set, or the
 * machine slept. Nothing hangs on it: what is due is always found by the wall clock alone. But an
 * admin who wonders why a job ran at noon finds the reason in the log.
 */
final class ClockWatch {

  private static final Logger log = LoggerFactory.getLogger(ClockWatch.class);

  /** Less is what a slow machine, or a time server, does to clocks. */
  private static final Duration WORTH_A_LINE = Duration.ofSeconds(30);

  private static final Path UPTIME = Path.of("/proc/uptime");

  private final Clock clock;
  private Instant wall;
  private long awake;
  private Optional<Duration> uptime;

  ClockWatch(Clock clock) {
    this.clock = clock;
    wall = clock.instant();
    awake = System.nanoTime();
    uptime = uptime();
  }

  /** Looks since the last look, and says what it finds. */
  void look() {
    Instant wallNow = clock.instant();
    long awakeNow = System.nanoTime();
    Optional<Duration> uptimeNow = uptime();
    Duration byTheClock = Duration.between(wall, wallNow);
    Duration slept =
        uptime.isPresent() && uptimeNow.isPresent()
            ? uptimeNow.get().minus(uptime.get()).minusNanos(awakeNow - awake)
            : Duration.ZERO;
    Duration set = byTheClock.minusNanos(awakeNow - awake).minus(slept);
    if (slept.compareTo(WORTH_A_LINE) > 0) {
      log.warn("the machine slept for {} s", slept.toSeconds());
    }
    if (set.abs().compareTo(WORTH_A_LINE) > 0) {
      log.warn(
          "the clock was set {} by {} s, or the machine slept",
          set.isNegative() ? "back" : "forward",
          set.abs().toSeconds());
    }
    wall = wallNow;
    awake = awakeNow;
    uptime = uptimeNow;
  }

  /** Since the machine started, its sleep included; the JVM's own clock stands still meanwhile. */
  private static Optional<Duration> uptime() {
    try {
      String seconds = Files.readString(UPTIME).split(" ", -1)[0];
      return Optional.of(Duration.ofMillis((long) (Double.parseDouble(seconds) * 1000)));
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }
}
