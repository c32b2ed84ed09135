package io.holdfast.agent.sync;

import io.holdfast.agent.job.LogLevel;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.job.Settings.CatchUp;
import io.holdfast.agent.job.Settings.Housekeeping;
import io.holdfast.agent.secret.SecretSource;
import io.holdfast.agent.sync.ConfigRows.SettingRow;
import io.holdfast.agent.text.Nearest;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rows of {@code settings} become one record: the device's own value wins over the global one,
 * and a value that cannot be used becomes a problem and leaves its default in force.
 */
final class SettingsReading {

  private static final String SYNC_INTERVAL = "sync_interval_seconds";
  private static final String PUSH = "push";
  private static final String MAX_CONCURRENT = "max_concurrent_backups";
  private static final String AUTO_INIT = "repository_auto_init";
  private static final String STALLED_AFTER = "stalled_after_seconds";
  private static final String CATCH_UP_DELAY = "catch_up_delay_seconds";
  private static final String CATCH_UP_JITTER = "catch_up_jitter_seconds";
  private static final String LEASE = "housekeeping_lease_seconds";
  private static final String REPORT_KEY = "report_repository_key";
  private static final String LOG_LEVEL = "log_level";
  private static final String PATIENCE = "housekeeping_patience_seconds";

  /**
   * Every key that some part of Holdfast reads; {@code setting_keys} in the schema lists the same.
   */
  static final List<String> KNOWN =
      List.of(
          SYNC_INTERVAL,
          PUSH,
          MAX_CONCURRENT,
          "run_retention_days",
          RepositoryReading.URL,
          RepositoryReading.PASSWORD,
          RepositoryReading.CACHE_DIR,
          AUTO_INIT,
          RepositoryReading.ENVIRONMENT,
          STALLED_AFTER,
          CATCH_UP_DELAY,
          CATCH_UP_JITTER,
          LEASE,
          PATIENCE,
          REPORT_KEY,
          LOG_LEVEL);

  private final Map<String, String> values = new HashMap<>();
  private final List<Problem> problems;

  private SettingsReading(List<Problem> problems) {
    this.problems = problems;
  }

  static Settings read(
      List<SettingRow> rows, SecretSource secrets, PolicyCheck check, List<Problem> problems) {
    SettingsReading reading = new SettingsReading(problems);
    rows.stream().filter(row -> !row.ofDevice()).forEach(reading::take);
    rows.stream().filter(SettingRow::ofDevice).forEach(reading::take);
    RepositoryReading place = new RepositoryReading(reading.values, secrets, check, problems);
    RepositoryReading.Repository repository = place.read();
    return new Settings(
        reading.seconds(SYNC_INTERVAL, 300, 5, 86_400),
        reading.flag(PUSH, true),
        Math.toIntExact(reading.number(MAX_CONCURRENT, 1, 1, 64)),
        repository.url(),
        repository.password(),
        place.cacheDirectory(),
        reading.flag(AUTO_INIT, false),
        repository.environment(),
        reading.seconds(STALLED_AFTER, 1800, 10, 604_800),
        new CatchUp(
            reading.seconds(CATCH_UP_DELAY, 60, 0, 86_400),
            reading.seconds(CATCH_UP_JITTER, 240, 0, 86_400)),
        new Housekeeping(
            reading.seconds(LEASE, 300, 15, 3600), reading.seconds(PATIENCE, 1800, 10, 86_400)),
        reading.flag(REPORT_KEY, false),
        reading.logLevel());
  }

  private void take(SettingRow row) {
    if (KNOWN.contains(row.key())) {
      values.put(row.key(), row.value());
      return;
    }
    problems.add(
        Problem.ofSetting(
            "setting-unknown",
            row.key(),
            "setting \"" + row.key() + "\" is unknown and has no effect",
            Nearest.to(row.key(), KNOWN)
                .map(near -> "Did you mean \"" + near + "\"?")
                .orElse("SELECT * FROM setting_keys lists the settings.")));
  }

  /** An empty value is the same as none: the seed's default rows are empty strings. */
  private Optional<String> text(String key) {
    return Optional.ofNullable(values.get(key)).filter(value -> !value.isBlank());
  }

  private Duration seconds(String key, long otherwise, long min, long max) {
    return Duration.ofSeconds(number(key, otherwise, min, max));
  }

  private long number(String key, long otherwise, long min, long max) {
    Optional<String> text = text(key).map(String::strip);
    if (text.isEmpty()) {
      return otherwise;
    }
    try {
      long value = Long.parseLong(text.get());
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Answered below, in the same words as a number out of range.
    }
    invalid(
        key,
        "must be a whole number from "
            + min
            + " to "
            + max
            + ", and is \""
            + text.get()
            + "\"; "
            + otherwise
            + " is used",
        "Correct the value in the table settings.");
    return otherwise;
  }

  private boolean flag(String key, boolean otherwise) {
    return switch (text(key).map(String::strip).orElse(String.valueOf(otherwise))) {
      case "true", "on", "yes", "1" -> true;
      case "false", "off", "no", "0" -> false;
      default -> {
        invalid(
            key,
            "must be true or false; " + otherwise + " is used",
            "Correct the value in the table settings.");
        yield otherwise;
      }
    };
  }

  private LogLevel logLevel() {
    String word = text(LOG_LEVEL).map(String::strip).orElse(LogLevel.INFO.word());
    Optional<LogLevel> level = LogLevel.of(word);
    if (level.isEmpty()) {
      invalid(
          LOG_LEVEL,
          "must be one of " + String.join(", ", LogLevel.words()) + "; info is used",
          Nearest.to(word, LogLevel.words())
              .map(near -> "Did you mean \"" + near + "\"?")
              .orElse("Correct the value in the table settings."));
    }
    return level.orElse(LogLevel.INFO);
  }

  private void invalid(String key, String whatIsWrong, String remedy) {
    problems.add(
        Problem.ofSetting(
            "setting-invalid", key, "setting \"" + key + "\" " + whatIsWrong, remedy));
  }
}
