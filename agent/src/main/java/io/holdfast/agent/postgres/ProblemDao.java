package io.holdfast.agent.postgres;

import io.holdfast.agent.job.Problem;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The table {@code problems}: what an agent found wrong, until it is gone. */
final class ProblemDao {

  /** Where a problem was found; each is told anew without touching the others. */
  enum Source {
    CONFIG("config"),
    RUN("run");

    private final String word;

    Source(String word) {
      this.word = word;
    }
  }

  private ProblemDao() {}

  // The job or the schedule may have been deleted since the agent read it; its problem went with
  // it.
  private static final String PUT =
      """
      INSERT INTO problems (device_id, source, subject, code, job_id, schedule_id, severity, message, remedy)
      SELECT :device, :source, :subject, :code, CAST(:job AS uuid), CAST(:schedule AS integer), :severity, :message,
             :remedy
      WHERE (CAST(:job AS uuid) IS NULL OR EXISTS (SELECT FROM backup_jobs WHERE id = CAST(:job AS uuid)))
        AND (CAST(:schedule AS integer) IS NULL
             OR EXISTS (SELECT FROM schedules WHERE id = CAST(:schedule AS integer)))
      ON CONFLICT (device_id, source, subject, code) DO UPDATE
      SET job_id = excluded.job_id,
          schedule_id = excluded.schedule_id,
          severity = excluded.severity,
          message = excluded.message,
          remedy = excluded.remedy,
          seen_at = excluded.seen_at
      """;

  private static void put(Handle handle, String deviceId, Source source, Problem problem) {
    handle
        .createUpdate(PUT)
        .bind("device", deviceId)
        .bind("source", source.word)
        .bind("subject", problem.subject())
        .bind("code", problem.code())
        .bind("job", problem.jobId().map(UUID::toString).orElse(null))
        .bind("schedule", problem.scheduleId().orElse(null))
        .bind("severity", problem.severity().word())
        .bind("message", problem.message())
        .bind("remedy", problem.remedy())
        .execute();
  }

  // By a function, since a device has no right to delete from the table: that would be one to lock
  // it.
  private static void gone(
      Handle handle, String deviceId, Source source, Optional<UUID> job, List<Problem> kept) {
    handle.execute(
        "SELECT holdfast.problems_gone(?, ?, ?, ?)",
        deviceId,
        source.word,
        job.orElse(null),
        kept.stream().map(p -> p.subject() + "\n" + p.code()).toArray(String[]::new));
  }

  /** The problems of the configuration, in place of those told before. */
  static void replaceConfigProblems(Handle handle, String deviceId, List<Problem> problems) {
    gone(handle, deviceId, Source.CONFIG, Optional.empty(), problems);
    problems.forEach(problem -> put(handle, deviceId, Source.CONFIG, problem));
  }

  /** The job's newest run left nothing to mend. */
  static void runSucceeded(Handle handle, String deviceId, UUID jobId) {
    gone(handle, deviceId, Source.RUN, Optional.of(jobId), List.of());
  }

  /** What the job's newest run left to mend; a problem that was there before keeps its date. */
  static void runLeft(Handle handle, String deviceId, UUID jobId, Problem problem) {
    gone(handle, deviceId, Source.RUN, Optional.of(jobId), List.of(problem));
    put(handle, deviceId, Source.RUN, problem);
  }
}
