package io.holdfast.agent.postgres;

import io.holdfast.agent.report.ProgressReport;
import io.holdfast.agent.run.Outcome;
import io.holdfast.agent.run.RunId;
import io.holdfast.agent.run.RunRecord.RestoreEnded;
import io.holdfast.agent.run.RunRecord.RestoreStarted;
import io.holdfast.agent.run.Verdict;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/** The table {@code restores}, written: every statement may be repeated without harm. */
final class RestoreDao {

  /** In bytes at most four times as long. */
  private static final int LONGEST = 2000;

  private static final int LONGEST_NAME = 255;

  private RestoreDao() {}

  private static final String STARTED =
      """
      INSERT INTO restores (id, device_id, job_name, snapshot_id, target, start_time, status)
      VALUES (:id, :device, :job, :snapshot, :target, :start, 'running')
      ON CONFLICT (id) DO NOTHING
      """;

  static void started(Handle handle, RestoreStarted started) {
    bindStart(handle.createUpdate(STARTED), started).execute();
    // From here on it is not given out again.
    RequestDao.begun(handle, started.deviceId(), started.request(), started.uuid());
  }

  private static Update bindStart(Update update, RestoreStarted started) {
    return update
        .bind("id", started.uuid())
        .bind("device", started.deviceId())
        .bind("job", started.job().map(RestoreDao::name).orElse(null))
        .bind("snapshot", started.snapshotId().orElse(null))
        .bind("target", started.target())
        .bind("start", Times.write(started.startedAt()));
  }

  /** It comes from a snapshot's tags, where anything may stand. */
  private static String name(String job) {
    return job.length() <= LONGEST_NAME ? job : job.substring(0, LONGEST_NAME);
  }

  // If the start never arrived, this makes the row. What others said while we were away goes.
  private static final String ENDED =
      """
      INSERT INTO restores (id, device_id, job_name, snapshot_id, target, start_time, end_time, status, code, message,
                            files, bytes, error_count, failures)
      VALUES (:id, :device, :job, :snapshot, :target, :start, :end, :status, :code, :message,
              :files, :bytes, :errors, :failures)
      ON CONFLICT (id) DO UPDATE
      SET end_time = excluded.end_time, status = excluded.status, code = excluded.code, message = excluded.message,
          files = excluded.files, bytes = excluded.bytes, error_count = excluded.error_count,
          failures = excluded.failures, progress = NULL, progress_at = NULL
      WHERE restores.status = 'running' OR restores.code = 'device-away'
      """;

  static void ended(Handle handle, RestoreEnded ended) {
    Verdict verdict = ended.verdict();
    bindStart(handle.createUpdate(ENDED), ended.start())
        .bind("end", Times.write(ended.endedAt()))
        .bind("status", verdict.outcome().word())
        .bind("code", verdict.code())
        .bind("message", verdict.sentence().isEmpty() ? null : sentences(verdict))
        .bind("files", ended.files())
        .bind("bytes", ended.bytes())
        .bind("errors", ended.errorCount())
        .bind("failures", ended.failures().toArray(new String[0]))
        .execute();
    answer(handle, ended);
  }

  private static String sentences(Verdict verdict) {
    String said = (verdict.sentence() + ". " + verdict.remedy()).strip().replace("\0", "");
    return said.substring(0, Math.min(said.length(), LONGEST));
  }

  /** Whoever asked learns how it ended. */
  private static void answer(Handle handle, RestoreEnded ended) {
    Verdict verdict = ended.verdict();
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("run_uuid", ended.uuid());
    result.put("outcome", verdict.outcome().word());
    result.put("code", verdict.code());
    ended.start().snapshotId().ifPresent(id -> result.put("snapshot_id", id));
    result.put("files", ended.files());
    result.put("bytes", ended.bytes());
    RequestDao.answer(
        handle,
        ended.start().deviceId(),
        ended.uuid(),
        verdict.outcome() == Outcome.SUCCESS || verdict.outcome() == Outcome.PARTIAL,
        verdict.sentence().isEmpty() ? "the files were restored" : sentences(verdict),
        result);
  }

  private static final String PROGRESS =
      """
      UPDATE restores
      SET progress = CAST(:progress AS jsonb), progress_at = :at
      WHERE id = :id AND status = 'running'
      """;

  static void progress(Handle handle, RunId id, ProgressReport progress) {
    handle
        .createUpdate(PROGRESS)
        .bind("id", id.value())
        .bind("progress", Json.write(progress))
        .bind("at", Times.write(progress.at()))
        .execute();
  }
}
