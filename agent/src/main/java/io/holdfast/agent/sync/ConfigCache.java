package io.holdfast.agent.sync;

import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.files.FileJson;
import io.holdfast.agent.job.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last synced configuration on disk, so that the device goes on without its control plane. The
 * rows as they were read, since a newer agent may judge them otherwise; a checksum before them,
 * since half a configuration is worse than none. Holds the repository's password: only the agent's
 * user can read it.
 */
public final class ConfigCache {

  private static final Logger log = LoggerFactory.getLogger(ConfigCache.class);

  private static final String FORMAT = "holdfast-config-cache 1 ";
  private static final int DIGEST_LENGTH = 64;

  private final Path file;
  private final Path setAside;
  private final String deviceId;
  private final String database;

  /**
   * @param deviceId whose configuration it is; that of another device is not used
   * @param database where it comes from; that of another control plane is not used
   */
  public ConfigCache(Path directory, String deviceId, String database) {
    file = directory.resolve("config-cache.json");
    setAside = directory.resolve("config-cache.damaged");
    this.deviceId = deviceId;
    this.database = database;
  }

  /**
   * What was synced last.
   *
   * @param syncedAt when, by this machine's clock
   */
  public record Cached(String deviceId, String database, Instant syncedAt, ConfigRows rows) {
    public Cached {
      Objects.requireNonNull(deviceId, "deviceId");
      Objects.requireNonNull(database, "database");
      Objects.requireNonNull(syncedAt, "syncedAt");
      Objects.requireNonNull(rows, "rows");
    }
  }

  /**
   * Keeps what was synced; when it returns it survives a crash.
   *
   * @throws UncheckedIOException if it cannot be written; what was kept before is still there
   */
  public void save(ConfigRows rows, Instant syncedAt) {
    try {
      byte[] body = FileJson.JSON.writeValueAsBytes(new Cached(deviceId, database, syncedAt, rows));
      byte[] head = (FORMAT + digest(body) + "\n").getBytes(StandardCharsets.US_ASCII);
      byte[] content = Arrays.copyOf(head, head.length + body.length);
      System.arraycopy(body, 0, content, head.length, body.length);
      DurableFile.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException("the configuration cache " + file + " cannot be written", e);
    }
  }

  /** What was kept last; a damaged file is set aside and counts as none. */
  public Optional<Cached> load() {
    byte[] content;
    try {
      content = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      log.error("the configuration cache {} cannot be read: {}", file, e.toString());
      return Optional.empty();
    }
    try {
      Cached cached = read(content);
      if (cached.deviceId().equals(deviceId) && cached.database().equals(database)) {
        return Optional.of(cached);
      }
      log.warn(
          "the configuration cache {} is that of device \"{}\" at {} and is not used",
          file,
          cached.deviceId(),
          cached.database());
    } catch (IOException | RuntimeException e) {
      setAside();
    }
    return Optional.empty();
  }

  private static Cached read(byte[] content) throws IOException {
    int head = FORMAT.length() + DIGEST_LENGTH + 1;
    if (content.length <= head) {
      throw new IOException("it is cut short");
    }
    String line = new String(content, 0, head, StandardCharsets.US_ASCII);
    byte[] body = Arrays.copyOfRange(content, head, content.length);
    if (!line.equals(FORMAT + digest(body) + "\n")) {
      throw new IOException("its checksum is wrong");
    }
    return FileJson.read(body, Cached.class);
  }

  private void setAside() {
    try {
      Files.move(file, setAside, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      log.error("the damaged configuration cache {} cannot be set aside", file, e);
    }
  }

  /** Whether a damaged cache lies there, for somebody to look at. */
  public Optional<Problem> problem() {
    return Files.exists(setAside)
        ? Optional.of(
            Problem.ofDevice(
                    "config-cache-damaged",
                    "the configuration cache was damaged and is not used; it is kept as "
                        + setAside,
                    "Check the disk of the machine, then remove that file.")
                .asWarning())
        : Optional.empty();
  }

  private static String digest(byte[] body) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
