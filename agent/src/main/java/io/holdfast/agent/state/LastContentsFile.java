package io.holdfast.agent.state;

import com.fasterxml.jackson.core.type.TypeReference;
import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.files.FileJson;
import io.holdfast.agent.run.LastContents.Contents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the last good backup of each job held: one file for all, replaced as a whole. A disk that is
 * full costs the memory, not the backup.
 */
public final class LastContentsFile {

  private static final Logger log = LoggerFactory.getLogger(LastContentsFile.class);

  /** More jobs than a machine has; beyond, the memory begins anew. */
  private static final int MOST_JOBS = 10_000;

  private final Path file;

  public LastContentsFile(Path directory) {
    file = directory.resolve("last-contents.json");
  }

  public synchronized Optional<Contents> of(UUID job) {
    return Optional.ofNullable(load().get(job));
  }

  public synchronized void remember(UUID job, Contents contents) {
    Map<UUID, Contents> all = new HashMap<>(load());
    if (contents.equals(all.put(job, contents))) {
      return;
    }
    if (all.size() > MOST_JOBS) {
      all.keySet().retainAll(Set.of(job));
    }
    try {
      DurableFile.write(file, FileJson.JSON.writeValueAsBytes(all));
    } catch (IOException e) {
      log.warn(
          "{} cannot be written ({}); the job's next run is compared with an earlier one",
          file,
          e.toString());
    }
  }

  private Map<UUID, Contents> load() {
    try {
      return FileJson.read(Files.readAllBytes(file), new TypeReference<>() {});
    } catch (NoSuchFileException e) {
      return Map.of();
    } catch (IOException | RuntimeException e) {
      log.warn("{} cannot be read; the control plane is asked instead", file);
      return Map.of();
    }
  }
}
