package io.holdfast.agent.daemon;

import io.holdfast.agent.postgres.ChangeNotifications.Heard;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long what was heard may wait until it is acted upon: not at all as a rule, but nobody who
 * notifies without end makes us sync without end.
 */
final class NotificationPace {

  /** Between two syncs at least. */
  static final Duration LEAST = Duration.ofSeconds(5);

  /** Beyond that, so that those who were woken together do not stay together. */
  static final Duration JITTER = Duration.ofSeconds(1);

  /** Within so long all devices ask for what concerns all of them. */
  static final Duration SPREAD = Duration.ofSeconds(5);

  private final RandomGenerator random;

  NotificationPace(RandomGenerator random) {
    this.random = random;
  }

  /**
   * @param sinceLast since the sync that the last notification has brought
   */
  Duration pause(Heard heard, Duration sinceLast) {
    Duration rest = LEAST.minus(sinceLast);
    Duration paced = rest.isPositive() ? rest.plus(upTo(JITTER)) : Duration.ZERO;
    if (heard != Heard.EVERYBODYS) {
      return paced;
    }
    Duration spread = upTo(SPREAD);
    return spread.compareTo(paced) > 0 ? spread : paced;
  }

  private Duration upTo(Duration most) {
    return Duration.ofNanos(random.nextLong(most.toNanos()));
  }
}
