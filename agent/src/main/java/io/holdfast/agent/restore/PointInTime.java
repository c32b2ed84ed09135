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
 * The moment that a person means by {@code 2 days ago}, {@code yesterday}, {@code 2026-11-01} or
 * {@code 2026-11-01 14:00}. A day stands for its end: who asks for that day's files wants that
 * day's backup.
 */
public final class PointInTime {

  private static final Pattern AGO =
      Pattern.compile("(an?|[0-9]{1,5}) ?([a-z]+?)s? ago", Pattern.CASE_INSENSITIVE);

  private static final Map<String, ChronoUnit> UNITS =
      Map.ofEntries(
          Map.entry("second", ChronoUnit.SECONDS),
          Map.entry("sec", ChronoUnit.SECONDS),
          Map.entry("minute", ChronoUnit.MINUTES),
          Map.entry("min", ChronoUnit.MINUTES),
          Map.entry("hour", ChronoUnit.HOURS),
          Map.entry("h", ChronoUnit.HOURS),
          Map.entry("day", ChronoUnit.DAYS),
          Map.entry("d", ChronoUnit.DAYS),
          Map.entry("week", ChronoUnit.WEEKS),
          Map.entry("w", ChronoUnit.WEEKS),
          Map.entry("month", ChronoUnit.MONTHS),
          Map.entry("year", ChronoUnit.YEARS));

  private static final String FORMS =
      "Write '2 days ago', yesterday, 2026-11-01, '2026-11-01 14:00' or 2026-11-01T14:00:00Z.";

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
