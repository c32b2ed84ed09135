package io.holdfast.agent.proof;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The directory to which samples are restored; emptied before and after. For one proof at a time.
 */
final class Scratch implements AutoCloseable {

  private static final Set<PosixFilePermission> OURS = PosixFilePermissions.fromString("rwx------");

  private final Path directory;

  /**
   * @throws UncheckedIOException if it cannot be made, or what a crash has left cannot be removed
   */
  Scratch(Path directory) {
    this.directory = directory;
    try {
      empty();
      Files.createDirectories(directory);
      open(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("the directory " + directory + " cannot be used", e);
    }
  }

  Path directory() {
    return directory;
  }

  /**
   * Where a file of the snapshot comes to lie. A drive of Windows is a directory in the snapshot
   * already; a colon elsewhere belongs to the name.
   */
  Path place(String path) {
    return directory.resolve(path.replaceFirst("^/+", ""));
  }

  long room() throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  private void empty() throws IOException {
    if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      remove(directory);
    }
  }

  private static void remove(Path place) throws IOException {
    if (Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
      open(place);
      List<Path> entries;
      try (Stream<Path> listed = Files.list(place)) {
        entries = listed.toList();
      }
      for (Path entry : entries) {
        remove(entry);
      }
    }
    Files.delete(place);
  }

  /** A directory comes back with its permissions: one that nobody may write in keeps its files. */
  private static void open(Path place) throws IOException {
    if (place.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.setPosixFilePermissions(place, OURS);
    }
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
