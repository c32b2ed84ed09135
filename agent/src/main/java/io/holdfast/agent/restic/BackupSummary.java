package io.holdfast.agent.restic;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * restic's own figures; sizes in bytes.
 *
 * @param dataAddedPacked after compression; restic 0.17 and newer
 * @param dryRun then the snapshot does not exist, whatever its id says
 * @param snapshotId 8 hexadecimal digits from restic 0.14, else 64; empty if no snapshot was needed
 */
public record BackupSummary(
    long filesNew,
    long filesChanged,
    long filesUnmodified,
    long dirsNew,
    long dirsChanged,
    long dirsUnmodified,
    long dataAdded,
    OptionalLong dataAddedPacked,
    long totalFilesProcessed,
    long totalBytesProcessed,
    boolean dryRun,
    Optional<String> snapshotId) {

  public BackupSummary {
    Objects.requireNonNull(dataAddedPacked, "dataAddedPacked");
    Objects.requireNonNull(snapshotId, "snapshotId");
  }

  /** How many files the snapshot holds, though a version may say only what became of them. */
  public long files() {
    return Math.max(totalFilesProcessed, filesNew + filesChanged + filesUnmodified);
  }

  /** The same for a snapshot whose id stands elsewhere. */
  BackupSummary ofSnapshot(String id) {
    return new BackupSummary(
        filesNew,
        filesChanged,
        filesUnmodified,
        dirsNew,
        dirsChanged,
        dirsUnmodified,
        dataAdded,
        dataAddedPacked,
        totalFilesProcessed,
        totalBytesProcessed,
        dryRun,
        Optional.of(id));
  }
}
