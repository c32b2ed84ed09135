package io.holdfast.agent.schedule;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.Objects;
import java.util.Optional;

/**
 * A cron expression of five fields, or a nickname such as {@code @daily}; docs/schedules.md
 * describes the dialect.
 *
 * <p>Clocks that are set neither skip nor double a run. An expression that names hours goes by the
 * local time: a time that the clocks jump over is due at the end of the jump, one that comes twice
 * is due the first time. An expression whose hour is a star goes by elapsed time.
 */
public final class CronExpression {

  private static final LocalDateTime ANY_DAY = LocalDateTime.of(2026, 1, 1, 0, 0);

  private final String text;
  private final CronFields fields;

  private CronExpression(String text, CronFields fields) {
    this.text = text;
    this.fields = fields;
  }

  /**
   * @throws InvalidSchedule if the expression cannot be understood, or if it can never be due
   */
  public static CronExpression parse(String text) throws InvalidSchedule {
    CronFields fields = CronFields.parse(text);
    if (fields.nextAfter(ANY_DAY).isEmpty()) {
      throw new InvalidSchedule(
          "cron_expression \"" + text.strip() + "\" names a day that never comes",
          "Check day of month and month: February has no 30th, April no 31st.");
    }
    return new CronExpression(text.strip(), fields);
  }

  public String text() {
    return text;
  }

  /**
   * The first due time after this instant, by the clocks of the zone; empty if there is none within
   * years.
   */
  public Optional<Instant> nextAfter(Instant after, ZoneId zone) {
    ZoneRules rules = zone.getRules();
    return fields.everyHour() ? byElapsedTime(after, rules) : byLocalTime(after, rules);
  }

  private Optional<Instant> byLocalTime(Instant after, ZoneRules rules) {
    LocalDateTime local = LocalDateTime.ofInstant(after, rules.getOffset(after));
    Optional<LocalDateTime> match = fields.nextAfter(local);
    // While an hour is repeated, its matches were due in its first pass.
    while (match.isPresent() && !instantOf(match.get(), rules).isAfter(after)) {
      match = fields.nextAfter(match.get());
    }
    return match.map(time -> instantOf(time, rules));
  }

  private static Instant instantOf(LocalDateTime local, ZoneRules rules) {
    ZoneOffsetTransition transition = rules.getTransition(local);
    if (transition != null && transition.isGap()) {
      return transition.getInstant();
    }
    return local.toInstant(rules.getValidOffsets(local).getFirst());
  }

  /**
   * Walks from one setting of the clocks to the next; between two of them local time is elapsed
   * time.
   */
  private Optional<Instant> byElapsedTime(Instant after, ZoneRules rules) {
    Instant from = after;
    ZoneOffset offset = rules.getOffset(after);
    Optional<LocalDateTime> match = fields.nextAfter(LocalDateTime.ofInstant(from, offset));
    while (match.isPresent()) {
      Instant candidate = match.get().toInstant(offset);
      ZoneOffsetTransition transition = rules.nextTransition(from);
      if (transition == null || candidate.isBefore(transition.getInstant())) {
        return Optional.of(candidate);
      }
      from = transition.getInstant();
      offset = transition.getOffsetAfter();
      // The instant of the transition itself may match.
      match = fields.nextAfter(LocalDateTime.ofInstant(from, offset).minusNanos(1));
    }
    return Optional.empty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CronExpression cron && cron.text.equals(text);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(text);
  }

  @Override
  public String toString() {
    return text;
  }
}
