package io.holdfast.agent.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.util.DefaultLocale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CronExpressionTest {

  private static final Instant FRIDAY = Instant.parse("2026-11-27T00:00:00Z");

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

  /** A Turkish "fri" in capitals is FRİ. */
  @Test
  @DefaultLocale("tr-TR")
  void names_of_days_are_understood_whatever_the_default_locale() throws InvalidSchedule {
    assertThat(CronExpression.parse("0 2 * * mon-fri").nextAfter(FRIDAY, ZoneOffset.UTC))
        .contains(Instant.parse("2026-11-27T02:00:00Z"));
  }

  @Test
  void two_expressions_with_the_same_text_are_equal() throws InvalidSchedule {
    assertThat(CronExpression.parse(" 0 2 * * *"))
        .isEqualTo(CronExpression.parse("0 2 * * * "))
        .isNotEqualTo(CronExpression.parse("0 3 * * *"));
  }
}
