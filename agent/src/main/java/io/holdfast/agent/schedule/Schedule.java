package io.holdfast.agent.schedule;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * When a job is due: a valid row of {@code schedules}.
 *
 * @param lastRunAt when a run of this schedule last started, as the control plane knows it
 * @param catchUp whether times that passed while the agent could not run are made up for
 */
public record Schedule(
    int id, UUID jobId, Timing timing, Optional<Instant> lastRunAt, boolean catchUp) {

  public Schedule {
    Objects.requireNonNull(jobId, "jobId");
    Objects.requireNonNull(timing, "timing");
    Objects.requireNonNull(lastRunAt, "lastRunAt");
  }

  /**
   * When it is due next; this may be in the past.
   *
   * @param since since when the agent has known the schedule as it is now; a cron time before that
   *     is none of its business
   * @param counted up to when due times have been dealt with; empty if there was none yet
   * @return empty if it will never be due
   */
  public Optional<Instant> nextDue(Instant since, Optional<Instant> counted) {
    return switch (timing) {
      case Timing.Cron cron ->
          cron.expression().nextAfter(latest(latest(since, counted), lastRunAt), cron.zone());
      case Timing.Every every ->
          Optional.of(lastRun(counted).map(last -> last.plus(every.interval())).orElse(since));
    };
  }

  private Optional<Instant> lastRun(Optional<Instant> counted) {
    return lastRunAt.isPresent() && counted.isPresent()
        ? Optional.of(latest(lastRunAt.get(), counted))
        : lastRunAt.or(() -> counted);
  }

  private static Instant latest(Instant one, Optional<Instant> other) {
    return other.filter(one::isBefore).orElse(one);
  }
}
