package io.holdfast.agent.run;

import io.holdfast.agent.run.AgendaStore.WatchedSchedule;
import io.holdfast.agent.schedule.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * The due times of one schedule that have come and are not dealt with yet.
 *
 * @param count how many, at least 1; not counted beyond 10,000
 */
public record DueTimes(Instant first, Instant last, int count) {

  private static final int MOST = 10_000;

  public DueTimes {
    Objects.requireNonNull(first, "first");
    Objects.requireNonNull(last, "last");
  }

  static Optional<DueTimes> of(Timing timing, WatchedSchedule known, Instant now) {
    Optional<Instant> first =
        timing.nextDue(known.since(), known.counted()).filter(due -> !due.isAfter(now));
    return first.map(due ->
        switch (timing) {
          case Timing.Cron cron -> ofCron(cron, due, now);
          case Timing.Every every -> ofInterval(every.interval(), due, now);
        });
  }

  private static DueTimes ofCron(Timing.Cron cron, Instant first, Instant now) {
    Instant last = first;
    int count = 1;
    Optional<Instant> next = cron.expression().nextAfter(first, cron.zone());
    while (next.isPresent() && !next.get().isAfter(now) && count < MOST) {
      last = next.get();
      count++;
      next = cron.expression().nextAfter(last, cron.zone());
    }
    return new DueTimes(first, count < MOST ? last : now, count);
  }

  private static DueTimes ofInterval(Duration interval, Instant first, Instant now) {
    long more = Duration.between(first, now).dividedBy(interval);
    return new DueTimes(
        first, first.plus(interval.multipliedBy(more)), (int) Math.min(MOST, more + 1));
  }
}
