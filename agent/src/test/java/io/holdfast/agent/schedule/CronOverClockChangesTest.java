package io.holdfast.agent.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fifty expressions around both settings of the clocks of a year, against another calculation. */
class CronOverClockChangesTest {

  private static final Instant NEW_YEAR = Instant.parse("2026-01-01T00:00:00Z");

  private static List<String> fifty() throws IOException {
    try (InputStream list =
        Objects.requireNonNull(
            CronOverClockChangesTest.class.getResourceAsStream("/schedule/cron-fifty.txt"))) {
      return new String(list.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static List<ZoneOffsetTransition> changes(ZoneId zone) {
    List<ZoneOffsetTransition> changes = new ArrayList<>();
    Instant nextYear = NEW_YEAR.plus(Duration.ofDays(365));
    for (ZoneOffsetTransition change = zone.getRules().nextTransition(NEW_YEAR);
        change.getInstant().isBefore(nextYear);
        change = zone.getRules().nextTransition(change.getInstant())) {
      changes.add(change);
    }
    return changes;
  }

  @Test
  void the_list_has_fifty_different_expressions() throws IOException {
    assertThat(fifty()).hasSize(50).doesNotHaveDuplicates();
  }

  /** Half an hour in Lord Howe, an hour elsewhere; the south changes the other way round. */
  @ParameterizedTest
  @ValueSource(strings = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe"})
  void every_expression_is_due_when_a_person_with_a_wall_clock_would_say_so(String name)
      throws Exception {
    ZoneId zone = ZoneId.of(name);
    assertThat(changes(zone))
        .hasSize(2)
        .anyMatch(ZoneOffsetTransition::isGap)
        .anyMatch(ZoneOffsetTransition::isOverlap);
    for (ZoneOffsetTransition change : changes(zone)) {
      // From two days before to eight after: each day of the week, and the days as they were.
      Instant from = change.getInstant().minus(Duration.ofDays(2)).minus(Duration.ofMinutes(17));
      Instant to = change.getInstant().plus(Duration.ofDays(8));
      int dueTimes = 0;
      for (String expression : fifty()) {
        List<Instant> expected = new MinuteByMinute(expression).due(from, to, zone);
        assertThat(due(CronExpression.parse(expression), from, to, zone))
            .as("\"%s\" in %s around %s", expression, name, change.getInstant())
            .isEqualTo(expected);
        dueTimes += expected.size();
      }
      assertThat(dueTimes).isGreaterThan(20_000);
    }
  }

  private static List<Instant> due(CronExpression cron, Instant from, Instant to, ZoneId zone) {
    List<Instant> due = new ArrayList<>();
    for (Instant at = cron.nextAfter(from, zone).orElseThrow();
        !at.isAfter(to);
        at = cron.nextAfter(at, zone).orElseThrow()) {
      due.add(at);
    }
    return due;
  }
}
