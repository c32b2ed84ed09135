package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.maintenance.Housekeeper.Workplace;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.RepositoryKeys;
import java.util.List;
import java.util.Optional;

/** Tells the control plane by which keys a repository opens, so that a stranger's is noticed. */
final class KeyList {

  private final HousekeepingBook book;

  KeyList(HousekeepingBook book) {
    this.book = book;
  }

  /**
   * Lists them. A list that cannot be had is left to the next time.
   *
   * @throws ControlPlaneException if the list cannot be written down
   */
  void look(Workplace place, Cancellation cancellation) throws ControlPlaneException {
    Optional<List<RepositoryKeys.Key>> keys =
        new RepositoryKeys(place.restic()).list(place.repository(), cancellation);
    if (keys.isPresent()) {
      book.keys(place.repositoryId(), place.targetName(), keys.get());
    }
  }
}
