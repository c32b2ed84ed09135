package io.holdfast.agent.daemon;

import io.holdfast.agent.job.Problem;
import io.holdfast.agent.run.Aftermath;
import io.holdfast.agent.run.Agenda;
import io.holdfast.agent.run.CrashRecovery;
import io.holdfast.agent.run.CrashRecovery.Result;
import io.holdfast.agent.run.DeviceLocks;
import io.holdfast.agent.run.DeviceLocks.Held;
import io.holdfast.agent.run.OpenRun;
import io.holdfast.agent.run.OpenRun.Stage;
import io.holdfast.agent.run.OpenRuns;
import io.holdfast.agent.run.Owed;
import io.holdfast.agent.run.Retries;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.sync.DeviceConfig;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Puts in order what an agent that died, or a restic that was killed, has left: open runs,
 * processes, locks in the repository.
 */
final class RecoveryTurn implements Loop.Turn {

  private static final Duration NOTHING_TO_DO = Duration.ofHours(1);
  private static final Duration SOMETHING_LEFT = Duration.ofMinutes(1);
  private static final Duration WORTH_TELLING = Duration.ofHours(1);

  private final OpenRuns openRuns;
  private final CrashRecovery recovery;
  private final Aftermath aftermath;
  private final DeviceLocks locks;
  private final Agenda agenda;
  private final Supplier<Optional<DeviceConfig>> config;
  private final Clock clock;
  private final RandomGenerator random;
  private final ProblemBoard problems;
  private final Runnable changed;

  /**
   * @param changed told when a run was closed, whose job may be tried again now
   */
  RecoveryTurn(
      OpenRuns openRuns,
      CrashRecovery recovery,
      Aftermath aftermath,
      DeviceLocks locks,
      Agenda agenda,
      Supplier<Optional<DeviceConfig>> config,
      Clock clock,
      RandomGenerator random,
      ProblemBoard problems,
      Runnable changed) {
    this.openRuns = openRuns;
    this.recovery = recovery;
    this.aftermath = aftermath;
    this.locks = locks;
    this.agenda = agenda;
    this.config = config;
    this.clock = clock;
    this.random = random;
    this.problems = problems;
    this.changed = changed;
  }

  @Override
  public Duration take() throws InterruptedException {
    Optional<DeviceConfig> now = config.get();
    if (now.isEmpty() || openRuns.all().isEmpty()) {
      problems.set("lock-left", Optional.empty());
      // The first configuration wakes us.
      return NOTHING_TO_DO;
    }
    boolean left = false;
    for (OpenRun open : openRuns.all()) {
      if (open.stage() != Stage.AFTERMATH) {
        left |= !closed(open, now.get());
      }
    }
    left |= !settled(now.get());
    tellOfLocks();
    return left ? SOMETHING_LEFT : NOTHING_TO_DO;
  }

  /** Whether nothing is left to do for it here: a run that goes on is none of our business. */
  private boolean closed(OpenRun open, DeviceConfig config) throws InterruptedException {
    Optional<Held> job = locks.tryJob(open.start().jobId());
    if (job.isEmpty()) {
      return true;
    }
    try (Held _ = job.get()) {
      if (openRuns.all().stream().noneMatch(run -> run.start().equals(open.start()))) {
        // It ended between our look and our lock.
        return true;
      }
      return switch (recovery.close(open, config.settings())) {
        case Result.StillAlive _ -> false;
        case Result.Provisional(RunFinished finished) -> {
          if (open.stage() == Stage.RUNNING) {
            owe(open, finished, config);
          }
          yield false;
        }
        case Result.Closed(RunFinished finished) -> {
          owe(open, finished, config);
          yield true;
        }
      };
    } finally {
      changed.run();
    }
  }

  /** By the rules for runs that came to nothing; a snapshot that was found settles it. */
  private void owe(OpenRun open, RunFinished finished, DeviceConfig config) {
    agenda.closed(open.start());
    config
        .plan(open.start().jobId())
        .flatMap(plan -> Retries.after(finished, plan.job().limits(), clock.instant(), random))
        .filter(retry ->
            agenda.owed(retry.jobId()).map(Owed::retryOf).filter(retry.retryOf()::equals).isEmpty())
        .ifPresent(agenda::owe);
  }

  /** Only while no restic of this device runs: all its slots are held meanwhile. */
  private boolean settled(DeviceConfig config) throws InterruptedException {
    if (openRuns.all().stream().noneMatch(run -> run.stage() == Stage.AFTERMATH)) {
      return true;
    }
    List<Held> slots = new ArrayList<>();
    try {
      int all = config.settings().maxConcurrentBackups();
      while (slots.size() < all) {
        Optional<Held> slot = locks.trySlot(all);
        if (slot.isEmpty()) {
          return false;
        }
        slots.add(slot.get());
      }
      return aftermath.settle(config.settings(), clock.instant());
    } finally {
      slots.forEach(Held::close);
    }
  }

  private void tellOfLocks() {
    Instant longAgo = clock.instant().minus(WORTH_TELLING);
    problems.set(
        "lock-left",
        openRuns.all().stream()
            .filter(run -> run.stage() == Stage.AFTERMATH && run.lastSign().isBefore(longAgo))
            .findFirst()
            .map(run ->
                Problem.ofDevice(
                        "lock-left",
                        "a restic that was killed on "
                            + run.lastSign()
                            + " may have left a lock in the repository, and it cannot be removed safely yet",
                        "Look at 'restic list locks'; once nothing runs, 'restic unlock' removes it.")
                    .asWarning()));
  }
}
