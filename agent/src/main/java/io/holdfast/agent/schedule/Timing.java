package io.holdfast.agent.schedule;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Objects;
import java.util.Optional;

/** By what a schedule goes. */
public sealed interface Timing {

  /** The same text for the same timing, so that a change is noticed over a restart. */
  String text();

  /**
   * When it is due next; this may be in the past.
   *
   * @param since since when the agent has known the schedule as it is now; a cron time before that
   *     is none of its business
   * @param counted up to when due times have been dealt with; empty if there was none yet
   * @return empty if it will never be due
   */
  Optional<Instant> nextDue(Instant since, Optional<Instant> counted);

  /** At the times of a cron expression, by the clocks of a zone. */
  record Cron(CronExpression expression, ZoneId zone) implements Timing {
    public Cron {
      Objects.requireNonNull(expression, "expression");
      Objects.requireNonNull(zone, "zone");
    }

    @Override
    public Optional<Instant> nextDue(Instant since, Optional<Instant> counted) {
      return expression.nextAfter(counted.filter(since::isBefore).orElse(since), zone);
    }

    @Override
    public String text() {
      return "cron " + expression.text() + " " + zone.getId();
    }
  }

  /**
   * An interval after the start of the last run; at once if there was none. One that is long
   * overdue is due once.
   *
   * @param interval 1 second to 366 days
   */
  record Every(Duration interval) implements Timing {

    private static final Duration LONGEST = Duration.ofDays(366);

    public Every {
      if (!valid(interval)) {
        throw new IllegalArgumentException("interval out of range: " + interval);
      }
    }

    @Override
    public Optional<Instant> nextDue(Instant since, Optional<Instant> counted) {
      return Optional.of(counted.map(last -> last.plus(interval)).orElse(since));
    }

    @Override
    public String text() {
      return "every " + interval;
    }

    private static boolean valid(Duration interval) {
      return interval.toSeconds() >= 1 && interval.compareTo(LONGEST) <= 0;
    }

    /**
     * @throws InvalidSchedule if the interval is out of range
     */
    public static Every of(Duration interval) throws InvalidSchedule {
      if (!valid(interval)) {
        throw new InvalidSchedule(
            "interval_seconds is " + interval.toSeconds() + ", outside 1 to " + LONGEST.toSeconds(),
            "Write the seconds between two runs, such as 3600 for every hour.");
      }
      return new Every(interval);
    }
  }
}
