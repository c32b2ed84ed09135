package io.holdfast.agent.schedule;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a person with a wall clock would do: looks at it every minute, and asks of each field
 * whether the number is in it. Shares no code with {@link CronExpression}.
 */
final class MinuteByMinute {

  private static final List<String> MONTHS =
      List.of(
          "", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");

  private final String[] fields;

  MinuteByMinute(String expression) {
    fields = expression.toLowerCase(Locale.ROOT).split(" ", -1);
  }

  /** The times after the one instant and up to the other. */
  List<Instant> due(Instant after, Instant upTo, ZoneId zone) {
    return fields[1].startsWith("*")
        ? byElapsedTime(after, upTo, zone)
        : byLocalTime(after, upTo, zone);
  }

  /** Every minute that passes is looked at, and judged by what the clock shows. */
  private List<Instant> byElapsedTime(Instant after, Instant upTo, ZoneId zone) {
    return minutes(after, upTo).stream()
        .filter(at -> matches(LocalDateTime.ofInstant(at, zone)))
        .toList();
  }

  /**
   * Each time of day counts once: what the clock jumps over counts when it has jumped, and what it
   * shows a second time does not count again.
   */
  private List<Instant> byLocalTime(Instant after, Instant upTo, ZoneId zone) {
    List<Instant> due = new ArrayList<>();
    LocalDateTime latest = LocalDateTime.ofInstant(after, zone);
    for (Instant at : minutes(after, upTo)) {
      LocalDateTime shown = LocalDateTime.ofInstant(at, zone);
      boolean matched = false;
      while (latest.isBefore(shown)) {
        latest = latest.plusMinutes(1);
        matched |= matches(latest);
      }
      if (matched) {
        due.add(at);
      }
    }
    return due;
  }

  private static List<Instant> minutes(Instant after, Instant upTo) {
    List<Instant> minutes = new ArrayList<>();
    for (long i = 1; i <= Duration.between(after, upTo).toMinutes(); i++) {
      minutes.add(after.plus(i, ChronoUnit.MINUTES));
    }
    return minutes;
  }

  private boolean matches(LocalDateTime time) {
    int weekday = time.getDayOfWeek().getValue() % 7;
    boolean day = in(fields[2], time.getDayOfMonth(), 1, 31, List.of());
    boolean dayOfWeek =
        in(fields[4], weekday, 0, 6, DAYS) || (weekday == 0 && in(fields[4], 7, 0, 6, DAYS));
    boolean eitherDay = !fields[2].startsWith("*") && !fields[4].startsWith("*");
    return in(fields[0], time.getMinute(), 0, 59, List.of())
        && in(fields[1], time.getHour(), 0, 23, List.of())
        && in(fields[3], time.getMonthValue(), 1, 12, MONTHS)
        && (eitherDay ? day || dayOfWeek : day && dayOfWeek);
  }

  private static boolean in(String field, int value, int lowest, int highest, List<String> names) {
    for (String part : field.split(",", -1)) {
      String[] range = part.split("/", -1);
      int step = range.length > 1 ? Integer.parseInt(range[1]) : 1;
      String[] ends = range[0].split("-", -1);
      boolean star = range[0].equals("*");
      int first = star ? lowest : number(ends[0], names);
      int last = star ? highest : number(ends[ends.length - 1], names);
      if (value >= first && value <= last && (value - first) % step == 0) {
        return true;
      }
    }
    return false;
  }

  private static int number(String text, List<String> names) {
    return names.contains(text) ? names.indexOf(text) : Integer.parseInt(text);
  }
}
