package io.holdfast.agent.state;

import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.files.FileFaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Since when the control plane has refused the device's login, over the agent's end. */
public final class RefusedSinceFile {

  private static final Logger log = LoggerFactory.getLogger(RefusedSinceFile.class);

  private final Path file;
  private Optional<Instant> known;

  public RefusedSinceFile(Path directory) {
    file = directory.resolve("login-refused-since");
    known = read();
  }

  /** Empty if it does not refuse it. */
  public Optional<Instant> since() {
    return known;
  }

  /** It refuses it from now on; an earlier time stays. */
  public void begin(Instant now) {
    if (known.isPresent()) {
      return;
    }
    known = Optional.of(now);
    try {
      DurableFile.write(file, now.toString().getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      log.warn("{} cannot be written: {}", file, FileFaults.words(e));
    }
  }

  /** It takes it again. */
  public void end() {
    if (known.isEmpty()) {
      return;
    }
    known = Optional.empty();
    try {
      DurableFile.remove(file);
    } catch (IOException e) {
      log.warn("{} cannot be removed: {}", file, FileFaults.words(e));
    }
  }

  private Optional<Instant> read() {
    try {
      return Optional.of(Instant.parse(Files.readString(file).strip()));
    } catch (IOException | DateTimeException e) {
      // There is none, or it is damaged: counting begins anew.
      return Optional.empty();
    }
  }
}
