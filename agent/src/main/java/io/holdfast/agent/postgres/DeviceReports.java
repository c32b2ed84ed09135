package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the commands at the machine show of its own device; reads only. */
public final class DeviceReports {

  private final Database database;
  private final String deviceId;

  public DeviceReports(Database database, String deviceId) {
    this.database = database;
    this.deviceId = deviceId;
  }

  /** The device row; {@code lastSeen} is empty until the first heartbeat. */
  public record DeviceLine(String id, String name, boolean enabled, Optional<Instant> lastSeen) {}

  /** A job, its newest run and its next due time; with the names of {@code job_summary}. */
  public record JobLine(
      UUID jobId,
      String jobName,
      boolean jobEnabled,
      Optional<Instant> nextRunAt,
      Optional<Instant> lastRunStart,
      Optional<String> lastRunOutcome,
      Optional<String> lastRunError,
      Optional<String> lastSnapshotId,
      Optional<Double> percentDone) {}

  /**
   * A run, with the names of {@code runs}.
   *
   * @param outcome {@code running} while it goes on
   */
  public record RunLine(
      UUID runUuid,
      Optional<UUID> jobId,
      String jobName,
      Instant startTime,
      Optional<Instant> endTime,
      String outcome,
      String triggeredBy,
      Optional<String> snapshotId,
      Optional<Long> filesNew,
      Optional<Long> filesChanged,
      Optional<Long> filesUnmodified,
      Optional<Long> dataAddedBytes,
      Optional<Long> totalFilesProcessed,
      Optional<Long> totalBytesProcessed,
      Optional<Long> durationSeconds,
      Optional<Integer> exitCode,
      Optional<String> errorMessage) {}

  /** A row of {@code problems}. */
  public record ProblemLine(
      String subject, String code, String severity, String message, String remedy, Instant since) {}

  private static final String DEVICE =
      """
      SELECT id, name, enabled, last_seen
      FROM devices
      WHERE id = ?
      """;

  /**
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  public Optional<DeviceLine> device() throws ControlPlaneException {
    return database
        .rows(
            DEVICE,
            row ->
                new DeviceLine(
                    row.getString("id"),
                    row.getString("name"),
                    row.getBoolean("enabled"),
                    Times.read(row, "last_seen")),
            deviceId)
        .stream()
        .findFirst();
  }

  private static final String JOBS =
      """
      SELECT j.id, j.name, j.enabled,
             (SELECT min(s.next_run_at) FROM schedules s WHERE s.job_id = j.id AND s.enabled) AS next_run_at,
             r.start_time, coalesce(r.outcome, r.status) AS outcome, r.error_message, r.snapshot_id,
             (r.progress ->> 'percent_done')::double precision AS percent_done
      FROM backup_jobs j
      LEFT JOIN LATERAL (
        SELECT start_time, outcome, status, error_message, snapshot_id, progress
        FROM runs
        WHERE job_id = j.id
        ORDER BY start_time DESC
        LIMIT 1
      ) r ON true
      WHERE j.device_id = ?
      ORDER BY j.name
      """;

  /**
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  public List<JobLine> jobs() throws ControlPlaneException {
    return database.rows(JOBS, DeviceReports::job, deviceId);
  }

  private static JobLine job(ResultSet row) throws SQLException {
    return new JobLine(
        row.getObject("id", UUID.class),
        row.getString("name"),
        row.getBoolean("enabled"),
        Times.read(row, "next_run_at"),
        Times.read(row, "start_time"),
        Optional.ofNullable(row.getString("outcome")),
        Optional.ofNullable(row.getString("error_message")),
        Optional.ofNullable(row.getString("snapshot_id")),
        Optional.ofNullable(row.getObject("percent_done", Double.class)));
  }

  private static final String RUNS =
      """
      SELECT run_uuid, job_id, coalesce(job_name, '?') AS job_name, start_time, end_time,
             coalesce(outcome, status) AS outcome, coalesce(triggered_by, '?') AS triggered_by, snapshot_id,
             files_new, files_changed, files_unmodified, data_added_bytes, total_files_processed,
             total_bytes_processed, duration_seconds::bigint AS duration_seconds, exit_code, error_message
      FROM runs
      WHERE device_id = ? AND (CAST(? AS text) IS NULL OR job_name = ? OR job_id::text = ?)
      ORDER BY start_time DESC
      LIMIT ?
      """;

  /**
   * The newest runs, the newest first.
   *
   * @param job a job's name or id; empty for all
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  public List<RunLine> runs(Optional<String> job, int limit) throws ControlPlaneException {
    @Nullable String asked = job.orElse(null);
    return database.rows(RUNS, DeviceReports::run, deviceId, asked, asked, asked, limit);
  }

  private static RunLine run(ResultSet row) throws SQLException {
    return new RunLine(
        row.getObject("run_uuid", UUID.class),
        Optional.ofNullable(row.getObject("job_id", UUID.class)),
        row.getString("job_name"),
        Times.read(row, "start_time").orElseThrow(),
        Times.read(row, "end_time"),
        row.getString("outcome"),
        row.getString("triggered_by"),
        Optional.ofNullable(row.getString("snapshot_id")),
        number(row, "files_new"),
        number(row, "files_changed"),
        number(row, "files_unmodified"),
        number(row, "data_added_bytes"),
        number(row, "total_files_processed"),
        number(row, "total_bytes_processed"),
        number(row, "duration_seconds"),
        Optional.ofNullable(row.getObject("exit_code", Integer.class)),
        Optional.ofNullable(row.getString("error_message")));
  }

  private static Optional<Long> number(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, Long.class));
  }

  private static final String PROBLEMS =
      """
      SELECT subject, code, severity, message, remedy, since
      FROM problems
      WHERE device_id = ?
      ORDER BY since, subject, code
      """;

  /**
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  public List<ProblemLine> problems() throws ControlPlaneException {
    return database.rows(
        PROBLEMS,
        row ->
            new ProblemLine(
                row.getString("subject"),
                row.getString("code"),
                row.getString("severity"),
                row.getString("message"),
                row.getString("remedy"),
                Times.read(row, "since").orElseThrow()),
        deviceId);
  }
}
