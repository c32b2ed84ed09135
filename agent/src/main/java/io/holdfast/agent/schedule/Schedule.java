package io.holdfast.agent.schedule;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * When a job is due: a valid row of {@code schedules}.
 *
 * @param lastRunAt when a run of this schedule last started
 */
public record Schedule(int id, UUID jobId, Timing timing, Optional<Instant> lastRunAt) {

  public Schedule {
    Objects.requireNonNull(jobId, "jobId");
    Objects.requireNonNull(timing, "timing");
    Objects.requireNonNull(lastRunAt, "lastRunAt");
  }

  /**
   * When it is due next; this may be in the past.
   *
   * @param watchedSince since when the agent has known the schedule as it is now: a cron time
   *     before that is not made up for
   * @return empty if it will never be due
   */
  public Optional<Instant> nextDue(Instant watchedSince) {
    return switch (timing) {
      case Timing.Cron cron ->
          cron.expression()
              .nextAfter(
                  lastRunAt.filter(last -> last.isAfter(watchedSince)).orElse(watchedSince),
                  cron.zone());
      case Timing.Every every ->
          Optional.of(lastRunAt.map(last -> last.plus(every.interval())).orElse(watchedSince));
    };
  }
}
