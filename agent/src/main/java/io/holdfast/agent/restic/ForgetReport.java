package io.holdfast.agent.restic;

import java.time.Instant;
import java.util.List;
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

  public ForgetReport {
    kept = List.copyOf(kept);
    removed = List.copyOf(removed);
  }
}
