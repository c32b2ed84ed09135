package io.holdfast.agent.postgres;

import io.holdfast.agent.run.DueRun.FiredSchedule;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** The table {@code schedules}. */
final class ScheduleDao {

  private ScheduleDao() {}

  // A replayed record must not put an older time over a newer one, unless that one is of a clock
  // that was wrong. It may also come after what it belongs to was switched off, and the agent has
  // told that nothing is due any more.
  private static final String FIRED =
      """
      UPDATE schedules
      SET last_run_at = :at,
          next_run_at = CASE
            WHEN enabled AND EXISTS (SELECT FROM backup_jobs j JOIN devices d ON d.id = j.device_id
                                     WHERE j.id = :job AND j.enabled AND d.enabled)
              THEN CAST(:next AS timestamptz) END
      WHERE id = :id AND job_id = :job
        AND (last_run_at IS NULL OR last_run_at < :at OR last_run_at > now() + interval '10 minutes')
      """;

  static void fired(Handle handle, UUID jobId, List<FiredSchedule> schedules, Instant at) {
    for (FiredSchedule schedule : schedules) {
      handle
          .createUpdate(FIRED)
          .bind("id", schedule.id())
          .bind("job", jobId)
          .bind("at", Times.write(at))
          .bind("next", schedule.nextRunAt().map(Times::write).orElse(null))
          .execute();
    }
  }

  // Only rows that differ are written: a sync that changes nothing costs no write.
  private static final String NEXT =
      """
      UPDATE schedules
      SET next_run_at = :next
      WHERE id = :id AND next_run_at IS DISTINCT FROM :next
        AND job_id IN (SELECT id FROM backup_jobs WHERE device_id = :device)
      """;

  private static final String NEVER =
      """
      UPDATE schedules
      SET next_run_at = NULL
      WHERE next_run_at IS NOT NULL AND NOT (id = ANY (:ids))
        AND job_id IN (SELECT id FROM backup_jobs WHERE device_id = :device)
      """;

  static void announce(Handle handle, String deviceId, Map<Integer, Instant> nextRuns) {
    handle
        .createUpdate(NEVER)
        .bind("device", deviceId)
        .bind("ids", nextRuns.keySet().stream().mapToInt(Integer::intValue).toArray())
        .execute();
    if (nextRuns.isEmpty()) {
      return;
    }
    PreparedBatch batch = handle.prepareBatch(NEXT);
    nextRuns.forEach((id, next) ->
        batch.bind("id", id).bind("next", Times.write(next)).bind("device", deviceId).add());
    batch.execute();
  }
}
