package io.holdfast.agent.restic;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * A snapshot as the repository lists it.
 *
 * @param id 64 hexadecimal digits
 * @param time when the backup began
 * @param files how many it holds; only snapshots of restic 0.17 and newer say so
 * @param bytes what they would take; only snapshots of restic 0.17 and newer say so
 * @param addedBytes what was new in the repository; only snapshots of restic 0.17 and newer say so
 */
public record SnapshotEntry(
    String id,
    Instant time,
    String host,
    List<String> paths,
    List<String> tags,
    OptionalLong files,
    OptionalLong bytes,
    OptionalLong addedBytes) {

  /** As much of an id as restic and people write. */
  private static final int SHORT = 8;

  public SnapshotEntry {
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(files, "files");
    Objects.requireNonNull(bytes, "bytes");
    Objects.requireNonNull(addedBytes, "addedBytes");
    paths = List.copyOf(paths);
    tags = List.copyOf(tags);
    if (!id.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("this is no id of a snapshot");
    }
  }

  public String shortId() {
    return id.substring(0, SHORT);
  }
}
