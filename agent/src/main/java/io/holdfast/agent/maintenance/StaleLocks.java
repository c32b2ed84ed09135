package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.maintenance.HousekeepingBook.LeftBehind;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.Kernel;
import io.holdfast.agent.restic.LockPolicy;
import io.holdfast.agent.restic.LockPolicy.Advice;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.RepositoryLock;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.run.Verdict;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The locks of the dead, which restic itself leaves where they are: nothing could ever be forgotten
 * or pruned beside one.
 */
public final class StaleLocks {

  private static final Logger log = LoggerFactory.getLogger(StaleLocks.class);

  private static final Duration LOOK_EVERY = Duration.ofSeconds(5);

  /**
   * A lock that keeps all others out keeps backups out too: they had better wait until it is old
   * enough to be removed than fail of it.
   */
  private static final Duration PATIENCE_WITH_EXCLUSIVE = Duration.ofMinutes(50);

  private final HousekeepingBook book;
  private final Supplier<LockPolicy> policies;
  private final Map<String, LockPolicy> policyOf = new ConcurrentHashMap<>();
  private final String deviceId;
  private final Clock clock;

  /**
   * @param policies each remembers the locks that it was shown, so there is one for each repository
   *     and the life of the agent
   */
  public StaleLocks(
      HousekeepingBook book, Supplier<LockPolicy> policies, String deviceId, Clock clock) {
    this.book = book;
    this.policies = policies;
    this.deviceId = deviceId;
    this.clock = clock;
  }

  /**
   * Removes them if that is safe now. Backups may go on meanwhile.
   *
   * @throws ControlPlaneException if the control plane cannot be asked
   * @throws InterruptedException if the thread was interrupted
   */
  void look(Restic restic, Repository repository, String repositoryId)
      throws ControlPlaneException, InterruptedException {
    Optional<List<RepositoryLock>> locks = restic.locks(repository);
    if (locks.isPresent() && advice(locks.get(), repositoryId) == Advice.UNLOCK) {
      unlock(restic, repository);
    }
  }

  private Advice advice(List<RepositoryLock> locks, String repositoryId)
      throws ControlPlaneException {
    return locks.isEmpty()
        ? Advice.CLEAN
        : policyOf
            .computeIfAbsent(repositoryId, _ -> policies.get())
            .adviceToHousekeeper(locks, dead(repositoryId), clock.instant());
  }

  private static void unlock(Restic restic, Repository repository) throws InterruptedException {
    log.info("locks that the dead have left in the repository are removed");
    restic.unlock(repository);
  }

  /**
   * Removes them, or waits a while for those that live; longer if they keep backups out as well. To
   * be called by one who has the lease.
   *
   * @return why the repository is not free of locks, if it is not
   * @throws ControlPlaneException if the control plane cannot be asked
   * @throws InterruptedException if the thread was interrupted
   */
  Optional<Verdict> clear(
      Restic restic,
      Repository repository,
      String repositoryId,
      Cancellation cancellation,
      Duration patience)
      throws ControlPlaneException, InterruptedException {
    long begin = System.nanoTime();
    while (!cancellation.isCancelled()) {
      Optional<List<RepositoryLock>> locks = restic.locks(repository);
      if (locks.isEmpty()) {
        return Optional.of(
            Verdict.failed(
                "repository-unreachable",
                "the repository does not answer",
                "'holdfast doctor' on this machine says more."));
      }
      switch (advice(locks.get(), repositoryId)) {
        case CLEAN -> {
          return Optional.empty();
        }
        case UNLOCK -> unlock(restic, repository);
        case WAIT -> {
          boolean exclusive = locks.get().stream().anyMatch(RepositoryLock::exclusive);
          Duration limit = exclusive ? PATIENCE_WITH_EXCLUSIVE : patience;
          if (System.nanoTime() - begin > limit.toNanos()) {
            return Optional.of(locked(locks.get().getFirst()));
          }
          Thread.sleep(LOOK_EVERY);
        }
      }
    }
    return Optional.of(Done.cancelled(cancellation));
  }

  private static Verdict locked(RepositoryLock lock) {
    return Verdict.failed(
        "repository-locked",
        "process "
            + lock.pid()
            + " on "
            + lock.hostname()
            + " holds a lock on the repository since "
            + lock.time(),
        "Nothing, if it is a backup that could not reach the control plane. A lock whose holder is"
            + " dead is removed when it is old enough that nobody can be hit.");
  }

  /**
   * Process numbers mean something only where they were given out; after a restart of the machine
   * all that this device had started are gone.
   */
  private Set<Long> dead(String repositoryId) throws ControlPlaneException {
    String here = Kernel.here();
    return book.leftBehind(repositoryId).stream()
        .filter(left ->
            here.equals(left.kernel())
                ? !here.isEmpty() && left.process().hasEnded()
                : left.deviceId().equals(deviceId) && bootedSince(here, left))
        .map(left -> left.process().pid())
        .collect(Collectors.toSet());
  }

  private static boolean bootedSince(String here, LeftBehind left) {
    return !here.isEmpty()
        && !left.kernel().isEmpty()
        && !here.split(" ", 2)[0].equals(left.kernel().split(" ", 2)[0]);
  }
}
