package io.holdfast.agent.sync;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The rows that concern one device, as the control plane holds them: nothing is checked yet, and
 * nothing of it may be null but what a column allows.
 *
 * @param server the database that they were read from
 */
public record ConfigRows(
    DeviceRow device,
    List<JobRow> jobs,
    List<ScheduleRow> schedules,
    List<SettingRow> settings,
    Server server) {

  /**
   * Who answered.
   *
   * @param time by its clock when the rows were read
   * @param identity changes when it is started anew, or when another takes its place
   * @param requestsWait whether something is asked of the device
   * @param revision of the configuration; to be compared for equality only
   * @param shared the sentence that other agents work as this device besides, if they do
   * @param renewInstance whether another agent uses the same instance id, and so we need a new one
   */
  public record Server(
      Instant time,
      String identity,
      boolean requestsWait,
      String revision,
      Optional<String> shared,
      boolean renewInstance) {
    public Server {
      Objects.requireNonNull(time, "time");
      Objects.requireNonNull(identity, "identity");
      // A cache that an older agent has written knows nothing of them.
      revision = Objects.requireNonNullElse(revision, "");
      shared = Objects.requireNonNullElse(shared, Optional.empty());
    }

    /** One that says no more than that. */
    public static Server of(Instant time, String identity, boolean requestsWait) {
      return new Server(time, identity, requestsWait, "", Optional.empty(), false);
    }
  }

  public ConfigRows {
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(server, "server");
    jobs = List.copyOf(jobs);
    schedules = List.copyOf(schedules);
    settings = SettingRow.forTheDevice(settings);
  }

  /** The same jobs, schedules and settings; what the device and the server say is newer. */
  public ConfigRows with(DeviceRow newDevice, Server newServer) {
    return new ConfigRows(newDevice, jobs, schedules, settings, newServer);
  }

  /** A row of {@code devices}. */
  public record DeviceRow(String id, String name, boolean enabled, boolean housekeeper) {

    /** The same, on which nothing becomes due. */
    public DeviceRow paused() {
      return new DeviceRow(id, name, false, housekeeper);
    }
  }

  /**
   * A row of {@code backup_jobs}.
   *
   * @param sourcePaths empty string for an element that is NULL
   * @param resticArgs the JSON text of the column
   * @param kind empty in a cache that an older agent has written
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
      Optional<UUID> accountId,
      LimitColumns limits,
      VerifyColumns verify,
      Optional<String> kind) {

    public JobRow {
      // A cache that an older agent has written knows nothing of them.
      verify = Objects.requireNonNullElse(verify, VerifyColumns.NONE);
      kind = Objects.requireNonNullElse(kind, Optional.empty());
    }

    /** One of the kind files, whose snapshots are never proved. */
    JobRow(
        UUID id,
        String name,
        List<String> sourcePaths,
        List<String> excludePatterns,
        List<String> tags,
        Optional<String> resticArgs,
        boolean enabled,
        Optional<String> originName,
        Optional<UUID> accountId,
        LimitColumns limits) {
      this(
          id,
          name,
          sourcePaths,
          excludePatterns,
          tags,
          resticArgs,
          enabled,
          originName,
          accountId,
          limits,
          VerifyColumns.NONE,
          Optional.empty());
    }
  }

  /** The columns of {@code backup_jobs} that say how its snapshots are proved. */
  public record VerifyColumns(Optional<String> schedule, int files, long bytes) {

    /** Never. */
    public static final VerifyColumns NONE = new VerifyColumns(Optional.empty(), 20, 1L << 30);
  }

  /** The columns of {@code backup_jobs} that limit its runs, in seconds where they are times. */
  public record LimitColumns(
      int maxRetries,
      int retryDelaySeconds,
      Optional<Integer> timeoutSeconds,
      int retryLockSeconds) {}

  /** A row of {@code schedules}. */
  public record ScheduleRow(
      int id,
      UUID jobId,
      String scheduleType,
      Optional<String> cronExpression,
      Optional<Integer> intervalSeconds,
      Optional<String> timezone,
      boolean enabled,
      Optional<Instant> lastRunAt,
      boolean catchUp) {}

  /** A row of {@code settings}; {@code ofDevice} is false for a global one. */
  public record SettingRow(boolean ofDevice, String key, String value) {

    private static final Set<String> OF_THE_FLEETS_REPOSITORY =
        Set.of(RepositoryReading.PASSWORD, RepositoryReading.ENVIRONMENT);

    /**
     * Without the fleet's values that the device's own replace, and without the fleet's secrets if
     * the device has a repository of its own. The control plane leaves them out itself
     * (holdfast.left_out); a cache that an older agent has written has them.
     */
    static List<SettingRow> forTheDevice(List<SettingRow> rows) {
      Set<String> own =
          rows.stream()
              .filter(SettingRow::ofDevice)
              .map(SettingRow::key)
              .collect(Collectors.toSet());
      return rows.stream()
          .filter(row ->
              row.ofDevice()
                  || !(own.contains(row.key())
                      || (own.contains(RepositoryReading.URL)
                          && OF_THE_FLEETS_REPOSITORY.contains(row.key()))))
          .toList();
    }

    /** The value may be a password. */
    @Override
    public String toString() {
      return "SettingRow[" + key + "=***]";
    }
  }
}
