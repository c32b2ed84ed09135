package io.holdfast.agent.restic;

import io.holdfast.agent.files.OwnersOnly;
import io.holdfast.agent.secret.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files by which restic gets the repository's place and password: readable by us alone, there
 * while restic runs and gone afterwards. They are named after our process, so that those of one
 * that died are found and removed.
 */
final class PrivateFiles {

  private static final Logger log = LoggerFactory.getLogger(PrivateFiles.class);

  private static final Pattern NAME = Pattern.compile("(\\d{1,18})-.*");

  /** A process's start is known to the second at best. */
  private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(3);

  private final Path directory;

  PrivateFiles(Path directory) {
    this.directory = directory;
    removeLeftOvers();
  }

  /** The two files of one restic process; closing removes them. */
  record Pair(Path repository, Path password) implements AutoCloseable {
    @Override
    public void close() {
      remove(repository);
      remove(password);
    }
  }

  /** A file by which restic gets a new password; closing removes it. */
  record Single(Path path) implements AutoCloseable {
    @Override
    public void close() {
      remove(path);
    }
  }

  Single writeNew(Secret password) throws IOException {
    return new Single(write("new-password", password));
  }

  Pair write(Repository repository) throws IOException {
    Path url = write("repository", repository.url());
    try {
      return new Pair(url, write("password", repository.password()));
    } catch (IOException e) {
      remove(url);
      throw e;
    }
  }

  private Path write(String what, Secret secret) throws IOException {
    Path file =
        Files.createTempFile(
            directory,
            ProcessHandle.current().pid() + "-" + what + "-",
            "",
            OwnersOnly.at(directory));
    return Files.write(file, secret.value().getBytes(StandardCharsets.UTF_8));
  }

  private void removeLeftOvers() {
    try (Stream<Path> files = Files.list(directory)) {
      files.filter(PrivateFiles::leftOver).forEach(PrivateFiles::remove);
    } catch (IOException e) {
      throw new UncheckedIOException("the directory " + directory + " cannot be used", e);
    }
  }

  private static boolean leftOver(Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    return name.matches()
        && ProcessHandle.of(Long.parseLong(name.group(1)))
            .map(process -> olderThan(process, file))
            .orElse(true);
  }

  /**
   * After a restart of the machine or of a container the number may be another process's, even our
   * own. A process that is younger than the file did not write it.
   */
  private static boolean olderThan(ProcessHandle process, Path file) {
    try {
      Instant written = Files.getLastModifiedTime(file).toInstant();
      return process
          .info()
          .startInstant()
          .map(start -> written.isBefore(start.minus(CLOCK_TOLERANCE)))
          .orElse(false);
    } catch (IOException e) {
      return false;
    }
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // The backup itself has ended well or ill: its report must not be lost over this.
      log.warn("the file {} holds a secret and could not be removed", file, e);
    }
  }
}
