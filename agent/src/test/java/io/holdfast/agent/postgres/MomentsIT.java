package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.restore.PointInTime;
import io.holdfast.agent.testing.ControlPlane;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code at} may be in the row of a restore, and behind {@code --at} of the command. */
class MomentsIT {

  /** Late enough that no hour of today lies in the future. */
  private static final ZonedDateTime NOW = ZonedDateTime.parse("2026-11-30T23:59:59Z");

  private final ControlPlane psql = ControlPlane.fresh();

  @Test
  void a_row_takes_the_moments_that_the_command_takes_and_no_others() {
    List<String> disagreed = new ArrayList<>();
    int taken = 0;
    List<String> moments = moments();
    for (String moment : moments) {
      boolean byCommand = byCommand(moment);
      if (byCommand != byRow(moment)) {
        disagreed.add(moment + (byCommand ? ": the command alone" : ": the row alone"));
      }
      taken += byCommand ? 1 : 0;
    }
    assertThat(disagreed).isEmpty();
    assertThat(taken).isBetween(moments.size() / 4, moments.size() * 3 / 4);
  }

  private static List<String> moments() {
    List<String> moments = new ArrayList<>();
    for (String unit :
        List.of(
            "second",
            "sec",
            "s",
            "minute",
            "min",
            "m",
            "hour",
            "h",
            "day",
            "d",
            "week",
            "w",
            "month",
            "year",
            "fortnight",
            "x")) {
      for (String amount : List.of("2 ", "2", "a ", "an ", "", "-1 ", "123456 ")) {
        for (String behind : List.of("", "s", " ago", "s ago", "s  Ago", " before")) {
          moments.add(amount + unit + behind);
        }
      }
    }
    for (String day :
        List.of("", "today ", "Yesterday ", "tomorrow ", "2026-11-01 ", "2026-11-01T")) {
      for (String time : List.of("9:15", "09:15", "23:59:58", "24:00", "14:60", "14", "1:2:3")) {
        moments.add(day + time);
      }
    }
    moments.addAll(
        List.of(
            "now",
            "TODAY",
            "yesterday",
            " yesterday ",
            "tomorrow",
            "2026-11-01",
            "2026-02-30",
            "2026-11-01T14:00:00Z",
            "2026-11-01 14:00+01:00",
            "2026-11-01T14:00:00X",
            "01.11.2026",
            "yesterday 9:15 ago"));
    return moments;
  }

  private static boolean byCommand(String moment) {
    try {
      PointInTime.of(moment, NOW);
      return true;
    } catch (CannotRestore e) {
      return false;
    }
  }

  private boolean byRow(String moment) {
    return Boolean.TRUE.equals(
        psql.row("SELECT holdfast.is_moment(?) AS taken", moment).get("taken"));
  }
}
