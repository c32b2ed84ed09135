package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.maintenance.Housekeeper.Workplace;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.RepositoryKeys;
import io.holdfast.agent.restic.WorkReport;
import java.util.Optional;
import java.util.UUID;

/** Takes a key away from a repository that nobody else is at work in: restic wants it so. */
public final class KeyRemoval {

  private static final String PURPOSE = "key-removal";

  private final Leases leases;

  public KeyRemoval(Leases leases) {
    this.leases = leases;
  }

  /**
   * Removes it.
   *
   * @return why it was not removed, if so
   * @throws ControlPlaneException if the control plane cannot be asked, or this is no housekeeper
   * @throws InterruptedException if the thread was interrupted
   */
  public Optional<String> remove(Workplace place, RepositoryKeys.Key key)
      throws ControlPlaneException, InterruptedException {
    Cancellation cancellation = new Cancellation();
    Optional<HeldLease> taken =
        HeldLease.take(
            leases,
            place.repositoryId(),
            PURPOSE,
            UUID.randomUUID(),
            place.settings().housekeeping().lease(),
            cancellation);
    if (taken.isEmpty()) {
      return Optional.of("another housekeeper has the repository");
    }
    try (HeldLease lease = taken.get()) {
      if (!lease.alone(place.settings().housekeeping().patience(), () -> {})) {
        return Optional.of("backups went on for longer than housekeeping_patience_seconds");
      }
      WorkReport removed = new RepositoryKeys(place.restic()).remove(place.repository(), key);
      return removed.complete() ? Optional.empty() : Optional.of(removed.reason());
    }
  }
}
