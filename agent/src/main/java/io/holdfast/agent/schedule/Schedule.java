package io.holdfast.agent.schedule;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * When a job is due: a valid row of {@code schedules}.
 *
 * @param lastRunAt when a run of this schedule last started, as the control plane knows it; for an
 *     agent that does not remember it
 * @param catchUp whether times that passed while the agent could not run are made up for
 */
public record Schedule(
    int id, UUID jobId, Timing timing, Optional<Instant> lastRunAt, boolean catchUp) {

  public Schedule {
    Objects.requireNonNull(jobId, "jobId");
    Objects.requireNonNull(timing, "timing");
    Objects.requireNonNull(lastRunAt, "lastRunAt");
  }
}
