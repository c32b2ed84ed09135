package io.holdfast.agent.run;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * What a snapshot holds less than it should.
 *
 * @param job whose it is; empty if nothing is known to be missing
 * @param files in it; empty if nobody knows
 * @param before in the job's last good one, if this one holds next to nothing of that
 * @param emptied source paths that held something then, and are empty directories now
 * @param leftOut source paths that are there and that it does not hold
 */
record Shortfall(
    Optional<UUID> job,
    Optional<Long> files,
    Optional<Long> before,
    List<String> emptied,
    List<String> leftOut) {

  /** Nothing is known to be missing. */
  static final Shortfall NONE =
      new Shortfall(Optional.empty(), Optional.empty(), Optional.empty(), List.of(), List.of());

  /** Fewer than this may go in a day's work. */
  private static final long FEW = 10;

  /** What is left when so much less is there is no backup of what was. */
  private static final long TENTH = 10;

  Shortfall {
    Objects.requireNonNull(job, "job");
    Objects.requireNonNull(files, "files");
    Objects.requireNonNull(before, "before");
    emptied = List.copyOf(emptied);
    leftOut = List.copyOf(leftOut);
  }

  /** Whether there is no file in it at all. */
  boolean isEmpty() {
    return files.filter(count -> count == 0).isPresent();
  }

  /** Whether more than nine tenths of the files are gone. */
  static boolean isShrunken(long before, long now) {
    return before >= FEW && now * TENTH < before;
  }
}
