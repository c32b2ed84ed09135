package io.holdfast.agent.daemon;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.LostControlPlane;
import io.holdfast.agent.postgres.LostControlPlane.Added;
import io.holdfast.agent.rebuild.Rebuilt;
import io.holdfast.agent.rebuild.Reconstruction;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.secret.Secret;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Fills in what a control plane lacks from what its repository tells, which is only read. Needs no
 * configuration file: an admin's machine may have none.
 */
public final class RebuildFromRepository {

  private final RecoverySource.Known repository;

  /**
   * @param restic empty to look in PATH
   * @param environment our own: what it holds for the storage back-end is passed on
   */
  public RebuildFromRepository(
      Secret url, Secret password, Optional<Path> restic, Map<String, String> environment) {
    repository = new RecoverySource.Known(url, password, restic, Map.copyOf(environment), false);
  }

  /** What came of it. */
  public sealed interface Result {
    /**
     * The repository was read.
     *
     * @param added empty if nothing was to be written
     */
    record Done(Rebuilt rows, Optional<Added> added) implements Result {}

    /** The repository could not be read; nothing was written. */
    record Unreadable(String message, String remedy) implements Result {}
  }

  /**
   * @param write false to find out only what is lacking
   * @param believed whether the snapshots count from now on, as if runs had told of them
   * @throws ControlPlaneException if the database cannot be reached or refuses
   * @throws InterruptedException if the thread was interrupted
   */
  public Result run(DatabaseAddress database, boolean write, boolean believed)
      throws ControlPlaneException, InterruptedException {
    try (LostControlPlane controlPlane = new LostControlPlane(database)) {
      // First: a mistake there is found at once, and a large repository takes its time.
      var known = controlPlane.known();
      Rebuilt rows = Reconstruction.of(snapshots(), known);
      return new Result.Done(
          rows, write ? Optional.of(controlPlane.add(rows, believed)) : Optional.empty());
    } catch (CannotRestore e) {
      return new Result.Unreadable(e.getMessage(), e.remedy());
    } catch (RepositoryUnreadable e) {
      return new Result.Unreadable(e.getMessage(), e.remedy());
    }
  }

  private List<SnapshotEntry> snapshots() throws CannotRestore, RepositoryUnreadable {
    try (RecoverySource source = RecoverySource.open(repository, new Cancellation(), _ -> {})) {
      return source.reader().snapshots();
    }
  }
}
