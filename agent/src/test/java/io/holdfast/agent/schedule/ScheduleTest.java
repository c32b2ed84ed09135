package io.holdfast.agent.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ScheduleTest {

  private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");
  private static final UUID JOB = UUID.fromString("11111111-2222-3333-4444-555555555555");

  private static Schedule every(Duration interval, Optional<Instant> lastRunAt) {
    return new Schedule(1, JOB, new Timing.Every(interval), lastRunAt, true);
  }

  private static Schedule dailyAtTwo(Optional<Instant> lastRunAt) throws InvalidSchedule {
    return new Schedule(
        1,
        JOB,
        new Timing.Cron(CronExpression.parse("0 2 * * *"), ZoneOffset.UTC),
        lastRunAt,
        true);
  }

  @Test
  void an_interval_counts_from_the_start_of_the_last_run() {
    assertThat(
            every(Duration.ofHours(1), Optional.of(NOON.minusSeconds(600)))
                .nextDue(NOON, Optional.empty()))
        .contains(NOON.plusSeconds(3000));
  }

  @Test
  void an_interval_that_never_ran_is_due_at_once() {
    assertThat(every(Duration.ofHours(1), Optional.empty()).nextDue(NOON, Optional.empty()))
        .contains(NOON);
  }

  @Test
  void an_interval_out_of_range_is_refused() {
    for (Duration wrong :
        new Duration[] {Duration.ZERO, Duration.ofSeconds(-5), Duration.ofDays(367)}) {
      assertThatThrownBy(() -> Timing.Every.of(wrong))
          .isInstanceOf(InvalidSchedule.class)
          .hasMessageContaining("interval_seconds is " + wrong.toSeconds());
    }
  }

  @Test
  void a_cron_time_before_the_schedule_was_known_is_not_made_up_for() throws InvalidSchedule {
    assertThat(
            dailyAtTwo(Optional.of(NOON.minus(Duration.ofDays(5)))).nextDue(NOON, Optional.empty()))
        .contains(Instant.parse("2026-03-11T02:00:00Z"));
  }

  @Test
  void a_cron_schedule_that_has_just_fired_is_due_at_its_next_time() throws InvalidSchedule {
    Instant fired = Instant.parse("2026-03-11T02:00:03Z");
    assertThat(dailyAtTwo(Optional.of(fired)).nextDue(NOON, Optional.empty()))
        .contains(Instant.parse("2026-03-12T02:00:00Z"));
  }

  @Test
  void a_clock_set_back_after_a_run_does_not_make_it_due_again() throws InvalidSchedule {
    Instant fired = Instant.parse("2026-03-11T02:00:03Z");
    Instant watchedSinceAnHourBefore = fired.minus(Duration.ofHours(1));
    assertThat(dailyAtTwo(Optional.of(fired)).nextDue(watchedSinceAnHourBefore, Optional.empty()))
        .contains(Instant.parse("2026-03-12T02:00:00Z"));
  }

  @Test
  void due_times_that_have_been_dealt_with_do_not_come_again() throws InvalidSchedule {
    Optional<Instant> counted = Optional.of(NOON.plus(Duration.ofDays(2)));
    assertThat(dailyAtTwo(Optional.empty()).nextDue(NOON, counted))
        .contains(Instant.parse("2026-03-13T02:00:00Z"));
    assertThat(every(Duration.ofHours(1), Optional.of(NOON)).nextDue(NOON, counted))
        .contains(NOON.plus(Duration.ofDays(2)).plusSeconds(3600));
  }
}
