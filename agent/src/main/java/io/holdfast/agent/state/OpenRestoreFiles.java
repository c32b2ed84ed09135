package io.holdfast.agent.state;

import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.files.FileJson;
import io.holdfast.agent.restic.ProcessIdentity;
import io.holdfast.agent.run.OpenRestores;
import io.holdfast.agent.run.RunRecord.RestoreStarted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The restores that go on, one file each. */
public final class OpenRestoreFiles implements OpenRestores {

  private static final Logger log = LoggerFactory.getLogger(OpenRestoreFiles.class);

  private static final String SUFFIX = ".json";

  private final Path directory;

  /**
   * @throws UncheckedIOException if the directory cannot be made
   */
  public OpenRestoreFiles(Path directory) {
    this.directory = directory;
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("the directory " + directory + " cannot be made", e);
    }
  }

  @Override
  public void open(RestoreStarted started) {
    try {
      write(new OpenRestore(started, Optional.empty()));
    } catch (IOException e) {
      throw new UncheckedIOException(
          "restore " + started.uuid() + " could not be written down in " + directory, e);
    }
  }

  @Override
  public void restic(RestoreStarted started, ProcessIdentity process) {
    try {
      write(new OpenRestore(started, Optional.of(process)));
    } catch (IOException e) {
      log.warn("the process of restore {} could not be written down: {}", started.uuid(), e);
    }
  }

  @Override
  public void close(UUID request) {
    try {
      DurableFile.remove(file(request));
    } catch (IOException e) {
      throw new UncheckedIOException("the file " + file(request) + " cannot be removed", e);
    }
  }

  @Override
  public List<OpenRestore> all() {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith(SUFFIX))
          .sorted()
          .flatMap(file -> read(file).stream())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("the directory " + directory + " cannot be read", e);
    }
  }

  private static Optional<OpenRestore> read(Path file) {
    try {
      return Optional.of(FileJson.read(Files.readAllBytes(file), OpenRestore.class));
    } catch (IOException | RuntimeException e) {
      log.error("{} is damaged, so its restore is not closed: {}", file, e.toString());
      return Optional.empty();
    }
  }

  private void write(OpenRestore restore) throws IOException {
    DurableFile.write(file(restore.start().uuid()), FileJson.JSON.writeValueAsBytes(restore));
  }

  private Path file(UUID request) {
    return directory.resolve(request + SUFFIX);
  }
}
