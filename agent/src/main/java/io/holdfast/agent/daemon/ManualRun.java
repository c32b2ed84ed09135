package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.report.Drain;
import io.holdfast.agent.report.ProgressBoard;
import io.holdfast.agent.report.RunSink;
import io.holdfast.agent.restic.BackupProgress;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.ProgressListener;
import io.holdfast.agent.run.DeviceLocks;
import io.holdfast.agent.run.DeviceLocks.Held;
import io.holdfast.agent.run.DueRun;
import io.holdfast.agent.run.RunJournal;
import io.holdfast.agent.run.RunObserver;
import io.holdfast.agent.run.RunOrder;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.sync.DeviceConfig;
import io.holdfast.agent.text.Visible;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A run that the person at the machine asked for: in this very process, with the executor, the
 * spool and the locks of the daemon.
 */
public final class ManualRun {

  private static final Duration LOOK_FOR_A_SLOT_EVERY = Duration.ofMillis(200);
  private static final Duration DELIVERY_PATIENCE = Duration.ofSeconds(20);
  private static final Duration PROGRESS_EVERY = Duration.ofSeconds(3);

  private final AgentParts parts;
  private final ProgressBoard board = new ProgressBoard();

  public ManualRun(AgentParts parts) {
    this.parts = parts;
  }

  /** What came of it. */
  public sealed interface Result {
    /** The job ran; {@code undelivered} says why the control plane does not know yet, if so. */
    record Ran(RunFinished finished, Optional<Problem> undelivered) implements Result {}

    /** The job did not run, and nothing was written down. */
    record Declined(String message, String remedy) implements Result {}
  }

  /**
   * Runs the job with this name or id now.
   *
   * @param onTrouble told what the person should know: that the run waits for others on this
   *     device, or that the control plane cannot be reached
   * @throws ControlPlaneException if the configuration cannot be read
   * @throws InterruptedException if the thread was interrupted while the run waited
   */
  public Result run(
      String job, ProgressListener listener, Cancellation cancellation, Consumer<String> onTrouble)
      throws ControlPlaneException, InterruptedException {
    DeviceConfig config = SyncedConfig.of(parts, onTrouble).config();
    Optional<JobPlan> plan = config.planNamed(job);
    if (plan.isEmpty()) {
      return declined(config, job);
    }
    if (!config.device().enabled()) {
      return new Result.Declined(
          "an admin has paused this device",
          "Ask for: UPDATE devices SET enabled = true WHERE id = '" + config.device().id() + "'.");
    }
    DeviceLocks locks = parts.locks();
    Optional<Held> held = locks.tryJob(plan.get().job().id());
    if (held.isEmpty()) {
      return new Result.Declined(
          "job \"" + plan.get().job().name() + "\" is running already, or waits for its turn",
          "'holdfast status' shows how far it is.");
    }
    try (Held _ = held.get();
        Held _ = slot(locks, config.settings().maxConcurrentBackups(), onTrouble, cancellation)) {
      RunOrder order =
          new RunOrder(
              DueRun.manual(plan.get().job(), parts.clock().instant()),
              config.device(),
              config.settings());
      return execute(order, listener, cancellation);
    }
  }

  private static Held slot(
      DeviceLocks locks, int slots, Consumer<String> onTrouble, Cancellation cancellation)
      throws InterruptedException {
    Optional<Held> slot = locks.trySlot(slots);
    if (slot.isEmpty()) {
      onTrouble.accept("waiting: other backups are running on this device");
    }
    while (slot.isEmpty()) {
      if (cancellation.isCancelled()) {
        throw new InterruptedException("cancelled while waiting for a slot");
      }
      Thread.sleep(LOOK_FOR_A_SLOT_EVERY);
      slot = locks.trySlot(slots);
    }
    return slot.get();
  }

  private Result execute(RunOrder order, ProgressListener listener, Cancellation cancellation)
      throws InterruptedException {
    Drain drain = parts.drain();
    Loop drains = Loop.onItsOwnThread("drain", () -> drained(drain));
    Loop progress = Loop.onItsOwnThread("progress", this::showProgress);
    RunJournal journal = parts.journal(board, drains::wake);
    if (!parts.recovery(journal).clear(order.due().job().id(), order.settings())) {
      return new Result.Declined(
          "restic of an earlier run of this job lives still and cannot be ended",
          "Look for a dead network mount among its source paths.");
    }
    drains.start();
    progress.start();
    try {
      RunFinished finished =
          parts.executor(journal).execute(order, new Shown(listener), cancellation);
      drains.stop(DELIVERY_PATIENCE);
      return new Result.Ran(finished, drain.turn());
    } finally {
      progress.stop(Duration.ZERO);
      drains.stop(Duration.ZERO);
    }
  }

  /** Shows the person at the machine how far the run is. */
  private record Shown(ProgressListener listener) implements RunObserver {
    @Override
    public void progress(BackupProgress latest) {
      listener.progress(latest);
    }
  }

  private static Duration drained(Drain drain) {
    drain.turn();
    return Duration.ofMinutes(1);
  }

  private Duration showProgress() {
    RunSink sink = parts.runSink();
    board
        .take()
        .forEach((run, latest) -> {
          try {
            sink.progress(run, latest);
          } catch (ControlPlaneException e) {
            // A courtesy: the outcome goes through the spool.
          }
        });
    return PROGRESS_EVERY;
  }

  private static Result.Declined declined(DeviceConfig config, String job) {
    if (config.disabledJobs().contains(job)) {
      return new Result.Declined(
          "job \"" + job + "\" is switched off",
          "Ask an admin for: UPDATE backup_jobs SET enabled = true WHERE name = '" + job + "'.");
    }
    Optional<Problem> broken =
        config.problems().stream()
            .filter(p -> p.subject().equals("job " + Visible.of(job)))
            .findFirst();
    if (broken.isPresent()) {
      return new Result.Declined(broken.get().message(), broken.get().remedy());
    }
    return new Result.Declined(
        "this device has no job \"" + job + "\"",
        config.plans().isEmpty()
            ? "It has no jobs at all: an admin adds them to the table backup_jobs."
            : "It has: "
                + String.join(", ", config.plans().stream().map(plan -> plan.job().name()).toList())
                + ".");
  }
}
