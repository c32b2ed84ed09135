package io.holdfast.agent.schedule;

import io.holdfast.agent.job.Job;
import java.util.List;
import java.util.Objects;

/** A job and the schedules by which it is due; none for a job that only runs by hand. */
public record JobPlan(Job job, List<Schedule> schedules) {

  public JobPlan {
    Objects.requireNonNull(job, "job");
    schedules = List.copyOf(schedules);
  }
}
