package io.holdfast.agent.restic;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A snapshot as the repository lists it.
 *
 * @param id 64 hexadecimal digits
 * @param original its id before somebody changed its tags, which gives a snapshot a new one
 * @param time when its backup began
 * @param endedAt only restic 0.18 and newer write it down
 * @param resticVersion only restic 0.16 and newer write it down
 * @param summary only snapshots of restic 0.17 and newer have one
 */
public record ListedSnapshot(
    String id,
    Optional<String> original,
    Instant time,
    String host,
    List<String> paths,
    List<String> tags,
    Optional<Instant> endedAt,
    Optional<String> resticVersion,
    Optional<BackupSummary> summary) {

  public ListedSnapshot {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(original, "original");
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(endedAt, "endedAt");
    Objects.requireNonNull(resticVersion, "resticVersion");
    Objects.requireNonNull(summary, "summary");
    paths = List.copyOf(paths);
    tags = List.copyOf(tags);
  }
}
