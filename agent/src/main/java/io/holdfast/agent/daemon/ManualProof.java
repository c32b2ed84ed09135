package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.proof.Prover;
import io.holdfast.agent.report.ProgressBoard;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.run.DeviceLocks.Held;
import io.holdfast.agent.run.RunRecord.ProofEnded;
import io.holdfast.agent.run.TriggeredBy;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.sync.ConfigRows.JobRow;
import io.holdfast.agent.sync.ConfigRows.VerifyColumns;
import io.holdfast.agent.sync.DeviceConfig;
import java.util.Optional;

/** A restore test that the person at the machine asks for: in the same way as by schedule. */
public final class ManualProof {

  private final AgentParts parts;
  private final Cancellation cancellation;

  public ManualProof(AgentParts parts, Cancellation cancellation) {
    this.parts = parts;
    this.cancellation = cancellation;
  }

  /** What came of it. */
  public sealed interface Result {
    record Ended(ProofEnded ended) implements Result {}

    /** Nothing was done. */
    record Declined(String message, String remedy) implements Result {}
  }

  /**
   * Tests the newest snapshot of the job with this name or id now.
   *
   * @param files in the sample, if not as many as the job says
   * @throws ControlPlaneException if the configuration cannot be read
   * @throws InterruptedException if the thread was interrupted
   */
  public Result prove(String job, Optional<Integer> files)
      throws ControlPlaneException, InterruptedException {
    SyncedConfig synced = SyncedConfig.of(parts, _ -> {});
    DeviceConfig config = synced.config();
    Optional<JobPlan> plan = config.planNamed(job);
    if (plan.isEmpty()) {
      return new Result.Declined(
          "this device has no job \"" + job + "\" that is switched on",
          config.plans().isEmpty()
              ? "It has none at all: an admin adds them to the table backup_jobs."
              : "It has: "
                  + String.join(", ", config.plans().stream().map(its -> its.job().name()).toList())
                  + ".");
    }
    Optional<Held> alone = parts.locks().tryProof();
    if (alone.isEmpty()) {
      return new Result.Declined(
          "another restore test goes on on this device", "Try again when it has ended.");
    }
    try (Held _ = alone.get()) {
      VerifyColumns columns = columns(synced, plan.get());
      Prover prover = parts.prover(parts.journal(new ProgressBoard(), () -> {}));
      ProofEnded ended =
          prover.prove(
              new Prover.Wish(
                  plan.get().job(),
                  config.settings(),
                  files.orElse(columns.files()),
                  columns.bytes(),
                  TriggeredBy.MANUAL),
              cancellation);
      var _ = parts.drain().turn();
      return new Result.Ended(ended);
    }
  }

  /** They count for a job that is never proved by schedule too. */
  private static VerifyColumns columns(SyncedConfig synced, JobPlan plan) {
    return synced.rows().jobs().stream()
        .filter(row -> row.id().equals(plan.job().id()))
        .findFirst()
        .map(JobRow::verify)
        .orElse(VerifyColumns.NONE);
  }
}
