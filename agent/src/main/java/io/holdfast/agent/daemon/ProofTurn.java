package io.holdfast.agent.daemon;

import io.holdfast.agent.proof.DueProofs;
import io.holdfast.agent.proof.Prover;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.run.DeviceLocks;
import io.holdfast.agent.run.DeviceLocks.Held;
import io.holdfast.agent.run.TriggeredBy;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.schedule.ProofPlan;
import io.holdfast.agent.sync.DeviceConfig;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Restores and compares a sample of a job's newest snapshot when that is due, one job at a time.
 */
final class ProofTurn implements Loop.Turn {

  private static final Duration LOOK_EVERY = Duration.ofSeconds(30);

  private final Prover prover;
  private final DueProofs due;
  private final DeviceLocks locks;
  private final Supplier<Optional<DeviceConfig>> config;
  private final Clock clock;
  private final Cancellation cancellation = new Cancellation();

  ProofTurn(
      Prover prover,
      DueProofs due,
      DeviceLocks locks,
      Supplier<Optional<DeviceConfig>> config,
      Clock clock) {
    this.prover = prover;
    this.due = due;
    this.locks = locks;
    this.config = config;
    this.clock = clock;
  }

  @Override
  public Duration take() throws InterruptedException {
    Optional<DeviceConfig> now = config.get().filter(known -> known.device().enabled());
    if (now.isEmpty() || cancellation.isCancelled()) {
      return LOOK_EVERY;
    }
    Optional<JobPlan> plan = due.due(now.get().plans(), clock.instant());
    if (plan.isEmpty()) {
      return LOOK_EVERY;
    }
    // As a backup would: the machine does no more at once than it may.
    Optional<Held> slot = locks.trySlot(now.get().settings().maxConcurrentBackups());
    if (slot.isEmpty()) {
      return LOOK_EVERY;
    }
    try (Held _ = slot.get()) {
      Optional<Held> alone = locks.tryProof();
      if (alone.isEmpty()) {
        return LOOK_EVERY;
      }
      try (Held _ = alone.get()) {
        return prove(now.get(), plan.get());
      }
    }
  }

  private Duration prove(DeviceConfig now, JobPlan plan) throws InterruptedException {
    ProofPlan proof = plan.proof().orElseThrow();
    var begun = clock.instant();
    var ended =
        prover.prove(
            new Prover.Wish(
                plan.job(), now.settings(), proof.files(), proof.bytes(), TriggeredBy.SCHEDULE),
            cancellation);
    if (!ended.verdict().code().equals("agent-stopped")) {
      due.done(plan.job().id(), begun);
    }
    return Duration.ZERO;
  }

  /** What goes on is ended cleanly, and is due again when an agent runs. */
  void beginStop() {
    cancellation.agentStops();
  }
}
