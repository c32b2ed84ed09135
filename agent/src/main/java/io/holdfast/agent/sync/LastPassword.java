package io.holdfast.agent.sync;

import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.files.FileJson;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.sync.ConfigRows.SettingRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The password that opened the repository last, as its row was, for the day on which the row is
 * gone: it may be the only copy that is left, and backups go on with it for a while. Only the
 * agent's user can read the file.
 */
public final class LastPassword {

  private static final Logger log = LoggerFactory.getLogger(LastPassword.class);

  /** So long backups go on without the row. */
  static final Duration GOOD_FOR = Duration.ofDays(30);

  /** A disk that must not write more often than it has to. */
  private static final Duration RENEWED_AFTER = Duration.ofDays(1);

  private final Path file;
  private final String deviceId;
  private final String database;

  /**
   * @param deviceId whose password it is; that of another device is not used
   * @param database where it comes from; that of another control plane is not used
   */
  public LastPassword(Path directory, String deviceId, String database) {
    file = directory.resolve("last-password.json");
    this.deviceId = deviceId;
    this.database = database;
  }

  /**
   * What is kept: the rows' values, which may be references.
   *
   * @param opened when the repository was last opened with it
   */
  record Kept(String deviceId, String database, String url, String password, Instant opened) {
    Kept {
      Objects.requireNonNull(deviceId, "deviceId");
      Objects.requireNonNull(database, "database");
      Objects.requireNonNull(url, "url");
      Objects.requireNonNull(password, "password");
      Objects.requireNonNull(opened, "opened");
    }

    /** One value is a password. */
    @Override
    public String toString() {
      return "Kept[" + deviceId + ", " + opened + "]";
    }
  }

  /**
   * Rows that have a password again.
   *
   * @param problem that it is not from the control plane, if so
   */
  public record Completed(ConfigRows rows, Optional<Problem> problem) {
    public Completed {
      Objects.requireNonNull(rows, "rows");
      Objects.requireNonNull(problem, "problem");
    }
  }

  /** The rows as they are, or with the password that they lack. */
  public Completed complete(ConfigRows rows, Instant now) {
    Optional<Kept> kept = load();
    if (kept.isEmpty()) {
      return new Completed(rows, Optional.empty());
    }
    Optional<String> url = value(rows, RepositoryReading.URL);
    boolean moved = url.filter(place -> !place.equals(kept.get().url())).isPresent();
    if (value(rows, RepositoryReading.PASSWORD).isPresent()) {
      if (moved) {
        // Whose repository is another one now has no use for it.
        forget();
      }
      return new Completed(rows, Optional.empty());
    }
    Instant end = kept.get().opened().plus(GOOD_FOR);
    if (moved || !now.isBefore(end)) {
      return new Completed(rows, Optional.empty());
    }
    return new Completed(with(rows, kept.get().password()), Optional.of(problem(end)));
  }

  private static ConfigRows with(ConfigRows rows, String password) {
    List<SettingRow> settings = new ArrayList<>(rows.settings());
    settings.removeIf(row -> row.key().equals(RepositoryReading.PASSWORD));
    settings.add(new SettingRow(true, RepositoryReading.PASSWORD, password));
    return new ConfigRows(rows.device(), rows.jobs(), rows.schedules(), settings, rows.server());
  }

  private Problem problem(Instant end) {
    return Problem.ofSetting(
        "repository-password-kept",
        RepositoryReading.PASSWORD,
        "the setting \"repository_password\" is gone or empty; this machine goes on until "
            + LocalDate.ofInstant(end, ZoneOffset.UTC)
            + " with the one that opened the repository last",
        "Write it back: INSERT INTO settings (key, value) VALUES ('repository_password', '...') ON"
            + " CONFLICT (device_id, key) DO UPDATE SET value = excluded.value; the machine keeps it in "
            + file
            + ", which its agent's user can read.");
  }

  /** The repository has just been opened with the password of these rows. */
  public void opened(ConfigRows rows, Instant now) {
    Optional<String> url = value(rows, RepositoryReading.URL);
    Optional<String> password = value(rows, RepositoryReading.PASSWORD);
    if (url.isEmpty() || password.isEmpty()) {
      return;
    }
    Kept latest = new Kept(deviceId, database, url.get(), password.get(), now);
    if (load().filter(kept -> isAsGood(kept, latest)).isPresent()) {
      return;
    }
    try {
      DurableFile.write(file, FileJson.JSON.writeValueAsBytes(latest));
    } catch (IOException e) {
      log.warn(
          "the password that has just opened the repository could not be kept in {} ({})",
          file,
          e.toString());
    }
  }

  private static boolean isAsGood(Kept kept, Kept latest) {
    return kept.url().equals(latest.url())
        && kept.password().equals(latest.password())
        && !kept.opened().isAfter(latest.opened())
        && kept.opened().plus(RENEWED_AFTER).isAfter(latest.opened());
  }

  private Optional<Kept> load() {
    try {
      return Optional.of(FileJson.read(Files.readAllBytes(file), Kept.class))
          .filter(one -> one.deviceId().equals(deviceId) && one.database().equals(database));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      // The text of a parser's exception quotes what it reads.
      log.warn("{} cannot be read and is not used ({})", file, e.getClass().getSimpleName());
      return Optional.empty();
    }
  }

  private void forget() {
    try {
      DurableFile.remove(file);
    } catch (IOException e) {
      log.warn("{} is of no use any more and cannot be removed", file, e);
    }
  }

  /** An empty value is the same as none. */
  private static Optional<String> value(ConfigRows rows, String key) {
    return rows.settings().stream()
        .filter(row -> row.key().equals(key) && !row.value().isBlank())
        .map(SettingRow::value)
        .findFirst();
  }
}
