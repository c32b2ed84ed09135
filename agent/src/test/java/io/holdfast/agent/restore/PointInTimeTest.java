package io.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.restore.CannotRestore.Kind;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The moments that people write after --at. */
class PointInTimeTest {

  /**
   * A Wednesday in Berlin, half past ten in the morning; the clocks were set back on October 25.
   */
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-04T09:30:00Z"), ZoneId.of("Europe/Berlin"));

  private static Instant at(String text) throws CannotRestore {
    return PointInTime.of(text, ZonedDateTime.now(CLOCK));
  }

  @ParameterizedTest
  @CsvSource({
    "2 days ago, 2026-11-02T09:30:00Z",
    "1 day ago, 2026-11-03T09:30:00Z",
    "a day ago, 2026-11-03T09:30:00Z",
    "an hour ago, 2026-11-04T08:30:00Z",
    "An Hour ago, 2026-11-04T08:30:00Z",
    "90 minutes ago, 2026-11-04T08:00:00Z",
    "90 Min ago, 2026-11-04T08:00:00Z",
    "30 seconds ago, 2026-11-04T09:29:30Z",
    "3h ago, 2026-11-04T06:30:00Z",
    "2 weeks ago, 2026-10-21T08:30:00Z",
    "1 month ago, 2026-10-04T08:30:00Z",
    "1 year ago, 2025-11-04T09:30:00Z",
    "'  2   days  ago ', 2026-11-02T09:30:00Z",
    "1h, 2026-11-04T08:30:00Z",
    "30m, 2026-11-04T09:00:00Z",
    "30 m, 2026-11-04T09:00:00Z",
    "45s, 2026-11-04T09:29:15Z",
    "2d, 2026-11-02T09:30:00Z",
    "1w, 2026-10-28T09:30:00Z",
    "2 days, 2026-11-02T09:30:00Z",
    "3 months, 2026-08-04T08:30:00Z",
    "now, 2026-11-04T09:30:00Z",
  })
  void a_distance_is_counted_back_from_now_and_days_keep_the_hour_over_a_change_of_the_clocks(
      String text, Instant expected) throws Exception {
    assertThat(at(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-01, 2026-11-01T22:59:59.999999999Z",
    "2026-10-25, 2026-10-25T22:59:59.999999999Z",
    "2026-10-24, 2026-10-24T21:59:59.999999999Z",
    "yesterday, 2026-11-03T22:59:59.999999999Z",
    "2026-11-04, 2026-11-04T09:30:00Z",
    "today, 2026-11-04T09:30:00Z",
  })
  void a_day_stands_for_its_end_in_the_machines_zone_and_today_for_now(
      String text, Instant expected) throws Exception {
    assertThat(at(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-01 14:00, 2026-11-01T13:00:00Z",
    "2026-11-01T14:00, 2026-11-01T13:00:00Z",
    "2026-11-01 14:00:30, 2026-11-01T13:00:30Z",
    "2026-07-01 14:00, 2026-07-01T12:00:00Z",
    "2026-11-01T14:00:00Z, 2026-11-01T14:00:00Z",
    "2026-11-01T14:00Z, 2026-11-01T14:00:00Z",
    "2026-11-01 14:00:00+05:30, 2026-11-01T08:30:00Z",
    "2026-11-01T14:00:00.123456789Z, 2026-11-01T14:00:00.123456789Z",
  })
  void a_time_is_local_unless_it_says_otherwise(String text, Instant expected) throws Exception {
    assertThat(at(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "09:15, 2026-11-04T08:15:00Z",
    "9:15, 2026-11-04T08:15:00Z",
    "09:15:30, 2026-11-04T08:15:30Z",
    "10:30, 2026-11-04T09:30:00Z",
    "14:00, 2026-11-03T13:00:00Z",
    "today 09:15, 2026-11-04T08:15:00Z",
    "yesterday 09:15, 2026-11-03T08:15:00Z",
    "Yesterday 23:59, 2026-11-03T22:59:00Z",
  })
  void an_hour_is_the_last_time_that_the_clock_showed_it(String text, Instant expected)
      throws Exception {
    assertThat(at(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "soon",
        "2026",
        "2026-13-01",
        "2026-02-30",
        "01.11.2026",
        "11/01/2026",
        "2 fortnights ago",
        "days ago",
        "-2 days ago",
        "a day",
        "2 x",
        "25:00",
        "14:60",
        "14",
        "tomorrow 14:00",
        "2026-11-01 25:00",
        "2026-11-01 14",
        "--all",
        "1e3 days ago",
        "2026-11-01T14:00:00X"
      })
  void what_is_no_moment_is_answered_with_the_forms_that_are(String text) {
    assertThatThrownBy(() -> at(text))
        .isInstanceOfSatisfying(
            CannotRestore.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.MISSPOKEN);
              assertThat(e).hasMessageContaining("is no moment that is understood");
              assertThat(e.remedy()).contains("'2 days ago'");
            });
  }

  @Test
  void what_has_not_come_yet_is_refused_since_it_is_a_slip_of_the_hand() {
    for (String text :
        new String[] {
          "2026-11-05", "2062-11-01", "2026-11-04 10:31", "2026-11-04T09:30:01Z", "today 14:00"
        }) {
      assertThatThrownBy(() -> at(text)).as(text).hasMessageContaining("lies in the future");
    }
  }
}
