package io.holdfast.agent.restic;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Whether the repository holds the snapshot of one run. */
public sealed interface SnapshotOfRun {

  /**
   * It does.
   *
   * @param id 64 hexadecimal digits
   * @param endedAt when the backup ended; only restic 0.18 and newer write it down
   * @param paths the sources that it holds
   * @param summary only snapshots of restic 0.17 and newer have one
   */
  record Found(
      String id, Optional<Instant> endedAt, List<String> paths, Optional<BackupSummary> summary)
      implements SnapshotOfRun {
    public Found {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(endedAt, "endedAt");
      paths = List.copyOf(paths);
      Objects.requireNonNull(summary, "summary");
    }
  }

  /** It was asked, and holds none. */
  record None() implements SnapshotOfRun {}

  /** It could not be asked. */
  record Unknown(String why) implements SnapshotOfRun {
    public Unknown {
      Objects.requireNonNull(why, "why");
    }
  }
}
