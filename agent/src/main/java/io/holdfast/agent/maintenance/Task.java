package io.holdfast.agent.maintenance;

import io.holdfast.agent.schedule.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A valid row of {@code housekeeping}, and what became of it last in one repository.
 *
 * @param parts for {@link Kind#CHECK_DATA}: so many turns read all data; else 1
 * @param since when the row became what it is
 * @param lastPart which part was read last
 */
public record Task(
    int id,
    Kind kind,
    Timing timing,
    int parts,
    Instant since,
    Optional<Last> last,
    Optional<Integer> lastPart) {

  /** What failed is tried again after this, whatever its schedule says. */
  private static final Duration AGAIN_AFTER = Duration.ofHours(1);

  /** Somebody else was in the way, who will not be for long. */
  private static final Duration SOON_AGAIN_AFTER = Duration.ofMinutes(5);

  private static final Set<String> IN_THE_WAY = Set.of("repository-locked", "kept-out");

  /**
   * Nobody's fault: it is made up for at once. Not what gave no sign twice in a row ({@code
   * no-sign-again}): backups come between.
   */
  private static final Set<String> CUT_SHORT = Set.of("no-sign", "lease-lost", "agent-stopped");

  /**
   * Its newest run.
   *
   * @param end empty while it goes on, or seems to
   */
  public record Last(Instant start, Optional<Instant> end, String status, String code) {
    public Last {
      Objects.requireNonNull(start, "start");
      Objects.requireNonNull(end, "end");
      Objects.requireNonNull(status, "status");
      Objects.requireNonNull(code, "code");
    }
  }

  public Task {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(timing, "timing");
    Objects.requireNonNull(since, "since");
    Objects.requireNonNull(last, "last");
    Objects.requireNonNull(lastPart, "lastPart");
  }

  /**
   * When it is to be done next; in the past if it is overdue.
   *
   * @return empty if never
   */
  public Optional<Instant> dueAt() {
    Optional<Instant> bySchedule = timing.nextDue(since, last.map(Last::start));
    if (last.isEmpty() || last.get().status().equals("success")) {
      return bySchedule;
    }
    // One that seems to go on is held by its lease; if that has run out, it is our turn.
    Instant again =
        last.get()
            .end()
            .filter(_ -> !CUT_SHORT.contains(last.get().code()))
            .map(end ->
                end.plus(IN_THE_WAY.contains(last.get().code()) ? SOON_AGAIN_AFTER : AGAIN_AFTER))
            .orElse(last.get().start());
    return Optional.of(bySchedule.filter(again::isAfter).orElse(again));
  }

  /** The part whose turn it is, from 1 to {@code parts}. */
  int part() {
    return lastPart.orElse(0) % parts + 1;
  }
}
