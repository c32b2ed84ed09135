package io.holdfast.agent.restic;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A snapshot as the repository lists it.
 *
 * @param id 64 hexadecimal digits
 * @param original its id before somebody changed its tags, or copied it from another repository
 * @param time when its backup began
 * @param offset of its machine's clock then: by that restic counts hours, days and weeks
 * @param endedAt only restic 0.18 and newer write it down
 * @param resticVersion only restic 0.16 and newer write it down
 * @param summary only snapshots of restic 0.17 and newer have one
 */
public record SnapshotEntry(
    String id,
    Optional<String> original,
    Instant time,
    ZoneOffset offset,
    String host,
    List<String> paths,
    List<String> tags,
    Optional<Instant> endedAt,
    Optional<String> resticVersion,
    Optional<BackupSummary> summary) {

  /** As much of an id as restic and people write. */
  private static final int SHORT = 8;

  public SnapshotEntry {
    Objects.requireNonNull(original, "original");
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(offset, "offset");
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(endedAt, "endedAt");
    Objects.requireNonNull(resticVersion, "resticVersion");
    Objects.requireNonNull(summary, "summary");
    paths = List.copyOf(paths);
    tags = List.copyOf(tags);
    if (!id.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("this is no id of a snapshot");
    }
  }

  /** One of which no more is known. */
  public SnapshotEntry(
      String id, Instant time, String host, List<String> paths, List<String> tags) {
    this(
        id,
        Optional.empty(),
        time,
        ZoneOffset.UTC,
        host,
        paths,
        tags,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  public String shortId() {
    return id.substring(0, SHORT);
  }

  /** How many files it holds, if it says so. */
  public OptionalLong files() {
    return summary.stream().mapToLong(BackupSummary::totalFilesProcessed).findFirst();
  }

  /** What they would take, if it says so. */
  public OptionalLong bytes() {
    return summary.stream().mapToLong(BackupSummary::totalBytesProcessed).findFirst();
  }

  /** What was new in the repository, if it says so. */
  public OptionalLong addedBytes() {
    return summary.stream().mapToLong(BackupSummary::dataAdded).findFirst();
  }

  /** The same for all copies of one snapshot. */
  public String originalId() {
    return original.orElse(id);
  }
}
