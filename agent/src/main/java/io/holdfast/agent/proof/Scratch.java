package io.holdfast.agent.proof;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * The directory to which samples are restored; emptied before and after. For one proof at a time.
 */
final class Scratch implements AutoCloseable {

  private final Path directory;

  /**
   * @throws UncheckedIOException if it cannot be made, or what a crash has left cannot be removed
   */
  Scratch(Path directory) {
    this.directory = directory;
    try {
      empty();
      Files.createDirectories(directory);
      if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the directory " + directory + " cannot be used", e);
    }
  }

  Path directory() {
    return directory;
  }

  /** Where a file of the snapshot comes to lie: a drive of Windows becomes a directory. */
  Path place(String path) {
    return directory.resolve(path.replaceFirst("^/+", "").replace(":", ""));
  }

  long room() throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  private void empty() throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException trouble)
              throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  @Override
  public void close() {
    try {
      empty();
    } catch (IOException e) {
      throw new UncheckedIOException("the directory " + directory + " cannot be emptied", e);
    }
  }
}
