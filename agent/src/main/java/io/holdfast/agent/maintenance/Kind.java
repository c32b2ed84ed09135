package io.holdfast.agent.maintenance;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What can be done to a repository, in the order in which it is done if all is due at once. */
public enum Kind {
  /** Removes locks of the dead. */
  UNLOCK,
  /** Copies snapshots into a copy target. */
  COPY,
  /** Applies the retention policies. */
  FORGET,
  /** Frees what was forgotten. */
  PRUNE,
  /** Checks the structure. */
  CHECK,
  /** Checks the structure and reads one part of all data. */
  CHECK_DATA,
  /** Lists the snapshots anew; the only one that leaves backups alone. */
  CATALOGUE;

  /** As {@code housekeeping.kind} has it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The kind of this word; empty for one of a newer schema. */
  public static Optional<Kind> of(String word) {
    return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst();
  }
}
