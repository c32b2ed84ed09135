package io.holdfast.agent.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * Records that the control plane took lately, kept for some days: a standby that takes over, or a
 * database that is restored, may lack what had been accepted.
 */
final class DeliveredRecords {

  private static final Duration KEPT = Duration.ofDays(3);
  private static final int MOST = 2000;

  /** How many more than the most there may be before some are removed. */
  private static final int SLACK = 100;

  private final Path directory;

  DeliveredRecords(Path directory) throws IOException {
    this.directory = directory;
    Files.createDirectories(directory);
  }

  void keep(Path file) throws IOException {
    Path kept = directory.resolve(file.getFileName().toString().replaceFirst("^\\d{12}-", ""));
    Files.move(file, kept, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** All of them, the oldest first. */
  List<Path> all() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith(".json"))
          .sorted((one, other) -> time(one).compareTo(time(other)))
          .toList();
    }
  }

  /** Removes what is older than some days by the newest of them, or too many. */
  void tidy() throws IOException {
    List<Path> all = all();
    if (all.isEmpty()) {
      return;
    }
    // By the newest file and not by the clock, which may have been set.
    FileTime newest = time(all.getLast());
    int tooMany = all.size() > MOST + SLACK ? all.size() - MOST : 0;
    for (int i = 0; i < all.size(); i++) {
      Duration age = Duration.between(time(all.get(i)).toInstant(), newest.toInstant());
      if (i < tooMany || age.compareTo(KEPT) > 0) {
        Files.deleteIfExists(all.get(i));
      }
    }
  }

  private static FileTime time(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (NoSuchFileException e) {
      return FileTime.fromMillis(0);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
