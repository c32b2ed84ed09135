package io.holdfast.agent.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Fuzz;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An expression is a schedule, whose next time is found at once, or is refused. */
class CronFuzzTest {

  private static final Instant NOON = Instant.parse("2026-03-29T00:30:00Z");

  @Test
  void expressions() throws Exception {
    Fuzz.texts(
        "cron",
        List.of(
            "*/5 2 1-7 jan mon-fri",
            "0 2 29 feb *",
            "59 23 31 12 sun",
            "0,30 */2 * * 1,3,5",
            "@daily"),
        List.of(InvalidSchedule.class),
        input ->
            assertThat(CronExpression.parse(input).nextAfter(NOON, ZoneId.of("Europe/Berlin")))
                .satisfiesAnyOf(
                    next -> assertThat(next).isEmpty(),
                    next -> assertThat(next.orElseThrow()).isAfter(NOON)));
  }
}
