package io.holdfast.agent.restic;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A repository on a disk of this machine, looked at without restic. */
final class LocalRepository {

  private LocalRepository() {}

  /** Whether it is what is left of one: there are keys, and no file {@code config}. */
  static boolean lacksConfig(Path repository) {
    if (Files.exists(repository.resolve("config"))) {
      return false;
    }
    try (DirectoryStream<Path> keys = Files.newDirectoryStream(repository.resolve("keys"))) {
      return keys.iterator().hasNext();
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether it is one, and holds this snapshot; the id may be cut short. */
  static boolean holds(Path repository, String snapshotId) {
    if (!Files.exists(repository.resolve("config"))) {
      return false;
    }
    try (DirectoryStream<Path> found =
        Files.newDirectoryStream(repository.resolve("snapshots"), snapshotId + "*")) {
      return found.iterator().hasNext();
    } catch (IOException e) {
      return false;
    }
  }
}
