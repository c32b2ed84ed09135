package io.holdfast.agent.run;

import io.holdfast.agent.job.Settings;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.LockPolicy;
import io.holdfast.agent.restic.LockPolicy.Advice;
import io.holdfast.agent.restic.Orphan;
import io.holdfast.agent.restic.ProcessIdentity;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.RepositoryLock;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.run.OpenRun.Stage;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the locks that restic processes of our own left in the repository when they were killed.
 * Backups go on beside such a lock, but nothing can be forgotten, pruned or checked until it is
 * gone.
 */
public final class Aftermath {

  private static final Logger log = LoggerFactory.getLogger(Aftermath.class);

  /** Runs something while no other device does the same. */
  @FunctionalInterface
  public interface Alone {
    /**
     * @return whether it was run
     * @throws InterruptedException if the thread was interrupted
     */
    boolean run(Step step) throws InterruptedException;

    /** What is run. */
    @FunctionalInterface
    interface Step {
      void take() throws InterruptedException;
    }
  }

  private final OpenRuns openRuns;
  private final ResticProvider provider;
  private final LockPolicy policy;
  private final Alone alone;

  /**
   * @param alone the lease on the repository, so that two devices do not unlock at once
   */
  public Aftermath(OpenRuns openRuns, ResticProvider provider, LockPolicy policy, Alone alone) {
    this.openRuns = openRuns;
    this.provider = provider;
    this.policy = policy;
    this.alone = alone;
  }

  /**
   * Looks once. The caller sees to it that no restic of this device runs meanwhile.
   *
   * @return whether nothing is left to do
   * @throws InterruptedException if the thread was interrupted
   */
  public boolean settle(Settings settings, Instant now) throws InterruptedException {
    List<OpenRun> left = left();
    if (left.isEmpty()) {
      return true;
    }
    for (OpenRun run : left) {
      if (!Orphan.end(run.restic(), SnapshotTags.ofRun(run.start().id().value()))) {
        return false;
      }
    }
    if (RepositoryAccess.missing(settings).isPresent()) {
      return false;
    }
    try {
      return clean(provider.get(), RepositoryAccess.of(settings), left, now);
    } catch (ResticUnavailable e) {
      return false;
    }
  }

  private List<OpenRun> left() {
    return openRuns.all().stream().filter(run -> run.stage() == Stage.AFTERMATH).toList();
  }

  private boolean clean(Restic restic, Repository repository, List<OpenRun> left, Instant now)
      throws InterruptedException {
    Set<Long> dead =
        left.stream()
            .flatMap(run -> run.restic().stream())
            .map(ProcessIdentity::pid)
            .collect(Collectors.toSet());
    // An agent that dies as soon as it has started restic has not written down its number.
    Optional<Instant> unknownSince =
        left.stream()
            .filter(run -> run.restic().isEmpty())
            .map(run -> run.start().startedAt())
            .min(Comparator.naturalOrder());
    Function<List<RepositoryLock>, Advice> judge =
        locks -> policy.advice(locks, dead, unknownSince, now);
    Optional<Advice> advice = restic.locks(repository).map(judge);
    if (advice.filter(Advice.UNLOCK::equals).isPresent()) {
      boolean unlocked =
          alone.run(() -> {
            // Once more, with the lease: another device may have been at work.
            Optional<List<RepositoryLock>> locks = restic.locks(repository);
            if (locks.map(judge).filter(Advice.UNLOCK::equals).isPresent()) {
              log.info("a lock that a killed restic left in the repository is removed");
              restic.unlock(repository);
            }
          });
      advice = unlocked ? restic.locks(repository).map(judge) : Optional.empty();
    }
    if (advice.filter(Advice.CLEAN::equals).isEmpty()) {
      return false;
    }
    left.forEach(run -> openRuns.close(run.start().id()));
    return true;
  }
}
