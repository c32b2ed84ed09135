package io.holdfast.agent.state;

import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.files.FileJson;
import io.holdfast.agent.run.AgendaStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The agenda in one file, replaced as a whole. */
public final class AgendaFile implements AgendaStore {

  private static final Logger log = LoggerFactory.getLogger(AgendaFile.class);

  private final Path file;

  public AgendaFile(Path directory) {
    file = directory.resolve("agenda.json");
  }

  @Override
  public Optional<Memory> load() {
    try {
      return Optional.of(FileJson.read(Files.readAllBytes(file), Memory.class));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      log.warn(
          "{} cannot be read; the control plane's word on the last runs is used instead ({})",
          file,
          e.getClass().getSimpleName());
      return Optional.empty();
    }
  }

  @Override
  public void save(Memory memory) {
    try {
      DurableFile.write(file, FileJson.JSON.writeValueAsBytes(memory));
    } catch (IOException e) {
      throw new UncheckedIOException("the agenda " + file + " cannot be written", e);
    }
  }
}
