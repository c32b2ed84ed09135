package io.holdfast.agent.restic;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Which of a job's snapshots stay; one stays if any rule keeps it.
 *
 * @param counts by period ({@code last}, {@code hourly} ... {@code yearly}): the newest of so many,
 *     at least 1
 * @param within by period ({@code hourly} ... {@code yearly}, or empty for all): the newest within
 *     this time, as restic writes it: {@code 2y5m7d3h}
 * @param tags all that carry one of these
 */
public record KeepRules(
    Map<String, Integer> counts, Map<String, String> within, List<String> tags) {

  /**
   * @throws IllegalArgumentException if nothing at all would have to stay: restic would take that
   *     for leave to remove everything
   */
  public KeepRules {
    counts = Map.copyOf(counts);
    within = Map.copyOf(within);
    tags = List.copyOf(tags);
    if (counts.values().stream().noneMatch(count -> count >= 1) && within.isEmpty()) {
      throw new IllegalArgumentException("a retention policy that would keep nothing");
    }
  }

  /**
   * A snapshot, as far as the rules look at it.
   *
   * @param time by the clock of its machine: the rules count its hours, days and weeks
   * @param hollow whether it holds nothing, or next to nothing of what its job had: it takes no
   *     place of one that does
   */
  public record Dated(String id, OffsetDateTime time, List<String> tags, boolean hollow) {
    public Dated {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(time, "time");
      tags = List.copyOf(tags);
    }
  }

  /**
   * Which of these stay, and by which rules. What the rules would keep if there were no hollow ones
   * stays too: a day's good snapshot does not go because of an empty one that came after it.
   */
  public ForgetReport applyTo(List<Dated> snapshots, Instant now) {
    ForgetReport all = new Expiry(this, snapshots, now).report();
    List<Dated> full = snapshots.stream().filter(snapshot -> !snapshot.hollow()).toList();
    return full.isEmpty() || full.size() == snapshots.size()
        ? all
        : all.withAlso(new Expiry(this, full, now).report().kept());
  }
}
