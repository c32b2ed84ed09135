package io.holdfast.agent.sync;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * The rows that concern one device, as the control plane holds them: nothing is checked yet, and
 * nothing of it may be null but what a column allows.
 *
 * @param serverTime the control plane's clock when the rows were read
 */
public record ConfigRows(
    DeviceRow device,
    List<JobRow> jobs,
    List<ScheduleRow> schedules,
    List<SettingRow> settings,
    Instant serverTime) {

  public ConfigRows {
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(serverTime, "serverTime");
    jobs = List.copyOf(jobs);
    schedules = List.copyOf(schedules);
    settings = List.copyOf(settings);
  }

  /** A row of {@code devices}. */
  public record DeviceRow(String id, String name, boolean enabled) {}

  /**
   * A row of {@code backup_jobs}.
   *
   * @param sourcePaths empty string for an element that is NULL
   * @param resticArgs the JSON text of the column
   */
  public record JobRow(
      UUID id,
      String name,
      List<String> sourcePaths,
      List<String> excludePatterns,
      List<String> tags,
      Optional<String> resticArgs,
      boolean enabled,
      Optional<String> originName,
      Optional<UUID> accountId) {}

  /** A row of {@code schedules}. */
  public record ScheduleRow(
      int id,
      UUID jobId,
      String scheduleType,
      Optional<String> cronExpression,
      Optional<Integer> intervalSeconds,
      Optional<String> timezone,
      boolean enabled,
      Optional<Instant> lastRunAt) {}

  /** A row of {@code settings}; {@code ofDevice} is false for a global one. */
  public record SettingRow(boolean ofDevice, String key, String value) {

    /** The value may be a password. */
    @Override
    public String toString() {
      return "SettingRow[" + key + "=***]";
    }
  }
}
