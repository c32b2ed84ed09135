package io.holdfast.agent.run;

import io.holdfast.agent.restic.BackupSummary;
import java.util.Objects;
import java.util.Optional;

/**
 * restic's own figures for the snapshot of a run; sizes in bytes.
 *
 * @param dataAddedPackedBytes after compression; only restic 0.17 and newer say it
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
    long totalBytesProcessed) {

  public RunStatistics {
    Objects.requireNonNull(dataAddedPackedBytes, "dataAddedPackedBytes");
  }

  /** How many files the snapshot holds. */
  long files() {
    return Math.max(totalFilesProcessed, filesNew + filesChanged + filesUnmodified);
  }

  /** The same figures. */
  public static RunStatistics of(BackupSummary summary) {
    return new RunStatistics(
        summary.filesNew(),
        summary.filesChanged(),
        summary.filesUnmodified(),
        summary.dirsNew(),
        summary.dirsChanged(),
        summary.dirsUnmodified(),
        summary.dataAdded(),
        summary.dataAddedPacked().isPresent()
            ? Optional.of(summary.dataAddedPacked().getAsLong())
            : Optional.empty(),
        summary.totalFilesProcessed(),
        summary.totalBytesProcessed());
  }
}
