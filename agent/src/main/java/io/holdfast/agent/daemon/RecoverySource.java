package io.holdfast.agent.daemon;

import io.holdfast.agent.restic.BackendEnvironment;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.RepositoryReader;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticFinder;
import io.holdfast.agent.restic.ResticPlaces;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.restore.CannotRestore.Kind;
import io.holdfast.agent.secret.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A repository for a machine that knows nothing but its place and its password: no configuration
 * file, no state, no control plane. What restic needs on disk lies in a directory of its own, which
 * goes when this is closed.
 */
public final class RecoverySource implements AutoCloseable {

  private final Path directory;
  private final RepositoryReader reader;

  private RecoverySource(Path directory, RepositoryReader reader) {
    this.directory = directory;
    this.reader = reader;
  }

  /**
   * What is known.
   *
   * @param resticPath empty for the one that is kept here, else the one in the PATH
   * @param variables the environment, which may hold credentials of the storage
   */
  public record Known(
      Secret url,
      Secret password,
      Optional<Path> resticPath,
      Map<String, String> variables,
      boolean locking) {}

  /**
   * @throws CannotRestore if there is no restic that can be used
   */
  public static RecoverySource open(
      Known known, Cancellation cancellation, Consumer<String> troubles) throws CannotRestore {
    Path directory = newDirectory();
    try {
      Restic restic =
          new Restic(
              ResticFinder.find(
                  ResticPlaces.of(
                      known.resticPath(),
                      Machine.environment().stateDirectory(),
                      known.variables())),
              Files.createDirectory(directory.resolve("private")),
              directory.resolve("cache"));
      Repository repository =
          new Repository(
              known.url(),
              known.password(),
              Optional.empty(),
              BackendEnvironment.in(known.variables()));
      return new RecoverySource(
          directory,
          new RepositoryReader(restic, repository, known.locking(), cancellation, troubles));
    } catch (ResticUnavailable e) {
      remove(directory);
      throw new CannotRestore(
          Kind.UNABLE,
          e.getMessage(),
          "Run 'holdfast restic install', install restic yourself (Debian: apt install restic), or"
              + " name it with --restic.");
    } catch (IOException e) {
      remove(directory);
      throw new UncheckedIOException("the directory " + directory + " cannot be used", e);
    }
  }

  /** Nobody else may look into it: Java sees to that. */
  private static Path newDirectory() {
    try {
      return Files.createTempDirectory("holdfast-recover-");
    } catch (IOException e) {
      throw new UncheckedIOException("a temporary directory cannot be made", e);
    }
  }

  public RepositoryReader reader() {
    return reader;
  }

  @Override
  public void close() {
    remove(directory);
  }

  private static void remove(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the directory " + directory + " cannot be removed", e);
    }
  }
}
