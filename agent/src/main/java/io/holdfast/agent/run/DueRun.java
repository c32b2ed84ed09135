package io.holdfast.agent.run;

import io.holdfast.agent.job.Job;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A job whose time has come.
 *
 * @param scheduledFor the earliest due time among the schedules that fired; empty if somebody asked
 * @param schedules those that fired: several that are due at once are served by one run
 */
public record DueRun(
    Job job,
    TriggeredBy triggeredBy,
    Optional<Instant> scheduledFor,
    List<FiredSchedule> schedules) {

  public DueRun {
    Objects.requireNonNull(job, "job");
    Objects.requireNonNull(triggeredBy, "triggeredBy");
    Objects.requireNonNull(scheduledFor, "scheduledFor");
    schedules = List.copyOf(schedules);
  }

  /**
   * A schedule that fired.
   *
   * @param nextRunAt when it is due again
   */
  public record FiredSchedule(int id, Optional<Instant> nextRunAt) {}

  /** The job, now, because somebody asked for it. */
  public static DueRun manual(Job job) {
    return new DueRun(job, TriggeredBy.MANUAL, Optional.empty(), List.of());
  }
}
