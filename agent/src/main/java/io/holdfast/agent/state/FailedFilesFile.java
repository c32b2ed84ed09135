package io.holdfast.agent.state;

import com.fasterxml.jackson.core.type.TypeReference;
import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.files.FileJson;
import io.holdfast.agent.proof.FailedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file for all jobs, replaced as a whole. A disk that is full costs the memory, not the test.
 */
public final class FailedFilesFile implements FailedFiles {

  private static final Logger log = LoggerFactory.getLogger(FailedFilesFile.class);

  private final Path file;

  public FailedFilesFile(Path directory) {
    file = directory.resolve("failed-proofs.json");
  }

  @Override
  public Set<String> of(UUID job) {
    return Set.copyOf(load().getOrDefault(job, List.of()));
  }

  @Override
  public void remember(UUID job, List<String> files) {
    Map<UUID, List<String>> all = new HashMap<>(load());
    if (files.equals(all.getOrDefault(job, List.of()))) {
      return;
    }
    all.put(job, files);
    all.values().removeIf(List::isEmpty);
    try {
      DurableFile.write(file, FileJson.JSON.writeValueAsBytes(all));
    } catch (IOException e) {
      log.warn(
          "{} cannot be written ({}); the next restore test may draw other files",
          file,
          e.toString());
    }
  }

  private Map<UUID, List<String>> load() {
    try {
      return FileJson.read(Files.readAllBytes(file), new TypeReference<>() {});
    } catch (NoSuchFileException e) {
      return Map.of();
    } catch (IOException | RuntimeException e) {
      log.warn("{} cannot be read; the next restore test may draw other files", file);
      return Map.of();
    }
  }
}
