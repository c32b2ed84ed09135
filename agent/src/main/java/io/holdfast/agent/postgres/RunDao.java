package io.holdfast.agent.postgres;

import io.holdfast.agent.report.ProgressReport;
import io.holdfast.agent.run.Outcome;
import io.holdfast.agent.run.RunId;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/** The table {@code runs}, written: every statement may be repeated without harm. */
final class RunDao {

  private RunDao() {}

  // A run outlives its job: if the job was deleted meanwhile, job_id stays empty and job_name
  // tells. The test for the row comes first because a trigger closes an older running row of the
  // job on every insert, and a replayed start must not close a newer run.
  private static final String STARTED =
      """
      INSERT INTO runs (run_uuid, job_id, job_name, device_id, start_time, status, triggered_by,
                        scheduled_for, schedule_id, attempt, retry_of, request_id, metadata, instance)
      SELECT :run, (SELECT id FROM backup_jobs WHERE id = :job AND device_id = :device), :jobName, :device,
             :start, 'running', :triggeredBy, CAST(:scheduledFor AS timestamptz), CAST(:schedule AS integer),
             :attempt, CAST(:retryOf AS uuid), CAST(:request AS uuid), CAST(:metadata AS jsonb),
             CAST(:instance AS uuid)
      WHERE NOT EXISTS (SELECT FROM runs WHERE run_uuid = :run)
      ON CONFLICT (run_uuid) DO NOTHING
      """;

  static void started(Handle handle, RunStarted started, Optional<UUID> instance) {
    bindStart(handle.createUpdate(STARTED), started)
        .bind("metadata", Json.write(metadata(started)))
        .bind("instance", instance.orElse(null))
        .execute();
  }

  private static Update bindStart(Update update, RunStarted started) {
    return update
        .bind("run", started.id().value())
        .bind("job", started.jobId())
        .bind("jobName", started.jobName())
        .bind("device", started.deviceId())
        .bind("start", Times.write(started.startedAt()))
        .bind("triggeredBy", started.triggeredBy().word())
        .bind("scheduledFor", started.scheduledFor().map(Times::write).orElse(null))
        .bind(
            "schedule", started.schedules().isEmpty() ? null : started.schedules().getFirst().id())
        .bind("attempt", started.attempt())
        .bind("retryOf", started.retryOf().map(RunId::value).orElse(null))
        .bind("request", started.requests().isEmpty() ? null : started.requests().getFirst());
  }

  private static Map<String, Object> metadata(RunStarted started) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("job_id", started.jobId());
    if (started.missed() > 0) {
      metadata.put("missed", started.missed());
    }
    return metadata;
  }

  // A row that has ended stays as it is, so a replay changes nothing; unless it was closed without
  // the device's word, which this is. If the start never arrived, this makes the row.
  private static final String FINISHED =
      """
      INSERT INTO runs (run_uuid, job_id, job_name, device_id, start_time, triggered_by, scheduled_for,
                        schedule_id, status, outcome, end_time, duration_seconds, exit_code, error_message,
                        error_count, files_new, files_changed, files_unmodified, dirs_new, dirs_changed,
                        dirs_unmodified, data_added_bytes, data_added_packed_bytes, total_files_processed,
                        total_bytes_processed, snapshot_id, restic_output, restic_errors, attempt, retry_of,
                        request_id, metadata)
      VALUES (:run, (SELECT id FROM backup_jobs WHERE id = :job AND device_id = :device), :jobName, :device,
              :start, :triggeredBy, :scheduledFor, :schedule, :status, :outcome, :end, :seconds, :exitCode,
              :error, :errorCount, :filesNew, :filesChanged, :filesUnmodified, :dirsNew, :dirsChanged,
              :dirsUnmodified, :dataAdded, :dataAddedPacked, :totalFiles, :totalBytes, :snapshot, :output,
              :errors, :attempt, CAST(:retryOf AS uuid), CAST(:request AS uuid),
              CAST(:metadata AS jsonb))
      ON CONFLICT (run_uuid) DO UPDATE
      SET status = excluded.status, outcome = excluded.outcome, end_time = excluded.end_time,
          duration_seconds = excluded.duration_seconds, exit_code = excluded.exit_code,
          error_message = excluded.error_message, error_count = excluded.error_count,
          files_new = excluded.files_new, files_changed = excluded.files_changed,
          files_unmodified = excluded.files_unmodified, dirs_new = excluded.dirs_new,
          dirs_changed = excluded.dirs_changed, dirs_unmodified = excluded.dirs_unmodified,
          data_added_bytes = excluded.data_added_bytes,
          data_added_packed_bytes = excluded.data_added_packed_bytes,
          total_files_processed = excluded.total_files_processed,
          total_bytes_processed = excluded.total_bytes_processed, snapshot_id = excluded.snapshot_id,
          restic_output = excluded.restic_output, restic_errors = excluded.restic_errors,
          metadata = (coalesce(runs.metadata, '{}') - 'provisional') || excluded.metadata,
          progress = NULL, progress_at = NULL
      WHERE runs.status = 'running' OR runs.metadata ->> 'provisional' = 'true'
      """;

  /** Whether this is news: the row was running, provisional or not there until now. */
  static boolean finished(Handle handle, RunFinished finished) {
    Outcome outcome = finished.verdict().outcome();
    Update update = bindStart(handle.createUpdate(FINISHED), finished.start());
    RunFigures.bind(update, finished.statistics());
    return update
            .bind("status", outcome.status())
            .bind("outcome", outcome.word())
            .bind("end", Times.write(finished.endedAt()))
            .bind("seconds", Math.toIntExact(Math.round(finished.duration().toMillis() / 1000.0)))
            .bind("exitCode", finished.exitCode().orElse(null))
            .bind("error", error(finished))
            .bind("errorCount", finished.errorCount())
            .bind("snapshot", finished.snapshotId().orElse(null))
            .bind("output", finished.standardOutput())
            .bind("errors", finished.standardError())
            .bind("metadata", Json.write(metadata(finished)))
            .execute()
        == 1;
  }

  private static @Nullable String error(RunFinished finished) {
    return finished.verdict().outcome() == Outcome.SUCCESS
        ? null
        : finished.verdict().sentence() + ". " + finished.verdict().remedy();
  }

  private static Map<String, Object> metadata(RunFinished finished) {
    Map<String, Object> metadata = metadata(finished.start());
    if (finished.provisional()) {
      metadata.put("provisional", true);
    }
    metadata.put("code", finished.verdict().code());
    metadata.put("duration_ms", finished.duration().toMillis());
    metadata.put("agent_version", finished.versions().agent());
    finished.versions().restic().ifPresent(version -> metadata.put("restic_version", version));
    return metadata;
  }

  private static final String KNOWN =
      """
      SELECT run_uuid AS id
      FROM runs
      WHERE run_uuid = ANY (:ids) AND status <> 'running'
        AND NOT (triggered_by IS NOT DISTINCT FROM 'rebuilt' AND metadata ->> 'provisional' IS NOT DISTINCT FROM 'true')
      UNION ALL
      SELECT id
      FROM missed_runs
      WHERE id = ANY (:ids)
      UNION ALL
      SELECT run_uuid
      FROM housekeeping_runs
      WHERE run_uuid = ANY (:ids) AND status <> 'running'
      UNION ALL
      SELECT id
      FROM verifications
      WHERE id = ANY (:ids)
      UNION ALL
      SELECT id
      FROM restores
      WHERE id = ANY (:ids) AND status <> 'running' AND code IS DISTINCT FROM 'device-away'
      """;

  /**
   * Those of the runs and of the housekeeping that have ended there, by their device's word, the
   * missed runs and the proofs.
   */
  static Set<UUID> known(Handle handle, List<UUID> ids) {
    return Set.copyOf(
        handle
            .createQuery(KNOWN)
            .bind("ids", ids.toArray(new UUID[0]))
            .map((row, _) -> row.getObject("id", UUID.class))
            .list());
  }

  private static final String PROGRESS =
      """
      UPDATE runs
      SET progress = CAST(:progress AS jsonb), progress_at = :at
      WHERE run_uuid = :run AND status = 'running'
      """;

  /** Whether there is such a run. */
  static boolean progress(Handle handle, RunId id, ProgressReport progress) {
    return handle
            .createUpdate(PROGRESS)
            .bind("run", id.value())
            .bind("progress", Json.write(progress))
            .bind("at", Times.write(progress.at()))
            .execute()
        == 1;
  }
}
