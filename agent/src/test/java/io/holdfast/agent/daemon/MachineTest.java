package io.holdfast.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.job.Problem;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class MachineTest {

  private static final ZoneId USED = ZoneOffset.UTC;

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        " ",
        "UTC",
        ":UTC",
        "Europe/Berlin",
        ":Europe/Berlin",
        "posix/Europe/Berlin",
        "EST5EDT"
      })
  void a_zone_that_java_knows_is_no_problem(@Nullable String variable) {
    assertThat(Machine.zoneProblem(variable, USED)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Europe/Berln | Did you mean Europe/Berlin? Set TZ",
        "europe/berlin | Did you mean Europe/Berlin? Set TZ",
        "Berlin | Did you mean Europe/Berlin? Set TZ",
        "CET-1CEST,M3.5.0,M10.5.0/3 | Set TZ to a name such as Europe/Berlin",
        ":/etc/localtime | Set TZ to a name such as Europe/Berlin",
        "nowhere at all | Set TZ to a name such as Europe/Berlin"
      })
  void any_other_is_told_with_the_nearest(String variable, String remedy) {
    Problem told = Machine.zoneProblem(variable, USED).orElseThrow();
    assertThat(told.code()).isEqualTo("time-zone-unknown");
    assertThat(told.message())
        .isEqualTo(
            "the variable TZ is \""
                + variable
                + "\", which names no time zone: schedules follow Z instead");
    assertThat(told.remedy()).startsWith(remedy);
  }
}
