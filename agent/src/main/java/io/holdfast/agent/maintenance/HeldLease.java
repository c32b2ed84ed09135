package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.restic.Cancellation;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A repository that this device has to itself. Renewed all the time; once nobody can say any more
 * whether it is ours, what goes on is ended well before another may take it.
 */
final class HeldLease implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(HeldLease.class);

  /** Goes on with "the run was cancelled". */
  static final String LOST = "since its lease on the repository was lost";

  private static final Duration AFTER_BACKUPS_LEFT = Duration.ofSeconds(1);

  private static final Duration MEANWHILE_EVERY = Duration.ofSeconds(20);

  /** What is done while backups are waited for. */
  @FunctionalInterface
  interface Meanwhile {
    void look() throws ControlPlaneException, InterruptedException;
  }

  private final Leases leases;
  private final String repositoryId;
  private final String purpose;
  private final UUID run;
  private final Duration length;
  private final Cancellation cancellation;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile long token;
  private volatile long sure;
  private volatile int backups = Integer.MAX_VALUE;
  private volatile boolean paused;

  private HeldLease(
      Leases leases,
      String repositoryId,
      String purpose,
      UUID run,
      Duration length,
      long token,
      Cancellation cancellation) {
    this.leases = leases;
    this.repositoryId = repositoryId;
    this.purpose = purpose;
    this.run = run;
    this.length = length;
    this.token = token;
    this.cancellation = cancellation;
    sure = System.nanoTime();
  }

  /**
   * Takes the lease.
   *
   * @param cancellation told when it is lost
   * @return nothing if somebody else has it
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  static Optional<HeldLease> take(
      Leases leases,
      String repositoryId,
      String purpose,
      UUID run,
      Duration length,
      Cancellation cancellation)
      throws ControlPlaneException {
    OptionalLong token = leases.take(repositoryId, purpose, run, length);
    if (token.isEmpty()) {
      return Optional.empty();
    }
    HeldLease held =
        new HeldLease(leases, repositoryId, purpose, run, length, token.getAsLong(), cancellation);
    Thread.ofVirtual().name("lease").start(held::renewUntilClosed);
    return Optional.of(held);
  }

  long token() {
    return token;
  }

  /**
   * Waits until the backups that went on have ended.
   *
   * @param meanwhile done at once and then now and again, so that what holds them up is removed
   * @return whether they have; not if it took too long, or the lease was lost
   * @throws ControlPlaneException if the control plane cannot be asked
   * @throws InterruptedException if the thread was interrupted
   */
  boolean alone(Duration patience, Meanwhile meanwhile)
      throws ControlPlaneException, InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    long next = System.nanoTime();
    boolean told = false;
    while (!cancellation.isCancelled()) {
      if (System.nanoTime() >= next) {
        meanwhile.look();
        next = System.nanoTime() + MEANWHILE_EVERY.toNanos();
      }
      renew();
      if (backups == 0) {
        return !cancellation.isCancelled();
      }
      if (System.nanoTime() > deadline) {
        return false;
      }
      if (!told) {
        log.info("{} waits for {} backups to end", purpose, backups);
        told = true;
      }
      Thread.sleep(AFTER_BACKUPS_LEFT);
    }
    return false;
  }

  /**
   * Lets those in who wait, and takes the lease again.
   *
   * @return whether it could be taken again, and the repository is ours alone
   * @throws ControlPlaneException if the control plane cannot be asked
   * @throws InterruptedException if the thread was interrupted
   */
  boolean letOthersIn(Duration pause, Duration patience)
      throws ControlPlaneException, InterruptedException {
    pause();
    leases.release(repositoryId, token);
    Thread.sleep(pause);
    OptionalLong again = leases.take(repositoryId, purpose, run, length);
    if (again.isEmpty()) {
      return false;
    }
    token = again.getAsLong();
    backups = Integer.MAX_VALUE;
    sure = System.nanoTime();
    paused = false;
    return alone(patience, () -> {});
  }

  /** Not while it is being renewed: that would find it lost. */
  private synchronized void pause() {
    paused = true;
  }

  private void renewUntilClosed() {
    try {
      while (!closed.await(length.toMillis() / 5, TimeUnit.MILLISECONDS)) {
        renew();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void renew() {
    if (paused || closed.getCount() == 0) {
      return;
    }
    long asked = System.nanoTime();
    try {
      OptionalInt goOn = leases.renew(repositoryId, token, length);
      if (goOn.isEmpty()) {
        cancellation.cancel(LOST);
        return;
      }
      backups = goOn.getAsInt();
      sure = asked;
    } catch (ControlPlaneException e) {
      log.warn("the lease on the repository could not be renewed: {}", e.problem().message());
      // restic may take more than a minute to end cleanly.
      if (System.nanoTime() - sure > length.dividedBy(2).toNanos()) {
        cancellation.cancel(LOST);
      }
    }
  }

  @Override
  public void close() {
    closed.countDown();
    if (paused) {
      return;
    }
    try {
      leases.release(repositoryId, token);
    } catch (ControlPlaneException e) {
      log.warn("the lease on the repository runs out by itself: {}", e.problem().message());
    }
  }
}
