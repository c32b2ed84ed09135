package io.holdfast.agent.restic;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Which snapshots stay, and which do not.
 *
 * @param kept with the rules that keep them
 */
public record ForgetReport(List<Kept> kept, List<Removed> removed) {

  /** One that stays; {@code rules} such as {@code daily snapshot}. */
  public record Kept(String id, Instant time, List<String> rules) {
    public Kept {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(time, "time");
      rules = List.copyOf(rules);
    }
  }

  /** One that goes. */
  public record Removed(String id, Instant time) {}

  /** The same, but these stay in any case. */
  ForgetReport withAlso(List<Kept> others) {
    Map<String, Kept> staying = new HashMap<>();
    others.forEach(other -> staying.put(other.id(), other));
    kept.forEach(known -> staying.put(known.id(), known));
    return new ForgetReport(
        staying.values().stream().sorted(Comparator.comparing(Kept::time).reversed()).toList(),
        removed.stream().filter(gone -> !staying.containsKey(gone.id())).toList());
  }

  public ForgetReport {
    kept = List.copyOf(kept);
    removed = List.copyOf(removed);
  }
}
