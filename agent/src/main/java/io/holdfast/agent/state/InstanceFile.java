package io.holdfast.agent.state;

import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.files.FileFaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The id that the agent has made up for its state directory, by which the control plane tells it
 * from another agent under the same device. A copy of the directory has the same one until the
 * control plane has noticed that there are two. Safe for many threads.
 */
public final class InstanceFile {

  private static final Logger log = LoggerFactory.getLogger(InstanceFile.class);

  private final Path file;
  private Optional<UUID> known = Optional.empty();

  public InstanceFile(Path directory) {
    file = directory.resolve("instance");
  }

  /** The id; made up when there is none that can be read. */
  public synchronized UUID id() {
    if (known.isEmpty()) {
      known = read();
    }
    return known.orElseGet(this::renew);
  }

  /** Makes up a new one. Where it cannot be written down it holds until the agent ends. */
  public synchronized UUID renew() {
    UUID made = UUID.randomUUID();
    try {
      DurableFile.write(file, made.toString().getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      log.warn("the agent's id {} cannot be written: {}", file, FileFaults.words(e));
    }
    known = Optional.of(made);
    return made;
  }

  private Optional<UUID> read() {
    try {
      return Optional.of(UUID.fromString(Files.readString(file).strip()));
    } catch (IOException | IllegalArgumentException e) {
      // There is none yet, or it is damaged: a new one is as good.
      return Optional.empty();
    }
  }
}
