package io.holdfast.agent.schedule;

import io.holdfast.agent.job.Job;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A job and the schedules by which it is due; none for a job that only runs by hand.
 *
 * @param proof how its snapshots are proved; empty if never
 */
public record JobPlan(Job job, List<Schedule> schedules, Optional<ProofPlan> proof) {

  public JobPlan {
    Objects.requireNonNull(job, "job");
    Objects.requireNonNull(proof, "proof");
    schedules = List.copyOf(schedules);
  }

  /** One that is never proved. */
  public JobPlan(Job job, List<Schedule> schedules) {
    this(job, schedules, Optional.empty());
  }
}
