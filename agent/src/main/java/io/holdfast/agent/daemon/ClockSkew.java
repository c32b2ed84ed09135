package io.holdfast.agent.daemon;

import java.time.Duration;
import java.time.Instant;

/** How far this machine's clock is ahead of the database's; negative if it is behind. */
record ClockSkew(Duration ahead) {

  /** Beyond this, schedules run at the wrong time and restic's locks may be misjudged by others. */
  static final Duration TOLERANCE = Duration.ofMinutes(5);

  static ClockSkew between(Instant database, Instant machine) {
    return new ClockSkew(Duration.between(database, machine));
  }

  boolean isTolerable() {
    return ahead.abs().compareTo(TOLERANCE) <= 0;
  }

  /** Goes between "is ..." and "the database's". */
  String direction() {
    return ahead.isNegative() ? "behind" : "ahead of";
  }
}
