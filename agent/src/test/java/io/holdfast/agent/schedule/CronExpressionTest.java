package io.holdfast.agent.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronExpressionTest {

  static Stream<String[]> vectors() throws IOException {
    return lines("/schedule/cron-vectors.csv");
  }

  static Stream<String[]> refused() throws IOException {
    return lines("/schedule/cron-refused.csv");
  }

  private static Stream<String[]> lines(String resource) throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(CronExpressionTest.class.getResourceAsStream(resource)),
                StandardCharsets.UTF_8))) {
      return reader
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("# ") && !line.startsWith("#\t"))
          .map(line -> Stream.of(line.split(";")).map(String::strip).toArray(String[]::new))
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void an_expression_is_due_at_the_times_of_the_shared_list(
      String expression, String zone, String after, String due) throws InvalidSchedule {
    CronExpression cron = CronExpression.parse(expression);
    List<Instant> expected = Stream.of(due.split("\\s+")).map(Instant::parse).toList();
    List<Instant> actual = new ArrayList<>();
    Instant at = Instant.parse(after);
    for (int i = 0; i < expected.size(); i++) {
      at = cron.nextAfter(at, ZoneId.of(zone)).orElseThrow();
      actual.add(at);
    }
    assertThat(actual).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void an_expression_that_cannot_be_meant_is_refused_with_a_sentence(
      String expression, String sentence) {
    assertThatThrownBy(() -> CronExpression.parse(expression))
        .isInstanceOf(InvalidSchedule.class)
        .hasMessageContaining("cron_expression \"" + expression + "\"")
        .hasMessageContaining(sentence)
        .extracting(e -> ((InvalidSchedule) e).remedy())
        .asString()
        .isNotEmpty();
  }

  /**
   * Against a walk through every minute of the weeks in which the clocks are set: each local minute
   * that matches is due exactly once if hours are named, and each minute of elapsed time that
   * matches if they are not.
   */
  @ParameterizedTest
  @ValueSource(strings = {"Europe/Berlin", "America/New_York", "Asia/Kathmandu"})
  void setting_the_clocks_neither_skips_nor_doubles_a_run(String zoneName) throws InvalidSchedule {
    ZoneId zone = ZoneId.of(zoneName);
    Random random = new Random(20261120);
    for (String start :
        List.of(
            "2026-03-06T00:00:00Z",
            "2026-03-27T00:00:00Z",
            "2026-10-23T00:00:00Z",
            "2026-10-30T00:00:00Z")) {
      Instant from = Instant.parse(start);
      Instant to = from.plus(Duration.ofDays(4));
      for (int i = 0; i < 40; i++) {
        boolean everyHour = random.nextBoolean();
        int minute = random.nextInt(60);
        int hour = random.nextInt(4);
        String expression = minute + " " + (everyHour ? "*" : hour) + " * * *";
        assertThat(due(CronExpression.parse(expression), from, to, zone))
            .as(expression + " in " + zone + " from " + start)
            .isEqualTo(
                everyHour
                    ? walkElapsed(minute, from, to, zone)
                    : walkLocal(hour, minute, from, to, zone));
      }
    }
  }

  private static List<Instant> due(CronExpression cron, Instant from, Instant to, ZoneId zone) {
    List<Instant> due = new ArrayList<>();
    Instant at = cron.nextAfter(from, zone).orElseThrow();
    while (!at.isAfter(to)) {
      due.add(at);
      at = cron.nextAfter(at, zone).orElseThrow();
    }
    return due;
  }

  private static List<Instant> walkElapsed(int minute, Instant from, Instant to, ZoneId zone) {
    List<Instant> due = new ArrayList<>();
    for (Instant at = from.plus(1, ChronoUnit.MINUTES);
        !at.isAfter(to);
        at = at.plus(1, ChronoUnit.MINUTES)) {
      if (at.atZone(zone).getMinute() == minute) {
        due.add(at);
      }
    }
    return due;
  }

  /**
   * The wall clock is read every minute: the time is due when the clock first shows it or has
   * jumped over it.
   */
  private static List<Instant> walkLocal(
      int hour, int minute, Instant from, Instant to, ZoneId zone) {
    List<Instant> due = new ArrayList<>();
    LocalDateTime highest = LocalDateTime.ofInstant(from, zone);
    for (Instant at = from.plus(1, ChronoUnit.MINUTES);
        !at.isAfter(to);
        at = at.plus(1, ChronoUnit.MINUTES)) {
      LocalDateTime shown = LocalDateTime.ofInstant(at, zone);
      for (LocalDateTime passed = highest.plusMinutes(1);
          !passed.isAfter(shown);
          passed = passed.plusMinutes(1)) {
        if (passed.getHour() == hour && passed.getMinute() == minute) {
          due.add(at);
        }
      }
      highest = shown.isAfter(highest) ? shown : highest;
    }
    return due;
  }

  @Test
  void two_expressions_with_the_same_text_are_equal() throws InvalidSchedule {
    assertThat(CronExpression.parse(" 0 2 * * *"))
        .isEqualTo(CronExpression.parse("0 2 * * * "))
        .isNotEqualTo(CronExpression.parse("0 3 * * *"));
  }
}
