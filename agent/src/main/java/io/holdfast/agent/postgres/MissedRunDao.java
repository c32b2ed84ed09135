package io.holdfast.agent.postgres;

import io.holdfast.agent.run.RunRecord.RunMissed;
import org.jdbi.v3.core.Handle;

/** The table {@code missed_runs}. */
final class MissedRunDao {

  private MissedRunDao() {}

  private static final String PUT =
      """
      INSERT INTO missed_runs (id, device_id, job_id, job_name, schedule_id, due_at, last_due_at, due_count, reason,
                               message)
      VALUES (:id, :device, (SELECT id FROM backup_jobs WHERE id = :job AND device_id = :device), :jobName,
              :schedule, :first, :last, :count, :reason, :message)
      ON CONFLICT (id) DO NOTHING
      """;

  static void put(Handle handle, RunMissed missed) {
    handle
        .createUpdate(PUT)
        .bind("id", missed.id())
        .bind("device", missed.deviceId())
        .bind("job", missed.jobId())
        .bind("jobName", missed.jobName())
        .bind("schedule", missed.schedule().orElse(null))
        .bind("first", Times.write(missed.firstDueAt()))
        .bind("last", Times.write(missed.lastDueAt()))
        .bind("count", missed.count())
        .bind("reason", missed.reason().word())
        .bind("message", missed.message())
        .execute();
  }
}
