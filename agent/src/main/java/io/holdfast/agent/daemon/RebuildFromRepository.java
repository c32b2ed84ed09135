package io.holdfast.agent.daemon;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.LostControlPlane;
import io.holdfast.agent.postgres.LostControlPlane.Added;
import io.holdfast.agent.rebuild.Rebuilt;
import io.holdfast.agent.rebuild.Reconstruction;
import io.holdfast.agent.restic.BackendEnvironment;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.restic.SnapshotList;
import io.holdfast.agent.secret.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Fills in what a control plane lacks from what its repository tells, which is only read. Needs no
 * configuration file: an admin's machine may have none.
 */
public final class RebuildFromRepository {

  private final Repository repository;
  private final Optional<Path> restic;
  private final Map<String, String> environment;

  /**
   * @param restic empty to look in PATH
   * @param environment our own: what it holds for the storage back-end is passed on
   */
  public RebuildFromRepository(
      Secret url, Secret password, Optional<Path> restic, Map<String, String> environment) {
    repository =
        new Repository(url, password, Optional.empty(), BackendEnvironment.of(environment));
    this.restic = restic;
    this.environment = Map.copyOf(environment);
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
   * @throws ControlPlaneException if the database cannot be reached or refuses
   * @throws InterruptedException if the thread was interrupted
   */
  public Result run(DatabaseAddress database, boolean write)
      throws ControlPlaneException, InterruptedException {
    try (LostControlPlane controlPlane = new LostControlPlane(database)) {
      // First: a mistake there is found at once, and a large repository takes its time.
      var known = controlPlane.known();
      return switch (snapshots()) {
        case SnapshotList.Unreadable(String message, String remedy) ->
            new Result.Unreadable(message, remedy);
        case SnapshotList.Listed listed -> {
          Rebuilt rows = Reconstruction.of(listed.snapshots(), known);
          yield new Result.Done(
              rows, write ? Optional.of(controlPlane.add(rows)) : Optional.empty());
        }
      };
    }
  }

  private SnapshotList snapshots() throws InterruptedException {
    Path scratch = scratch();
    try {
      Path privateDirectory = Files.createDirectory(scratch.resolve("private"));
      Restic installed =
          new InstalledRestic(
                  restic,
                  Optional.ofNullable(environment.get("PATH")),
                  binary -> new Restic(binary, privateDirectory, scratch.resolve("cache")))
              .get();
      return installed.snapshots(repository);
    } catch (ResticUnavailable e) {
      return new SnapshotList.Unreadable(e.getMessage(), e.remedy());
    } catch (IOException e) {
      throw new UncheckedIOException("the directory " + scratch + " cannot be used", e);
    } finally {
      remove(scratch);
    }
  }

  /** Readable by us alone. */
  private static Path scratch() {
    try {
      return Files.createTempDirectory("holdfast-rebuild-");
    } catch (IOException e) {
      throw new UncheckedIOException("no temporary directory can be made", e);
    }
  }

  private static void remove(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // It holds restic's cache; the secrets in it went when restic ended.
    }
  }
}
