package io.holdfast.agent.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TimingTest {

  private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");
  private static final Timing HOURLY = new Timing.Every(Duration.ofHours(1));

  private static Timing dailyAtTwo() throws InvalidSchedule {
    return new Timing.Cron(CronExpression.parse("0 2 * * *"), ZoneOffset.UTC);
  }

  @Test
  void an_interval_counts_from_what_was_dealt_with_last() {
    assertThat(HOURLY.nextDue(NOON, Optional.of(NOON.minusSeconds(600))))
        .contains(NOON.plusSeconds(3000));
    assertThat(HOURLY.nextDue(NOON, Optional.of(NOON.plus(Duration.ofDays(2)))))
        .contains(NOON.plus(Duration.ofDays(2)).plusSeconds(3600));
  }

  @Test
  void an_interval_that_never_ran_is_due_at_once() {
    assertThat(HOURLY.nextDue(NOON, Optional.empty())).contains(NOON);
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
    assertThat(dailyAtTwo().nextDue(NOON, Optional.of(NOON.minus(Duration.ofDays(5)))))
        .contains(Instant.parse("2026-03-11T02:00:00Z"));
  }

  @Test
  void a_cron_time_that_has_been_dealt_with_does_not_come_again() throws InvalidSchedule {
    Instant fired = Instant.parse("2026-03-11T02:00:03Z");
    assertThat(dailyAtTwo().nextDue(NOON, Optional.of(fired)))
        .contains(Instant.parse("2026-03-12T02:00:00Z"));
    Instant watchedSinceAnHourBefore = fired.minus(Duration.ofHours(1));
    assertThat(dailyAtTwo().nextDue(watchedSinceAnHourBefore, Optional.of(fired)))
        .contains(Instant.parse("2026-03-12T02:00:00Z"));
  }
}
