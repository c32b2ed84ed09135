package io.holdfast.agent.run;

import io.holdfast.agent.job.Job;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A job whose turn has come.
 *
 * @param why what it is owed for
 * @param schedules those that fired: several that are due at once are served by one run
 */
public record DueRun(Job job, Owed why, List<FiredSchedule> schedules) {

  public DueRun {
    Objects.requireNonNull(job, "job");
    Objects.requireNonNull(why, "why");
    schedules = List.copyOf(schedules);
  }

  /**
   * A schedule that fired.
   *
   * @param nextRunAt when it is due again
   */
  public record FiredSchedule(int id, Optional<Instant> nextRunAt) {}

  /** The job, now, because the person at the machine asked for it. */
  public static DueRun manual(Job job, Instant now) {
    return new DueRun(job, Owed.manual(job.id(), now), List.of());
  }

  /**
   * The job for what it is owed.
   *
   * @param next when each schedule is due again
   */
  public static DueRun of(Job job, Owed why, Map<Integer, Instant> next) {
    return new DueRun(
        job,
        why,
        why.schedules().stream()
            .map(id -> new FiredSchedule(id, Optional.ofNullable(next.get(id))))
            .toList());
  }
}
