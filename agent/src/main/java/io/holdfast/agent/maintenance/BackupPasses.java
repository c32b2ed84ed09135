package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.run.RepositoryGate;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets the backups of this device into a repository, as the control plane allows. */
public final class BackupPasses implements RepositoryGate {

  private static final Logger log = LoggerFactory.getLogger(BackupPasses.class);

  /** A backup whose device gives no sign for so long does not keep a housekeeper waiting. */
  private static final Duration LENGTH = Duration.ofMinutes(5);

  private static final Duration RENEW_EVERY = Duration.ofMinutes(1);
  private static final Duration ASK_EVERY = Duration.ofSeconds(3);
  private static final Pass NONE = () -> {};

  private final Leases leases;
  private final RepositoryIds ids;

  public BackupPasses(Leases leases, RepositoryIds ids) {
    this.leases = leases;
    this.ids = ids;
  }

  @Override
  public Pass enter(
      Restic restic, Repository repository, UUID run, Cancellation cancellation, Runnable waits)
      throws InterruptedException {
    Optional<String> id = ids.of(restic, repository);
    if (id.isEmpty()) {
      // The backup itself will say why.
      return NONE;
    }
    boolean told = false;
    while (!cancellation.isCancelled()) {
      try {
        Optional<String> keptOutBy = leases.enter(id.get(), run, LENGTH);
        if (keptOutBy.isEmpty()) {
          return pass(run);
        }
        if (!told) {
          log.info("a backup waits for the end of {}", keptOutBy.get());
          waits.run();
          told = true;
        }
      } catch (ControlPlaneException e) {
        log.debug("a backup begins without leave: {}", e.getMessage());
        return NONE;
      }
      Thread.sleep(ASK_EVERY);
    }
    return NONE;
  }

  private Pass pass(UUID run) {
    CountDownLatch left = new CountDownLatch(1);
    Thread.ofVirtual().name("pass").start(() -> stay(run, left));
    return () -> {
      left.countDown();
      try {
        leases.leave(run);
      } catch (ControlPlaneException e) {
        log.debug("the end of a backup was not told to the housekeepers: {}", e.getMessage());
      }
    };
  }

  private void stay(UUID run, CountDownLatch left) {
    try {
      while (!left.await(RENEW_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        try {
          leases.stay(run, LENGTH);
        } catch (ControlPlaneException e) {
          log.debug("a backup could not say that it goes on: {}", e.getMessage());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
