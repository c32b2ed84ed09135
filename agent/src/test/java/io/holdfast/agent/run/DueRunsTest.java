package io.holdfast.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.job.Job;
import io.holdfast.agent.run.DueRun.FiredSchedule;
import io.holdfast.agent.schedule.CronExpression;
import io.holdfast.agent.schedule.InvalidSchedule;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.schedule.Schedule;
import io.holdfast.agent.schedule.Timing;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class DueRunsTest {

  private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");
  private static final Job JOB =
      new Job(
          UUID.fromString("11111111-2222-3333-4444-555555555555"),
          "home",
          List.of("/srv"),
          List.of(),
          List.of(),
          List.of(),
          Optional.empty(),
          Optional.empty());

  private final DueRuns dueRuns = new DueRuns();

  private static Schedule cron(int id, String expression, ZoneId zone) {
    try {
      return new Schedule(
          id, JOB.id(), new Timing.Cron(CronExpression.parse(expression), zone), Optional.empty());
    } catch (InvalidSchedule e) {
      throw new AssertionError(e);
    }
  }

  private static Schedule every(int id, Duration interval, Optional<Instant> lastRunAt) {
    return new Schedule(id, JOB.id(), new Timing.Every(interval), lastRunAt);
  }

  private static List<JobPlan> plan(Schedule... schedules) {
    return List.of(new JobPlan(JOB, List.of(schedules)));
  }

  @Test
  void a_due_time_is_given_out_once() {
    List<JobPlan> plans = plan(cron(1, "0 13 * * *", ZoneOffset.UTC));
    assertThat(dueRuns.take(plans, NOON)).isEmpty();
    assertThat(dueRuns.take(plans, NOON.plusSeconds(3599))).isEmpty();
    assertThat(dueRuns.take(plans, NOON.plusSeconds(3601)))
        .singleElement()
        .satisfies(due -> assertThat(due.scheduledFor()).contains(NOON.plusSeconds(3600)))
        .satisfies(due -> assertThat(due.triggeredBy()).isEqualTo(TriggeredBy.SCHEDULE))
        .satisfies(due ->
            assertThat(due.schedules())
                .containsExactly(
                    new FiredSchedule(1, Optional.of(Instant.parse("2026-03-11T13:00:00Z")))));
    assertThat(dueRuns.take(plans, NOON.plusSeconds(3602))).isEmpty();
  }

  @Test
  void several_schedules_of_a_job_that_are_due_at_once_become_one_run() {
    List<JobPlan> plans =
        plan(
            cron(1, "0 13 * * *", ZoneOffset.UTC),
            cron(2, "*/30 * * * *", ZoneOffset.UTC),
            cron(3, "0 14 * * *", ZoneOffset.UTC));
    dueRuns.take(plans, NOON.plusSeconds(1801));
    assertThat(dueRuns.take(plans, NOON.plusSeconds(3600)))
        .singleElement()
        .satisfies(
            due -> assertThat(due.schedules()).extracting(FiredSchedule::id).containsExactly(1, 2));
  }

  @Test
  void a_long_sleep_makes_a_schedule_due_once_and_not_once_for_every_time() {
    List<JobPlan> plans =
        plan(
            cron(1, "*/5 * * * *", ZoneOffset.UTC),
            every(2, Duration.ofMinutes(1), Optional.of(NOON)));
    dueRuns.take(plans, NOON);
    Instant later = NOON.plus(Duration.ofHours(9));
    assertThat(dueRuns.take(plans, later)).hasSize(1);
    assertThat(dueRuns.take(plans, later)).isEmpty();
  }

  @Test
  void an_interval_is_due_that_long_after_it_fired() {
    List<JobPlan> plans = plan(every(1, Duration.ofHours(1), Optional.empty()));
    assertThat(dueRuns.take(plans, NOON)).hasSize(1);
    assertThat(dueRuns.next(plans, NOON)).isEqualTo(Map.of(1, NOON.plusSeconds(3600)));
    assertThat(dueRuns.take(plans, NOON.plusSeconds(3599))).isEmpty();
    assertThat(dueRuns.take(plans, NOON.plusSeconds(3600))).hasSize(1);
  }

  @Test
  void a_restart_goes_on_from_the_last_run_that_the_row_tells() {
    List<JobPlan> plans = plan(every(1, Duration.ofHours(1), Optional.of(NOON.minusSeconds(3000))));
    assertThat(dueRuns.take(plans, NOON)).isEmpty();
    assertThat(dueRuns.next(plans, NOON)).isEqualTo(Map.of(1, NOON.plusSeconds(600)));
  }

  @Test
  void a_changed_schedule_counts_from_its_change() {
    dueRuns.take(plan(cron(1, "0 13 * * *", ZoneOffset.UTC)), NOON);
    List<JobPlan> changed = plan(cron(1, "30 11 * * *", ZoneOffset.UTC));
    assertThat(dueRuns.take(changed, NOON.plusSeconds(60))).isEmpty();
    assertThat(dueRuns.next(changed, NOON.plusSeconds(60)))
        .isEqualTo(Map.of(1, Instant.parse("2026-03-11T11:30:00Z")));
  }

  @Test
  void a_schedule_that_was_away_for_a_while_does_not_make_up_for_it() {
    List<JobPlan> plans = plan(cron(1, "0 13 * * *", ZoneOffset.UTC));
    dueRuns.take(plans, NOON);
    dueRuns.take(List.of(), NOON.plusSeconds(60));
    assertThat(dueRuns.take(plans, NOON.plus(Duration.ofHours(3)))).isEmpty();
  }

  @Test
  void over_the_nights_on_which_the_clocks_are_set_a_daily_job_runs_once_a_day() {
    for (String evening : List.of("2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z")) {
      DueRuns fresh = new DueRuns();
      List<JobPlan> plans = plan(cron(1, "30 2 * * *", ZoneId.of("Europe/Berlin")));
      List<Instant> runs = new ArrayList<>();
      Instant start = Instant.parse(evening);
      for (Instant now = start;
          now.isBefore(start.plus(Duration.ofDays(2)));
          now = now.plusSeconds(30)) {
        for (DueRun due : fresh.take(plans, now)) {
          runs.add(due.scheduledFor().orElseThrow());
        }
      }
      assertThat(runs).as(evening).hasSize(2);
    }
  }
}
