package io.holdfast.agent.restic;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The directory of restic's cache. Without one restic goes on, reads from the repository each time
 * what it had known, and says so in a line that nobody sees.
 */
public final class CacheDirectory {

  private static final Duration LIMIT = Duration.ofSeconds(5);

  private CacheDirectory() {}

  /**
   * Why it cannot be used, if it cannot; makes it otherwise, as restic would. One on a dead mount
   * gives no answer, and is not waited for.
   */
  public static Optional<String> obstacle(String directory) {
    AtomicReference<Optional<String>> obstacle = new AtomicReference<>(Optional.empty());
    Thread look =
        Thread.ofPlatform()
            .daemon()
            .name("restic's cache")
            .start(() -> obstacle.set(tried(directory)));
    try {
      var _ = look.join(LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return obstacle.get();
  }

  private static Optional<String> tried(String directory) {
    try {
      Path path = Path.of(directory);
      if (!Files.isDirectory(path)) {
        Files.createDirectories(path, ownersOnly(path));
      }
      return Files.isWritable(path) ? Optional.empty() : Optional.of("it cannot be written to");
    } catch (FileAlreadyExistsException e) {
      return Optional.of(e.getFile() + " is no directory");
    } catch (InvalidPathException e) {
      return Optional.of("it is no path");
    } catch (AccessDeniedException e) {
      return Optional.of("it cannot be made: permission denied");
    } catch (FileSystemException e) {
      return Optional.of(
          "it cannot be made"
              + Optional.ofNullable(e.getReason()).map(reason -> ": " + reason).orElse(""));
    } catch (IOException e) {
      return Optional.of("it cannot be made");
    }
  }

  private static FileAttribute<?>[] ownersOnly(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
        }
        : new FileAttribute<?>[0];
  }
}
