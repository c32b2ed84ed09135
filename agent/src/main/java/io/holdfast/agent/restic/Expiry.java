package io.holdfast.agent.restic;

import io.holdfast.agent.restic.ForgetReport.Kept;
import io.holdfast.agent.restic.ForgetReport.Removed;
import io.holdfast.agent.restic.KeepRules.Dated;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Decides which snapshots stay as {@code restic forget} does since 0.16, but among those that it is
 * given alone. restic decides among all that carry a tag, which anybody with the repository's
 * password can write, and cannot be told to leave some of them out. {@code RetentionRulesIT}
 * compares the two.
 */
final class Expiry {

  private static final Pattern WITHIN =
      Pattern.compile("(?:(\\d+)y)?(?:(\\d+)m)?(?:(\\d+)d)?(?:(\\d+)h)?");

  /** In restic's order. */
  private enum Period {
    LAST,
    HOURLY,
    DAILY,
    WEEKLY,
    MONTHLY,
    YEARLY;

    /** As it is written in a rule. */
    private String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Two snapshots of the same period have the same number. */
    private long number(LocalDateTime time, int place) {
      long month = time.getYear() * 100L + time.getMonthValue();
      return switch (this) {
        case LAST -> place;
        case HOURLY -> (month * 100 + time.getDayOfMonth()) * 100 + time.getHour();
        case DAILY -> month * 100 + time.getDayOfMonth();
        case WEEKLY ->
            time.get(IsoFields.WEEK_BASED_YEAR) * 100L
                + time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
        case MONTHLY -> month;
        case YEARLY -> time.getYear();
      };
    }
  }

  /** A rule that keeps one snapshot of each period, and the last period that it has kept one of. */
  private static final class Rule {
    private final Period period;
    private final String reason;
    private final Optional<Instant> newerThan;
    private long left;
    private long last = Long.MIN_VALUE;

    Rule(Period period, String reason, Optional<Instant> newerThan, long left) {
      this.period = period;
      this.reason = reason;
      this.newerThan = newerThan;
      this.left = left;
    }

    /** While a rule keeps something yet, it keeps the oldest snapshot too. */
    Optional<String> keeps(Dated snapshot, int place, boolean oldest) {
      long number = period.number(snapshot.time().toLocalDateTime(), place);
      boolean isNew = number != last;
      if (left == 0
          || !(isNew || oldest)
          || newerThan.filter(limit -> !snapshot.time().toInstant().isAfter(limit)).isPresent()) {
        return Optional.empty();
      }
      last = number;
      left--;
      return Optional.of(isNew ? reason : "oldest " + reason);
    }
  }

  private final KeepRules rules;
  private final List<Dated> newestFirst;
  private final Optional<OffsetDateTime> newest;

  Expiry(KeepRules rules, List<Dated> snapshots, Instant now) {
    this.rules = rules;
    newestFirst =
        snapshots.stream()
            .sorted(
                Comparator.comparing((Dated snapshot) -> snapshot.time().toInstant()).reversed())
            .toList();
    // What is dated in the future is not the end from which the rules count back.
    newest =
        newestFirst.stream()
            .map(Dated::time)
            .filter(time -> time.toInstant().isBefore(now))
            .findFirst();
  }

  ForgetReport report() {
    List<Rule> byPeriod = byPeriod();
    Optional<String> within = Optional.ofNullable(rules.within().get(""));
    List<Kept> kept = new ArrayList<>();
    List<Removed> removed = new ArrayList<>();
    for (int i = 0; i < newestFirst.size(); i++) {
      Dated snapshot = newestFirst.get(i);
      Instant time = snapshot.time().toInstant();
      List<String> reasons = new ArrayList<>();
      rules.tags().stream()
          .filter(snapshot.tags()::contains)
          .forEach(tag -> reasons.add("has tags [" + tag + "]"));
      within.filter(age -> time.isAfter(limit(age))).ifPresent(age -> reasons.add("within " + age));
      for (Rule rule : byPeriod) {
        rule.keeps(snapshot, i, i == newestFirst.size() - 1).ifPresent(reasons::add);
      }
      if (reasons.isEmpty()) {
        removed.add(new Removed(snapshot.id(), time));
      } else {
        kept.add(new Kept(snapshot.id(), time, reasons));
      }
    }
    return new ForgetReport(kept, removed);
  }

  private List<Rule> byPeriod() {
    List<Rule> all = new ArrayList<>();
    Map<Period, Integer> counts = new EnumMap<>(Period.class);
    for (Period period : Period.values()) {
      counts.put(period, rules.counts().getOrDefault(period.word(), 0));
    }
    counts.forEach((period, count) ->
        all.add(new Rule(period, period.word() + " snapshot", Optional.empty(), count)));
    for (Period period : Period.values()) {
      Optional.ofNullable(rules.within().get(period.word()))
          .ifPresent(age ->
              all.add(
                  new Rule(
                      period,
                      period.word() + " within " + age,
                      Optional.of(limit(age)),
                      Long.MAX_VALUE)));
    }
    return all;
  }

  /** Go counts the days of a month on that is shorter: 31 March less a month is 3 March. */
  private Instant limit(String age) {
    Matcher parts = WITHIN.matcher(age);
    if (newest.isEmpty() || !parts.matches()) {
      return Instant.MIN;
    }
    OffsetDateTime from = newest.get();
    LocalDate date =
        LocalDate.of(from.getYear(), 1, 1)
            .minusYears(number(parts, 1))
            .plusMonths(from.getMonthValue() - 1L - number(parts, 2))
            .plusDays(from.getDayOfMonth() - 1L - number(parts, 3));
    return date.atTime(from.toLocalTime())
        .atOffset(from.getOffset())
        .toInstant()
        .minusSeconds(number(parts, 4) * 3600);
  }

  private static long number(Matcher parts, int group) {
    String digits = parts.group(group);
    return digits == null ? 0 : Long.parseLong(digits);
  }
}
