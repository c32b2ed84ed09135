package io.holdfast.agent.restore;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The moment that a person means by {@code 2 days ago}, {@code 1h}, {@code 14:00}, {@code
 * yesterday}, {@code 2026-11-01} or {@code 2026-11-01 14:00}. A day stands for its end: who asks
 * for that day's files wants that day's backup.
 */
public final class PointInTime {

  private static final Pattern AGO =
      Pattern.compile("(an?|[0-9]{1,5}) ?([a-z]+?)s?( ago)?", Pattern.CASE_INSENSITIVE);

  private static final Pattern HOUR =
      Pattern.compile(
          "(?:(today|yesterday) )?(\\d{1,2}:\\d{2}(?::\\d{2})?)", Pattern.CASE_INSENSITIVE);

  private static final Map<String, ChronoUnit> UNITS =
      Map.ofEntries(
          Map.entry("second", ChronoUnit.SECONDS),
          Map.entry("sec", ChronoUnit.SECONDS),
          Map.entry("s", ChronoUnit.SECONDS),
          Map.entry("minute", ChronoUnit.MINUTES),
          Map.entry("min", ChronoUnit.MINUTES),
          Map.entry("m", ChronoUnit.MINUTES),
          Map.entry("hour", ChronoUnit.HOURS),
          Map.entry("h", ChronoUnit.HOURS),
          Map.entry("day", ChronoUnit.DAYS),
          Map.entry("d", ChronoUnit.DAYS),
          Map.entry("week", ChronoUnit.WEEKS),
          Map.entry("w", ChronoUnit.WEEKS),
          Map.entry("month", ChronoUnit.MONTHS),
          Map.entry("year", ChronoUnit.YEARS));

  private static final String FORMS =
      "Write '2 days ago', 1h, 14:00, yesterday, 'yesterday 14:00', 2026-11-01, '2026-11-01 14:00' or"
          + " 2026-11-01T14:00:00Z.";

  private PointInTime() {}

  /**
   * @throws CannotRestore if no moment can be meant, or one that has not come yet
   */
  public static Instant of(String text, ZonedDateTime now) throws CannotRestore {
    String words = text.strip().replaceAll("\\s+", " ");
    Optional<Instant> moment;
    try {
      moment =
          ago(words, now)
              .or(() -> dayNamed(words, now))
              .or(() -> hour(words, now))
              .or(() -> day(words, now))
              .or(() -> time(words, now.getZone()));
    } catch (DateTimeException | ArithmeticException e) {
      moment = Optional.empty();
    }
    Instant found =
        moment.orElseThrow(() ->
            CannotRestore.misspoken(
                "--at \"" + text + "\" is no moment that is understood", FORMS));
    if (found.isAfter(now.toInstant())) {
      throw CannotRestore.misspoken("--at \"" + text + "\" lies in the future", FORMS);
    }
    return found;
  }

  private static Optional<Instant> ago(String words, ZonedDateTime now) {
    Matcher ago = AGO.matcher(words);
    if (!ago.matches()) {
      return Optional.empty();
    }
    boolean one = ago.group(1).toLowerCase(Locale.ROOT).startsWith("a");
    // "a day" alone is no distance that anybody types.
    if (one && ago.group(3) == null) {
      return Optional.empty();
    }
    long amount = one ? 1 : Long.parseLong(ago.group(1));
    return Optional.ofNullable(UNITS.get(ago.group(2).toLowerCase(Locale.ROOT)))
        .map(unit -> now.minus(amount, unit).toInstant());
  }

  private static Optional<Instant> dayNamed(String words, ZonedDateTime now) {
    return switch (words.toLowerCase(Locale.ROOT)) {
      case "now", "today" -> Optional.of(now.toInstant());
      case "yesterday" -> Optional.of(endOf(now.toLocalDate().minusDays(1), now));
      default -> Optional.empty();
    };
  }

  /** The last time that the clock showed it, unless the day is named. */
  private static Optional<Instant> hour(String words, ZonedDateTime now) {
    Matcher hour = HOUR.matcher(words);
    if (!hour.matches()) {
      return Optional.empty();
    }
    LocalTime time =
        LocalTime.parse(hour.group(2).length() % 3 == 1 ? "0" + hour.group(2) : hour.group(2));
    boolean yesterday = "yesterday".equalsIgnoreCase(hour.group(1));
    ZonedDateTime then =
        now.toLocalDate().minusDays(yesterday ? 1 : 0).atTime(time).atZone(now.getZone());
    return Optional.of(
        (hour.group(1) == null && then.isAfter(now)
                ? now.toLocalDate().minusDays(1).atTime(time).atZone(now.getZone())
                : then)
            .toInstant());
  }

  private static Optional<Instant> day(String words, ZonedDateTime now) {
    if (!words.matches("\\d{4}-\\d{2}-\\d{2}")) {
      return Optional.empty();
    }
    LocalDate day = LocalDate.parse(words);
    return Optional.of(day.equals(now.toLocalDate()) ? now.toInstant() : endOf(day, now));
  }

  private static Instant endOf(LocalDate day, ZonedDateTime now) {
    return day.plusDays(1).atStartOfDay(now.getZone()).toInstant().minusNanos(1);
  }

  private static Optional<Instant> time(String words, ZoneId zone) {
    if (words.matches("\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?")) {
      LocalDate day = LocalDate.parse(words.substring(0, 10));
      LocalTime time = LocalTime.parse(words.substring(11));
      return Optional.of(LocalDateTime.of(day, time).atZone(zone).toInstant());
    }
    return words.matches("\\d{4}-\\d{2}-\\d{2}[T ][0-9:.]+(Z|[+-]\\d{2}:\\d{2})")
        ? Optional.of(OffsetDateTime.parse(words.replace(' ', 'T')).toInstant())
        : Optional.empty();
  }
}
