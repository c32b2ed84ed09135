package io.holdfast.agent.sync;

import io.holdfast.agent.job.Problem;
import io.holdfast.agent.schedule.CronExpression;
import io.holdfast.agent.schedule.InvalidSchedule;
import io.holdfast.agent.schedule.ProofPlan;
import io.holdfast.agent.schedule.Schedule;
import io.holdfast.agent.schedule.Timing;
import io.holdfast.agent.sync.ConfigRows.JobRow;
import io.holdfast.agent.sync.ConfigRows.ScheduleRow;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The rows of {@code schedules} of one job become schedules, or problems. */
final class ScheduleReading {

  private ScheduleReading() {}

  /** The usable schedules of the job; each of the others puts a problem into the list. */
  static List<Schedule> readAll(
      JobRow job, List<ScheduleRow> rows, ZoneId deviceZone, List<Problem> problems) {
    List<Schedule> schedules = new ArrayList<>();
    for (ScheduleRow row : rows) {
      if (!row.jobId().equals(job.id()) || !row.enabled()) {
        continue;
      }
      try {
        schedules.add(
            new Schedule(
                row.id(), row.jobId(), timing(row, deviceZone), row.lastRunAt(), row.catchUp()));
      } catch (InvalidSchedule e) {
        problems.add(
            Problem.ofSchedule(
                "schedule-invalid",
                job.id(),
                row.id(),
                "schedule "
                    + row.id()
                    + " of job \""
                    + job.name()
                    + "\" is not used: "
                    + e.getMessage(),
                e.remedy()));
      }
    }
    return schedules;
  }

  /**
   * How the job's snapshots are proved; a schedule that cannot be used puts a problem into the
   * list.
   */
  static Optional<ProofPlan> proof(JobRow job, ZoneId deviceZone, List<Problem> problems) {
    if (job.verify().schedule().isEmpty()) {
      return Optional.empty();
    }
    try {
      CronExpression cron = CronExpression.parse(job.verify().schedule().get());
      return Optional.of(
          new ProofPlan(
              new Timing.Cron(cron, deviceZone), job.verify().files(), job.verify().bytes()));
    } catch (InvalidSchedule e) {
      problems.add(
          Problem.ofJob(
              "schedule-invalid",
              job.id(),
              job.name(),
              "verify_schedule of job \"" + job.name() + "\" is not used: " + e.getMessage(),
              e.remedy()));
      return Optional.empty();
    }
  }

  private static Timing timing(ScheduleRow row, ZoneId deviceZone) throws InvalidSchedule {
    return switch (row.scheduleType()) {
      case "cron" ->
          new Timing.Cron(
              CronExpression.parse(row.cronExpression().orElse("")), zone(row, deviceZone));
      case "interval" -> Timing.Every.of(Duration.ofSeconds(row.intervalSeconds().orElse(0)));
      default ->
          throw new InvalidSchedule(
              "schedule_type \"" + row.scheduleType() + "\" is unknown to this agent",
              "Use 'cron' or 'interval', or upgrade the agent.");
    };
  }

  private static ZoneId zone(ScheduleRow row, ZoneId deviceZone) throws InvalidSchedule {
    String name = row.timezone().map(String::strip).orElse("");
    try {
      return name.isEmpty() ? deviceZone : ZoneId.of(name);
    } catch (DateTimeException e) {
      throw new InvalidSchedule(
          "timezone \"" + name + "\" is unknown",
          "Use a name such as Europe/Berlin or UTC; NULL means the device's own zone.");
    }
  }
}
