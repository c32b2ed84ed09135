package io.holdfast.agent.postgres;

import io.holdfast.agent.maintenance.Kind;
import io.holdfast.agent.maintenance.Task;
import io.holdfast.agent.run.HousekeepingRun;
import io.holdfast.agent.run.Outcome;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.Verdict;
import io.holdfast.agent.schedule.CronExpression;
import io.holdfast.agent.schedule.InvalidSchedule;
import io.holdfast.agent.schedule.Timing;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/** The tables {@code housekeeping} and {@code housekeeping_runs}. */
final class HousekeepingDao {

  private HousekeepingDao() {}

  /**
   * The database has refused what cannot be meant; what only a newer agent knows is left to that.
   */
  static Optional<Task> task(ResultSet row) throws SQLException {
    Optional<Kind> kind = Kind.of(row.getString("kind"));
    int id = row.getInt("id");
    int parts = Math.max(1, row.getInt("parts"));
    Instant since = Times.read(row, "since").orElseThrow();
    Optional<Task.Last> last = last(row);
    Optional<Integer> lastPart = Optional.ofNullable(row.getObject("last_part", Integer.class));
    try {
      Timing timing = timing(row);
      return kind.map(known -> new Task(id, known, timing, parts, since, last, lastPart));
    } catch (InvalidSchedule | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Timing timing(ResultSet row) throws SQLException, InvalidSchedule {
    String zone = row.getString("timezone");
    return row.getString("schedule_type").equals("cron")
        ? new Timing.Cron(
            CronExpression.parse(row.getString("cron_expression")),
            ZoneId.of(zone == null ? "UTC" : zone))
        : Timing.Every.of(Duration.ofSeconds(row.getInt("interval_seconds")));
  }

  private static Optional<Task.Last> last(ResultSet row) throws SQLException {
    Optional<Instant> start = Times.read(row, "last_start");
    Optional<Instant> end = Times.read(row, "last_end");
    String status = String.valueOf(row.getString("last_status"));
    String code = String.valueOf(row.getString("last_code"));
    return start.map(at -> new Task.Last(at, end, status, code));
  }

  private static final String BEGUN =
      """
      INSERT INTO housekeeping_runs (run_uuid, kind, repository_id, device_id, housekeeping_id, triggered_by, lease_token,
                                     start_time, status, target)
      VALUES (:run, :kind, :repository, :device, :schedule, :trigger, :token, :start, 'running', :target)
      """;

  static int begun(Handle handle, HousekeepingRun run) {
    return handle
        .createUpdate(BEGUN)
        .bind("run", run.uuid())
        .bind("kind", run.kind())
        .bind("repository", run.repositoryId())
        .bind("device", run.deviceId())
        .bind("target", run.target().orElse(null))
        .bind("schedule", run.scheduleId().orElse(null))
        .bind("trigger", trigger(run))
        .bind("token", run.leaseToken())
        .bind("start", Times.write(run.startedAt()))
        .execute();
  }

  private static final String PROCESS =
      """
      UPDATE housekeeping_runs
      SET statistics = statistics || jsonb_build_object('process', CAST(:process AS jsonb))
      WHERE run_uuid = :run AND status = 'running'
      """;

  static int process(Handle handle, UUID run, String process) {
    return handle.createUpdate(PROCESS).bind("run", run).bind("process", process).execute();
  }

  // A row that has ended stays as it is, unless it was closed for want of a sign, which this is.
  private static final String ENDED =
      """
      UPDATE housekeeping_runs
      SET end_time      = :end,
          status        = :status,
          code          = :code,
          message       = :message,
          exit_code     = :exit,
          statistics    = CAST(:statistics AS jsonb),
          restic_output = :out,
          restic_errors = :err
      WHERE run_uuid = :run
      """;

  // The row of its beginning may be gone with the control plane, and the schedule too, to which it
  // may not refer then. Of one that is a housekeeper no more it is not taken any more, and must not
  // hold up what comes behind it.
  private static final String ENDED_WITHOUT_ROW =
      """
      INSERT INTO housekeeping_runs (run_uuid, kind, repository_id, device_id, triggered_by, lease_token, start_time,
                                     end_time, status, code, message, exit_code, statistics, restic_output, restic_errors, target)
      SELECT :run, :kind, :repository, :device, :trigger, :token, :start,
             :end, :status, :code, :message, :exit, CAST(:statistics AS jsonb), :out, :err, :target
      WHERE EXISTS (SELECT FROM devices WHERE id = :device AND housekeeper)
      ON CONFLICT (run_uuid) DO NOTHING
      """;

  static void ended(Handle handle, HousekeepingEnded ended) {
    boolean begun =
        handle
            .select("SELECT 1 FROM housekeeping_runs WHERE run_uuid = ?", ended.run().uuid())
            .mapTo(Integer.class)
            .findOne()
            .isPresent();
    var _ = bound(handle.createUpdate(begun ? ENDED : ENDED_WITHOUT_ROW), ended).execute();
  }

  private static Update bound(Update update, HousekeepingEnded ended) {
    HousekeepingRun run = ended.run();
    Verdict verdict = ended.verdict();
    return update
        .bind("run", run.uuid())
        .bind("kind", run.kind())
        .bind("repository", run.repositoryId())
        .bind("device", run.deviceId())
        .bind("target", run.target().orElse(null))
        .bind("trigger", trigger(run))
        .bind("token", run.leaseToken())
        .bind("start", Times.write(run.startedAt()))
        .bind("end", Times.write(ended.endedAt()))
        .bind("status", status(verdict.outcome()))
        .bind("code", verdict.code())
        .bind("message", verdict.sentence().isEmpty() ? null : verdict.sentence())
        .bind("exit", ended.exitCode().orElse(null))
        .bind("statistics", Json.write(ended.statistics()))
        .bind("out", ended.standardOutput())
        .bind("err", ended.standardError());
  }

  private static String status(Outcome outcome) {
    return outcome == Outcome.PARTIAL ? Outcome.FAILED.word() : outcome.word();
  }

  private static String trigger(HousekeepingRun run) {
    return run.scheduleId().isPresent() ? "schedule" : "manual";
  }
}
