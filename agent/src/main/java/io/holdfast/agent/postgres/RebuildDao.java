package io.holdfast.agent.postgres;

import io.holdfast.agent.rebuild.Known;
import io.holdfast.agent.rebuild.Rebuilt.DeviceRow;
import io.holdfast.agent.rebuild.Rebuilt.JobRow;
import io.holdfast.agent.rebuild.Rebuilt.RunRow;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/**
 * Rows that were concluded from snapshots: added where they are missing, never in the place of any
 * that its device has told of.
 */
final class RebuildDao {

  private RebuildDao() {}

  // Those that go on, for all that is known, or were closed without a snapshot by somebody else
  // than
  // their device, are not told of: their snapshot does.
  private static final String TOLD =
      """
      SELECT run_uuid, snapshot_id
      FROM runs
      WHERE snapshot_id IS NOT NULL OR (status <> 'running' AND (metadata ->> 'provisional') IS DISTINCT FROM 'true')
      """;

  static Known known(Handle handle) {
    Map<String, Known.Device> devices = new HashMap<>();
    handle
        .createQuery("SELECT id, name, hostname FROM devices")
        .map((row, _) ->
            devices.put(
                row.getString("id"),
                new Known.Device(
                    row.getString("name"), Optional.ofNullable(row.getString("hostname")))))
        .list();
    Map<UUID, Known.Job> jobs = new HashMap<>();
    handle
        .createQuery("SELECT id, device_id, name FROM backup_jobs")
        .map((row, _) ->
            jobs.put(
                row.getObject("id", UUID.class),
                new Known.Job(row.getString("device_id"), row.getString("name"))))
        .list();
    Set<UUID> runs = new HashSet<>();
    Set<String> snapshots = new HashSet<>();
    handle
        .createQuery(TOLD)
        .map((row, _) -> {
          Optional.ofNullable(row.getString("snapshot_id")).ifPresent(snapshots::add);
          return runs.add(row.getObject("run_uuid", UUID.class));
        })
        .list();
    return new Known(devices, jobs, runs, snapshots);
  }

  private static final String DEVICE =
      """
      INSERT INTO devices (id, name, platform, description)
      VALUES (:id, :name, :platform, 'Rebuilt from its snapshots')
      ON CONFLICT (id) DO NOTHING
      """;

  static int devices(Handle handle, List<DeviceRow> rows) {
    // Two machines of one name, as the snapshots have them, are no slip of the finger.
    handle.execute("SET LOCAL holdfast.allow_bulk = on");
    PreparedBatch batch = handle.prepareBatch(DEVICE);
    rows.forEach(row ->
        batch.bind("id", row.id()).bind("name", row.name()).bind("platform", row.platform()).add());
    return executed(batch);
  }

  private static final String JOB =
      """
      INSERT INTO backup_jobs (id, device_id, name, kind, source_paths, tags, origin_name, account_id, enabled,
                               description)
      VALUES (:id, :device, :name, :kind, :paths, :tags, :origin, CAST(:account AS uuid), false,
              'Rebuilt from its snapshots: check source_paths, set exclude_patterns and schedules, then enabled = true')
      ON CONFLICT DO NOTHING
      """;

  static int jobs(Handle handle, List<JobRow> rows) {
    PreparedBatch batch = handle.prepareBatch(JOB);
    rows.forEach(row ->
        batch
            .bind("id", row.id())
            .bind("device", row.deviceId())
            .bind("name", row.name())
            .bind("kind", row.kind().word())
            .bind("paths", row.sourcePaths().toArray(new String[0]))
            .bind("tags", row.tags().toArray(new String[0]))
            .bind("origin", row.originName().orElse(null))
            .bind("account", row.accountId().orElse(null))
            .add());
    return executed(batch);
  }

  // Provisional: a device that still has its own record of the run may put the row right.
  private static final String RUN =
      """
      INSERT INTO runs (run_uuid, job_id, job_name, device_id, start_time, end_time, duration_seconds, status, outcome,
                        triggered_by, snapshot_id, files_new, files_changed, files_unmodified, dirs_new, dirs_changed,
                        dirs_unmodified, data_added_bytes, data_added_packed_bytes, total_files_processed,
                        total_bytes_processed, error_message, metadata)
      VALUES (:run, CAST(:job AS uuid), :jobName, :device, :start, :end, CAST(:seconds AS integer), 'success', 'success',
              'rebuilt', :snapshot, :filesNew, :filesChanged, :filesUnmodified, :dirsNew, :dirsChanged,
              :dirsUnmodified, :dataAdded, :dataAddedPacked, :totalFiles, :totalBytes,
              'rebuilt from its snapshot, which does not tell whether something could not be read',
              CAST(:metadata AS jsonb))
      ON CONFLICT (run_uuid) DO UPDATE
      SET status = excluded.status, outcome = excluded.outcome, end_time = excluded.end_time,
          error_message = excluded.error_message,
          duration_seconds = excluded.duration_seconds, snapshot_id = excluded.snapshot_id,
          files_new = excluded.files_new, files_changed = excluded.files_changed,
          files_unmodified = excluded.files_unmodified, dirs_new = excluded.dirs_new,
          dirs_changed = excluded.dirs_changed, dirs_unmodified = excluded.dirs_unmodified,
          data_added_bytes = excluded.data_added_bytes, data_added_packed_bytes = excluded.data_added_packed_bytes,
          total_files_processed = excluded.total_files_processed,
          total_bytes_processed = excluded.total_bytes_processed,
          metadata = coalesce(runs.metadata, '{}') || excluded.metadata, progress = NULL, progress_at = NULL
      WHERE runs.snapshot_id IS NULL AND runs.device_id = excluded.device_id
        AND (runs.status = 'running' OR runs.metadata ->> 'provisional' = 'true')
      """;

  static int runs(Handle handle, List<RunRow> rows) {
    PreparedBatch batch = handle.prepareBatch(RUN);
    for (RunRow row : rows) {
      RunFigures.bind(batch, row.statistics());
      batch
          .bind("run", row.uuid())
          .bind("job", row.jobId().orElse(null))
          .bind("jobName", row.jobName())
          .bind("device", row.deviceId())
          .bind("start", Times.write(row.start()))
          .bind("end", Times.write(row.end()))
          .bind("seconds", seconds(row))
          .bind("snapshot", row.snapshotId())
          .bind("metadata", Json.write(metadata(row)))
          .add();
    }
    return executed(batch);
  }

  /** What begins later is refused, and would take its whole batch with it. */
  static OffsetDateTime latestStart(Handle handle) {
    return handle
        .createQuery("SELECT clock_timestamp() + interval '1 day'")
        .mapTo(OffsetDateTime.class)
        .one();
  }

  /** What a snapshot says of itself is believed from now on, as if its run had told of it. */
  static int believe(Handle handle) {
    return handle
        .createQuery(
            "SELECT holdfast.believe_snapshots(ARRAY(SELECT snapshot_id::text FROM runs WHERE metadata"
                + " ->> 'code' = 'rebuilt' AND snapshot_id IS NOT NULL))")
        .mapTo(Integer.class)
        .one();
  }

  private static Map<String, Object> metadata(RunRow row) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("code", "rebuilt");
    metadata.put("provisional", true);
    metadata.put("job_id", row.jobOfTag());
    row.resticVersion().ifPresent(version -> metadata.put("restic_version", version));
    return metadata;
  }

  /** Only restic 0.18 and newer say when it ended. */
  private static @Nullable Long seconds(RunRow row) {
    return row.end().isAfter(row.start())
        ? Math.round(Duration.between(row.start(), row.end()).toMillis() / 1000.0)
        : null;
  }

  private static int executed(PreparedBatch batch) {
    return batch.size() == 0 ? 0 : IntStream.of(batch.execute()).sum();
  }
}
