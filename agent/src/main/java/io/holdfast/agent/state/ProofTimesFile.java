package io.holdfast.agent.state;

import com.fasterxml.jackson.core.type.TypeReference;
import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.files.FileJson;
import io.holdfast.agent.proof.ProofTimes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The times of the proofs in one file, replaced as a whole. */
public final class ProofTimesFile implements ProofTimes {

  private static final Logger log = LoggerFactory.getLogger(ProofTimesFile.class);

  private final Path file;

  public ProofTimesFile(Path directory) {
    file = directory.resolve("proofs.json");
  }

  @Override
  public Map<UUID, Instant> load() {
    try {
      return FileJson.read(Files.readAllBytes(file), new TypeReference<>() {});
    } catch (NoSuchFileException e) {
      return Map.of();
    } catch (IOException | RuntimeException e) {
      log.warn("{} cannot be read; restore tests count from now on", file);
      return Map.of();
    }
  }

  @Override
  public void save(Map<UUID, Instant> times) {
    try {
      DurableFile.write(file, FileJson.JSON.writeValueAsBytes(times));
    } catch (IOException e) {
      throw new UncheckedIOException("the file " + file + " cannot be written", e);
    }
  }
}
