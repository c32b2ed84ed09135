package io.holdfast.agent.run;

import java.util.Objects;
import java.util.Optional;

/**
 * restic's own figures for the snapshot of a run; sizes in bytes.
 *
 * @param dataAddedPackedBytes after compression; only restic 0.17 and newer say it
 * @param snapshotId 8 hexadecimal digits from restic 0.14, else 64
 */
public record RunStatistics(
    long filesNew,
    long filesChanged,
    long filesUnmodified,
    long dirsNew,
    long dirsChanged,
    long dirsUnmodified,
    long dataAddedBytes,
    Optional<Long> dataAddedPackedBytes,
    long totalFilesProcessed,
    long totalBytesProcessed,
    String snapshotId) {

  public RunStatistics {
    Objects.requireNonNull(dataAddedPackedBytes, "dataAddedPackedBytes");
    Objects.requireNonNull(snapshotId, "snapshotId");
  }
}
