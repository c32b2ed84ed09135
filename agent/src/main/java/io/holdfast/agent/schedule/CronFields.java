package io.holdfast.agent.schedule;

import com.cronutils.model.Cron;
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The five fields of a cron expression and the local times that they match, whatever the zone.
 *
 * <p>cron-utils parses the fields and walks the calendar. The day rule is ours, since cron-utils
 * does not know Vixie cron's case of a field such as {@code *}{@code /2}: it gets the two day
 * fields one at a time.
 */
final class CronFields {

  private static final String[] NAMES = {"minute", "hour", "day of month", "month", "day of week"};
  private static final String[] ALLOWED = {
    "0-59", "0-23", "1-31", "1-12 or jan-dec", "0-7 or sun-sat, where 0 and 7 are Sunday"
  };

  private static final Map<String, String> NICKNAMES =
      Map.of(
          "@yearly", "0 0 1 1 *",
          "@annually", "0 0 1 1 *",
          "@monthly", "0 0 1 * *",
          "@weekly", "0 0 * * 0",
          "@daily", "0 0 * * *",
          "@midnight", "0 0 * * *",
          "@hourly", "0 * * * *");

  private static final String EXAMPLE =
      "Write five fields, minute hour day-of-month month day-of-week, such as \"0 2 * * mon-fri\".";

  private static final CronParser PARSER =
      new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));

  private final ExecutionTime byDayOfMonth;
  private final ExecutionTime byDayOfWeek;
  private final DayRule dayRule;
  private final boolean everyHour;

  private enum DayRule {
    DAY_OF_MONTH,
    DAY_OF_WEEK,
    BOTH,
    EITHER
  }

  private CronFields(String[] fields) {
    byDayOfMonth = execution(fields[0], fields[1], fields[2], fields[3], "*");
    byDayOfWeek = execution(fields[0], fields[1], "*", fields[3], fields[4]);
    dayRule = dayRule(fields[2], fields[4]);
    everyHour = fields[1].startsWith("*");
  }

  /**
   * Vixie cron: a field that starts with a star restricts beside the other; two that do not widen
   * each other.
   */
  private static DayRule dayRule(String dayOfMonth, String dayOfWeek) {
    if (dayOfWeek.equals("*")) {
      return DayRule.DAY_OF_MONTH;
    }
    if (dayOfMonth.equals("*")) {
      return DayRule.DAY_OF_WEEK;
    }
    return dayOfMonth.startsWith("*") || dayOfWeek.startsWith("*") ? DayRule.BOTH : DayRule.EITHER;
  }

  static CronFields parse(String text) throws InvalidSchedule {
    String[] fields = fields(text);
    for (int i = 0; i < fields.length; i++) {
      check(text, fields, i);
    }
    return new CronFields(fields);
  }

  private static String[] fields(String text) throws InvalidSchedule {
    String stripped = text.strip();
    if (stripped.startsWith("@")) {
      String expanded = NICKNAMES.get(stripped.toLowerCase(Locale.ROOT));
      if (expanded == null) {
        throw new InvalidSchedule(
            "cron_expression \"" + stripped + "\" is not one of the known nicknames",
            "Use @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually, or five fields.");
      }
      return expanded.split(" ");
    }
    String[] fields = stripped.isEmpty() ? new String[0] : stripped.split("\\s+");
    if (fields.length != NAMES.length) {
      throw new InvalidSchedule(
          "cron_expression \""
              + stripped
              + "\" has "
              + (fields.length == 1 ? "1 field" : fields.length + " fields")
              + " instead of five",
          EXAMPLE);
    }
    return fields;
  }

  private static void check(String text, String[] fields, int index) throws InvalidSchedule {
    String[] alone = {"*", "*", "*", "*", "*"};
    alone[index] = fields[index];
    try {
      cron(alone).validate();
    } catch (RuntimeException e) {
      // Mostly an IllegalArgumentException, but of "1-5//" cron-utils makes an
      // ArrayIndexOutOfBoundsException.
      throw new InvalidSchedule(
          "cron_expression \""
              + text.strip()
              + "\": the field "
              + NAMES[index]
              + " is \""
              + fields[index]
              + "\", which is not allowed there",
          "Allowed: "
              + ALLOWED[index]
              + "; *, ranges such as 1-5, steps such as */2, and lists of these.");
    }
  }

  private static ExecutionTime execution(String... fields) {
    return ExecutionTime.forCron(cron(fields));
  }

  /**
   * cron-utils turns the names of days and months into capitals by the rules of the default locale,
   * and Turkish makes FRİ of "fri": it gets capitals from us.
   */
  private static Cron cron(String... fields) {
    return PARSER.parse(String.join(" ", fields).toUpperCase(Locale.ROOT));
  }

  /**
   * Whether every hour matches, so that the expression goes by elapsed time and not by the hour's
   * number.
   */
  boolean everyHour() {
    return everyHour;
  }

  /**
   * The first match after this local time; empty if there is none in the years that cron-utils
   * looks ahead.
   */
  Optional<LocalDateTime> nextAfter(LocalDateTime local) {
    return switch (dayRule) {
      case DAY_OF_MONTH -> next(byDayOfMonth, local);
      case DAY_OF_WEEK -> next(byDayOfWeek, local);
      case EITHER -> earlier(next(byDayOfMonth, local), next(byDayOfWeek, local));
      case BOTH -> nextOfBoth(local);
    };
  }

  private Optional<LocalDateTime> nextOfBoth(LocalDateTime local) {
    Optional<LocalDateTime> candidate = next(byDayOfMonth, local);
    LocalDateTime horizon = local.plusYears(8);
    while (candidate.isPresent() && !byDayOfWeek.isMatch(candidate.get().atZone(ZoneOffset.UTC))) {
      candidate = next(byDayOfMonth, candidate.get()).filter(horizon::isAfter);
    }
    return candidate;
  }

  private static Optional<LocalDateTime> earlier(
      Optional<LocalDateTime> a, Optional<LocalDateTime> b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.or(() -> b);
    }
    return a.get().isBefore(b.get()) ? a : b;
  }

  /**
   * UTC stands for a zone whose clocks are never set: cron-utils must not do anything about zones.
   */
  private static Optional<LocalDateTime> next(ExecutionTime execution, LocalDateTime local) {
    return execution
        .nextExecution(local.atZone(ZoneOffset.UTC))
        .map(ZonedDateTime::toLocalDateTime);
  }
}
