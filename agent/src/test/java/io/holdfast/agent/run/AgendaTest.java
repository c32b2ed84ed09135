package io.holdfast.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.job.Job;
import io.holdfast.agent.job.RunLimits;
import io.holdfast.agent.job.Settings.CatchUp;
import io.holdfast.agent.run.Agenda.PassedOver;
import io.holdfast.agent.schedule.CronExpression;
import io.holdfast.agent.schedule.InvalidSchedule;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.schedule.Schedule;
import io.holdfast.agent.schedule.Timing;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AgendaTest {

  private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");
  private static final CatchUp CATCH_UP = new CatchUp(Duration.ofMinutes(1), Duration.ofMinutes(4));
  private static final Job JOB =
      new Job(
          UUID.fromString("11111111-2222-3333-4444-555555555555"),
          "home",
          List.of("/srv"),
          List.of(),
          List.of(),
          List.of(),
          Optional.empty(),
          Optional.empty(),
          RunLimits.USUAL);

  /** A disk that a restart does not touch. */
  private static final class Disk implements AgendaStore {
    private Optional<Memory> memory = Optional.empty();
    private boolean full;

    @Override
    public Optional<Memory> load() {
      return memory;
    }

    @Override
    public void save(Memory memory) {
      if (full) {
        throw new UncheckedIOException(new FileSystemException("no space"));
      }
      this.memory = Optional.of(memory);
    }
  }

  private final Disk disk = new Disk();
  private final List<PassedOver> passedOver = new ArrayList<>();
  private Agenda agenda = restarted();
  private boolean running;

  private Agenda restarted() {
    return new Agenda(disk, new Random(1));
  }

  private List<Owed> look(List<JobPlan> plans, Instant now) {
    return agenda.look(plans, CATCH_UP, now, _ -> running, passedOver::add);
  }

  /** Looks, and runs what may run. */
  private List<Owed> run(List<JobPlan> plans, Instant now) {
    List<Owed> ready = look(plans, now);
    ready.forEach(agenda::begun);
    return ready;
  }

  private static Schedule cron(int id, String expression, ZoneId zone) {
    return cron(id, expression, zone, Optional.empty(), true);
  }

  private static Schedule cron(
      int id, String expression, ZoneId zone, Optional<Instant> lastRunAt, boolean catchUp) {
    try {
      return new Schedule(
          id,
          JOB.id(),
          new Timing.Cron(CronExpression.parse(expression), zone),
          lastRunAt,
          catchUp);
    } catch (InvalidSchedule e) {
      throw new AssertionError(e);
    }
  }

  private static Schedule every(int id, Duration interval, Optional<Instant> lastRunAt) {
    return new Schedule(id, JOB.id(), new Timing.Every(interval), lastRunAt, true);
  }

  private static List<JobPlan> plan(Schedule... schedules) {
    return List.of(new JobPlan(JOB, List.of(schedules)));
  }

  private static final List<JobPlan> HOURLY = plan(cron(1, "0 * * * *", ZoneOffset.UTC));

  @Test
  void a_due_time_is_given_out_until_its_run_has_begun_and_then_never_again() {
    List<JobPlan> plans = plan(cron(1, "0 13 * * *", ZoneOffset.UTC));
    assertThat(look(plans, NOON)).isEmpty();
    assertThat(look(plans, NOON.plusSeconds(3599))).isEmpty();
    assertThat(look(plans, NOON.plusSeconds(3601))).hasSize(1);
    assertThat(run(plans, NOON.plusSeconds(3602)))
        .singleElement()
        .satisfies(due -> assertThat(due.scheduledFor()).contains(NOON.plusSeconds(3600)))
        .satisfies(due -> assertThat(due.triggeredBy()).isEqualTo(TriggeredBy.SCHEDULE))
        .satisfies(due -> assertThat(due.schedules()).containsExactly(1));
    assertThat(look(plans, NOON.plusSeconds(3603))).isEmpty();
    assertThat(agenda.next(plans, NOON.plusSeconds(3603)))
        .isEqualTo(Map.of(1, Instant.parse("2026-03-11T13:00:00Z")));
  }

  @Test
  void several_schedules_of_a_job_that_are_due_at_once_become_one_run() {
    List<JobPlan> plans =
        plan(
            cron(1, "0 13 * * *", ZoneOffset.UTC),
            cron(2, "*/30 * * * *", ZoneOffset.UTC),
            cron(3, "0 14 * * *", ZoneOffset.UTC));
    run(plans, NOON.plusSeconds(1801));
    assertThat(run(plans, NOON.plusSeconds(3600)))
        .singleElement()
        .satisfies(due -> assertThat(due.schedules()).containsExactlyInAnyOrder(1, 2));
  }

  @Test
  void a_long_sleep_makes_up_for_all_that_passed_by_one_run_after_a_delay() {
    run(HOURLY, NOON);
    Instant awake = NOON.plus(Duration.ofHours(9)).plusSeconds(1800);
    assertThat(look(HOURLY, awake)).isEmpty();
    Owed owed = agenda.owed(JOB.id()).orElseThrow();
    assertThat(owed.triggeredBy()).isEqualTo(TriggeredBy.MISSED);
    assertThat(owed.scheduledFor()).contains(NOON.plusSeconds(3600));
    assertThat(owed.missed()).isEqualTo(8);
    assertThat(owed.notBefore()).isBetween(awake.plusSeconds(60), awake.plusSeconds(300));
    assertThat(agenda.nextMoment(HOURLY, awake)).contains(owed.notBefore());

    assertThat(run(HOURLY, owed.notBefore())).containsExactly(owed);
    assertThat(look(HOURLY, owed.notBefore().plusSeconds(1))).isEmpty();
    assertThat(passedOver).isEmpty();
  }

  @Test
  void the_jitter_spreads_what_was_missed_by_a_fleet() {
    List<Instant> starts = new ArrayList<>();
    for (int device = 0; device < 20; device++) {
      Agenda other = new Agenda(new Disk(), new Random(device));
      other.look(HOURLY, CATCH_UP, NOON, _ -> false, passedOver::add);
      other.look(HOURLY, CATCH_UP, NOON.plusSeconds(5400), _ -> false, passedOver::add);
      starts.add(other.owed(JOB.id()).orElseThrow().notBefore());
    }
    assertThat(starts).doesNotHaveDuplicates();
  }

  @Test
  void a_time_that_passed_while_the_agent_was_down_is_made_up_for() {
    run(HOURLY, NOON);
    agenda = restarted();
    Instant later = NOON.plusSeconds(5400);
    assertThat(look(HOURLY, later)).isEmpty();
    assertThat(agenda.owed(JOB.id()).orElseThrow().triggeredBy()).isEqualTo(TriggeredBy.MISSED);
    assertThat(run(HOURLY, later.plusSeconds(300))).hasSize(1);
  }

  @Test
  void a_run_that_waited_for_its_turn_when_the_agent_ended_is_made_up_for() {
    run(HOURLY, NOON);
    assertThat(look(HOURLY, NOON.plusSeconds(3601))).hasSize(1);
    agenda = restarted();
    assertThat(look(HOURLY, NOON.plusSeconds(3660))).isEmpty();
    assertThat(run(HOURLY, NOON.plusSeconds(3660 + 300)))
        .singleElement()
        .satisfies(due -> assertThat(due.triggeredBy()).isEqualTo(TriggeredBy.MISSED))
        .satisfies(due -> assertThat(due.scheduledFor()).contains(NOON.plusSeconds(3600)));
  }

  @Test
  void without_catch_up_a_missed_time_is_passed_over_and_told() {
    List<JobPlan> plans = plan(cron(1, "0 * * * *", ZoneOffset.UTC, Optional.empty(), false));
    run(plans, NOON);
    assertThat(look(plans, NOON.plus(Duration.ofHours(3)).plusSeconds(1800))).isEmpty();
    assertThat(agenda.allOwed()).isEmpty();
    assertThat(passedOver)
        .singleElement()
        .satisfies(passed -> assertThat(passed.reason()).isEqualTo(MissedBecause.AWAY))
        .satisfies(passed -> assertThat(passed.times().count()).isEqualTo(3))
        .satisfies(passed -> assertThat(passed.times().first()).isEqualTo(NOON.plusSeconds(3600)))
        .satisfies(
            passed -> assertThat(passed.times().last()).isEqualTo(NOON.plus(Duration.ofHours(3))));
    assertThat(run(plans, NOON.plus(Duration.ofHours(4)))).hasSize(1);
  }

  @Test
  void a_time_that_comes_while_the_job_still_runs_is_skipped_and_not_queued() {
    run(HOURLY, NOON);
    running = true;
    assertThat(look(HOURLY, NOON.plusSeconds(3601))).isEmpty();
    running = false;
    assertThat(look(HOURLY, NOON.plusSeconds(3700))).isEmpty();
    assertThat(passedOver)
        .singleElement()
        .satisfies(passed -> assertThat(passed.reason()).isEqualTo(MissedBecause.STILL_RUNNING))
        .satisfies(passed -> assertThat(passed.times().first()).isEqualTo(NOON.plusSeconds(3600)));
  }

  @Test
  void an_interval_is_due_that_long_after_it_fired() {
    List<JobPlan> plans = plan(every(1, Duration.ofHours(1), Optional.empty()));
    assertThat(run(plans, NOON)).hasSize(1);
    assertThat(agenda.next(plans, NOON)).isEqualTo(Map.of(1, NOON.plusSeconds(3600)));
    assertThat(run(plans, NOON.plusSeconds(3599))).isEmpty();
    assertThat(run(plans, NOON.plusSeconds(3600))).hasSize(1);
  }

  @Test
  void a_restart_goes_on_from_the_last_run_that_the_row_tells() {
    List<JobPlan> plans = plan(every(1, Duration.ofHours(1), Optional.of(NOON.minusSeconds(3000))));
    assertThat(look(plans, NOON)).isEmpty();
    assertThat(agenda.next(plans, NOON)).isEqualTo(Map.of(1, NOON.plusSeconds(600)));
  }

  @Test
  void without_any_memory_the_row_tells_what_was_missed() {
    List<JobPlan> plans =
        plan(
            cron(
                1,
                "0 * * * *",
                ZoneOffset.UTC,
                Optional.of(NOON.minus(Duration.ofHours(3))),
                true));
    look(plans, NOON.plusSeconds(1800));
    assertThat(agenda.owed(JOB.id()).orElseThrow().missed()).isEqualTo(2);
  }

  @Test
  void a_changed_schedule_counts_from_its_change_over_a_restart_too() {
    look(plan(cron(1, "0 13 * * *", ZoneOffset.UTC)), NOON);
    agenda = restarted();
    List<JobPlan> changed =
        plan(
            cron(
                1,
                "30 11 * * *",
                ZoneOffset.UTC,
                Optional.of(NOON.minus(Duration.ofDays(2))),
                true));
    assertThat(look(changed, NOON.plusSeconds(60))).isEmpty();
    assertThat(agenda.allOwed()).isEmpty();
    assertThat(agenda.next(changed, NOON.plusSeconds(60)))
        .isEqualTo(Map.of(1, Instant.parse("2026-03-11T11:30:00Z")));
  }

  @Test
  void a_schedule_that_was_switched_off_for_a_while_does_not_make_up_for_it() {
    List<JobPlan> plans = plan(cron(1, "0 13 * * *", ZoneOffset.UTC));
    look(plans, NOON);
    look(List.of(), NOON.plusSeconds(60));
    look(plans, NOON.plus(Duration.ofHours(3)));
    assertThat(agenda.allOwed()).isEmpty();
  }

  @Test
  void what_a_deleted_job_was_owed_is_forgotten() {
    run(HOURLY, NOON);
    look(HOURLY, NOON.plusSeconds(5400));
    assertThat(agenda.allOwed()).hasSize(1);
    look(List.of(), NOON.plusSeconds(5401));
    assertThat(agenda.allOwed()).isEmpty();
  }

  @Test
  void a_clock_set_forward_and_back_by_a_week_keeps_nothing_from_being_due() {
    run(HOURLY, NOON);
    Instant ahead = NOON.plus(Duration.ofDays(7));
    look(HOURLY, ahead);
    run(HOURLY, ahead.plusSeconds(300));
    // Set right again: the hour that comes is due, and not only in a week.
    look(HOURLY, NOON.plusSeconds(400));
    assertThat(run(HOURLY, NOON.plusSeconds(3600)))
        .singleElement()
        .satisfies(due -> assertThat(due.scheduledFor()).contains(NOON.plusSeconds(3600)));
  }

  @Test
  void what_was_put_off_is_not_put_off_by_a_week_when_the_clock_is_set_back() {
    run(HOURLY, NOON);
    look(HOURLY, NOON.plus(Duration.ofDays(7)).plusSeconds(1800));
    assertThat(agenda.owed(JOB.id())).isPresent();
    look(HOURLY, NOON.plusSeconds(60));
    assertThat(run(HOURLY, NOON.plusSeconds(60 + 300))).hasSize(1);
  }

  @Test
  void a_last_run_in_the_future_is_not_believed() {
    List<JobPlan> plans =
        plan(every(1, Duration.ofHours(1), Optional.of(NOON.plus(Duration.ofDays(7)))));
    assertThat(run(plans, NOON)).hasSize(1);
    assertThat(run(plans, NOON.plusSeconds(3600))).hasSize(1);
  }

  @Test
  void a_last_run_by_a_clock_that_was_ahead_does_not_hold_up_an_interval_when_time_gets_there() {
    Instant ahead = NOON.plusSeconds(3600);
    List<JobPlan> ranAhead = plan(every(1, Duration.ofHours(1), Optional.of(ahead)));
    run(plan(every(1, Duration.ofHours(1), Optional.empty())), ahead);
    // Set right: from now on an hour.
    look(ranAhead, NOON);
    assertThat(run(ranAhead, NOON.plusSeconds(3660))).hasSize(1);
  }

  @Test
  void a_retry_gives_way_to_the_next_due_time() {
    run(HOURLY, NOON);
    RunRecord.RunStarted failed = io.holdfast.agent.testing.Records.started(1);
    agenda.owe(Owed.retry(failed, 2, NOON.plusSeconds(3500), Duration.ofMinutes(10)));
    assertThat(run(HOURLY, NOON.plusSeconds(3600)))
        .singleElement()
        .satisfies(due -> assertThat(due.triggeredBy()).isEqualTo(TriggeredBy.SCHEDULE))
        .satisfies(due -> assertThat(due.attempt()).isEqualTo(1))
        .satisfies(due -> assertThat(due.scheduledFor()).contains(NOON.plusSeconds(3600)));
    assertThat(look(HOURLY, NOON.plusSeconds(4200))).isEmpty();
  }

  @Test
  void a_request_is_for_now_and_takes_along_what_else_is_owed() {
    run(HOURLY, NOON);
    look(HOURLY, NOON.plusSeconds(5400));
    UUID request = new UUID(0, 1);
    agenda.request(JOB.id(), request, NOON.plusSeconds(5401));
    agenda.request(JOB.id(), new UUID(0, 2), NOON.plusSeconds(5402));
    assertThat(run(HOURLY, NOON.plusSeconds(5402)))
        .singleElement()
        .satisfies(due -> assertThat(due.triggeredBy()).isEqualTo(TriggeredBy.REQUEST))
        .satisfies(due -> assertThat(due.requests()).containsExactly(request, new UUID(0, 2)))
        .satisfies(due -> assertThat(due.schedules()).containsExactly(1));
    assertThat(agenda.allOwed()).isEmpty();
  }

  @Test
  void a_reason_that_comes_while_the_run_begins_is_not_lost() {
    run(HOURLY, NOON);
    Owed begins = look(HOURLY, NOON.plusSeconds(3600)).getFirst();
    agenda.request(JOB.id(), new UUID(0, 1), NOON.plusSeconds(3601));
    agenda.begun(begins);
    assertThat(look(HOURLY, NOON.plusSeconds(3602)))
        .singleElement()
        .satisfies(due -> assertThat(due.requests()).containsExactly(new UUID(0, 1)));
  }

  @Test
  void a_full_disk_costs_the_memory_and_not_the_runs() {
    disk.full = true;
    run(HOURLY, NOON);
    assertThat(run(HOURLY, NOON.plusSeconds(3600))).hasSize(1);
    assertThat(look(HOURLY, NOON.plusSeconds(3601))).isEmpty();
    disk.full = false;
    look(HOURLY, NOON.plusSeconds(7200));
    assertThat(disk.memory.orElseThrow().owed()).hasSize(1);
  }

  @Test
  void over_the_nights_on_which_the_clocks_are_set_a_daily_job_runs_once_a_day() {
    for (String evening : List.of("2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z")) {
      Agenda fresh = new Agenda(new Disk(), new Random(1));
      List<JobPlan> plans = plan(cron(1, "30 2 * * *", ZoneId.of("Europe/Berlin")));
      List<Instant> runs = new ArrayList<>();
      Instant start = Instant.parse(evening);
      for (Instant now = start;
          now.isBefore(start.plus(Duration.ofDays(2)));
          now = now.plusSeconds(30)) {
        for (Owed due : fresh.look(plans, CATCH_UP, now, _ -> false, passedOver::add)) {
          runs.add(due.scheduledFor().orElseThrow());
          fresh.begun(due);
        }
      }
      assertThat(runs).as(evening).hasSize(2);
    }
  }

  @Test
  void a_due_time_was_missed_when_it_is_found_more_than_ninety_seconds_late() {
    Instant due = NOON.plusSeconds(3600);
    run(HOURLY, NOON);
    assertThat(look(HOURLY, due.plus(Agenda.LATE)))
        .extracting(Owed::triggeredBy)
        .containsExactly(TriggeredBy.SCHEDULE);
    Agenda other = new Agenda(new Disk(), new Random(1));
    other.look(HOURLY, CATCH_UP, NOON, _ -> false, passedOver::add);
    other.look(HOURLY, CATCH_UP, due.plus(Agenda.LATE).plusMillis(1), _ -> false, passedOver::add);
    assertThat(other.owed(JOB.id()).map(Owed::triggeredBy)).contains(TriggeredBy.MISSED);
  }

  @Test
  void without_jitter_what_was_missed_starts_exactly_after_the_delay() {
    CatchUp exact = new CatchUp(Duration.ofMinutes(1), Duration.ZERO);
    agenda.look(HOURLY, exact, NOON, _ -> false, passedOver::add);
    Instant awake = NOON.plus(Duration.ofHours(9)).plusSeconds(1800);
    agenda.look(HOURLY, exact, awake, _ -> false, passedOver::add);
    assertThat(agenda.owed(JOB.id()).map(Owed::notBefore)).contains(awake.plusSeconds(60));
  }
}
