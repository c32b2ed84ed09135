package io.holdfast.agent.proof;

import io.holdfast.agent.schedule.JobPlan;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Which jobs' restore tests are due. A time that passed while the agent could not is made up for
 * once.
 */
public final class DueProofs {

  private final ProofTimes store;
  private final Map<UUID, Instant> counted;

  public DueProofs(ProofTimes store) {
    this.store = store;
    counted = new HashMap<>(store.load());
  }

  /**
   * The job that is due first, if one is. A job counts from when it was first seen.
   *
   * @throws java.io.UncheckedIOException if what was first seen cannot be written down
   */
  public synchronized Optional<JobPlan> due(List<JobPlan> plans, Instant now) {
    boolean changed = false;
    for (JobPlan plan : plans) {
      if (plan.proof().isPresent()) {
        changed |= counted.putIfAbsent(plan.job().id(), now) == null;
      }
    }
    if (changed) {
      store.save(counted);
    }
    return plans.stream()
        .filter(plan -> next(plan).filter(at -> !at.isAfter(now)).isPresent())
        .min(Comparator.comparing(plan -> next(plan).orElseThrow()));
  }

  private Optional<Instant> next(JobPlan plan) {
    return Optional.ofNullable(counted.get(plan.job().id()))
        .flatMap(last -> plan.proof().flatMap(p -> p.timing().nextDue(last, Optional.of(last))));
  }

  /**
   * It has been dealt with.
   *
   * @throws java.io.UncheckedIOException if that cannot be written down
   */
  public synchronized void done(UUID job, Instant at) {
    counted.put(job, at);
    store.save(counted);
  }
}
