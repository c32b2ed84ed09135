package io.holdfast.agent.restic;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;

/**
 * Whether {@code restic unlock} may be run. It removes, without asking, every lock older than 30
 * minutes by our clock and every one of our host whose process it cannot signal, and it sends
 * SIGHUP to the process whose number stands in a younger lock of our host. So it may only be run
 * when all that it would remove is dead by our own knowledge and nobody is hit by the signal.
 */
public final class LockPolicy {

  /** After this restic takes a lock for stale, whoever holds it. */
  private static final Duration STALE = Duration.ofMinutes(30);

  /** A living lock is refreshed every 5 minutes: one that stays the same for twice that is dead. */
  private static final Duration WINDOW = Duration.ofMinutes(10);

  /** What a process number stands for on this machine now. */
  public enum Holder {
    GONE,
    RESTIC,
    SOMETHING_ELSE
  }

  /** What to do. */
  public enum Advice {
    /** None of the locks is one of ours that was left behind. */
    CLEAN,
    /** Run {@code restic unlock} now. */
    UNLOCK,
    /** Look again in some minutes. */
    WAIT
  }

  private final String hostname;
  private final long uid;
  private final LongFunction<Holder> holders;
  private final Map<String, Instant> firstSeen = new HashMap<>();

  /**
   * @param hostname ours, as restic writes it into locks
   * @param uid ours; restic takes a process of another user for dead
   * @param holders what a process number stands for
   */
  public LockPolicy(String hostname, long uid, LongFunction<Holder> holders) {
    this.hostname = hostname;
    this.uid = uid;
    this.holders = holders;
  }

  /**
   * Judges the locks that the repository holds now. To be asked again and again: some locks count
   * as dead only when they have stayed the same for long enough.
   *
   * @param deadPids the processes of our own that were killed, and that are known to have ended
   * @param unknownSince since when a process of our own may have been killed whose number nobody
   *     wrote down, if one may
   */
  public Advice advice(
      List<RepositoryLock> locks, Set<Long> deadPids, Optional<Instant> unknownSince, Instant now) {
    remember(locks, now);
    if (locks.stream().noneMatch(lock -> isOurs(lock, deadPids) || mayBeOurs(lock, unknownSince))) {
      return Advice.CLEAN;
    }
    return locks.stream().anyMatch(lock -> unlockWouldHarm(lock, deadPids, now))
        ? Advice.WAIT
        : Advice.UNLOCK;
  }

  /**
   * The same for one who needs the repository for himself: any lock is in his way.
   *
   * @param deadPids processes of this machine that are known to have ended
   * @return CLEAN if there is none, UNLOCK if all that unlocking removes is dead
   */
  public Advice adviceToHousekeeper(List<RepositoryLock> locks, Set<Long> deadPids, Instant now) {
    remember(locks, now);
    if (locks.isEmpty()) {
      return Advice.CLEAN;
    }
    boolean helps = locks.stream().anyMatch(lock -> unlockWouldRemove(lock, deadPids, now));
    return helps && locks.stream().noneMatch(lock -> unlockWouldHarm(lock, deadPids, now))
        ? Advice.UNLOCK
        : Advice.WAIT;
  }

  private boolean unlockWouldRemove(RepositoryLock lock, Set<Long> deadPids, Instant now) {
    return isOurs(lock, deadPids)
        || lock.time().plus(STALE).isBefore(now)
        || (lock.hostname().equals(hostname) && holders.apply(lock.pid()) == Holder.GONE);
  }

  private void remember(List<RepositoryLock> locks, Instant now) {
    firstSeen.keySet().retainAll(locks.stream().map(RepositoryLock::id).toList());
    locks.forEach(lock -> firstSeen.putIfAbsent(lock.id(), now));
  }

  private boolean unlockWouldHarm(RepositoryLock lock, Set<Long> deadPids, Instant now) {
    boolean known = isOurs(lock, deadPids) || unchanged(lock, now);
    if (lock.time().plus(STALE).isBefore(now)) {
      return !known;
    }
    if (!lock.hostname().equals(hostname)) {
      // Left alone.
      return false;
    }
    return switch (holders.apply(lock.pid())) {
      case GONE -> !known;
      // Left alone, and deaf to the signal; but one that we may not signal counts as dead.
      case RESTIC -> uid != 0 && lock.uid() != uid;
      case SOMETHING_ELSE -> true;
    };
  }

  private boolean isOurs(RepositoryLock lock, Set<Long> deadPids) {
    return lock.hostname().equals(hostname) && lock.uid() == uid && deadPids.contains(lock.pid());
  }

  /**
   * Another machine may have our name, so that such a lock is ours for sure only when it is old.
   */
  private boolean mayBeOurs(RepositoryLock lock, Optional<Instant> unknownSince) {
    return lock.hostname().equals(hostname)
        && lock.uid() == uid
        && unknownSince.filter(since -> !lock.time().isBefore(since)).isPresent()
        && holders.apply(lock.pid()) == Holder.GONE;
  }

  private boolean unchanged(RepositoryLock lock, Instant now) {
    return firstSeen.getOrDefault(lock.id(), now).plus(WINDOW).isBefore(now);
  }
}
