package io.holdfast.agent.restic;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A snapshot, as the repository lists it.
 *
 * @param id 64 hexadecimal digits
 * @param time when its backup began
 * @param original the snapshot that it was copied from, or made of when its tags were changed
 * @param files how many it holds; only restic 0.17 and newer wrote it down, like the bytes
 */
public record SnapshotEntry(
    String id,
    Optional<String> original,
    Instant time,
    String host,
    List<String> paths,
    List<String> tags,
    Optional<Long> files,
    Optional<Long> bytes,
    Optional<Long> addedBytes) {

  public SnapshotEntry {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(original, "original");
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(host, "host");
    paths = List.copyOf(paths);
    tags = List.copyOf(tags);
    Objects.requireNonNull(files, "files");
    Objects.requireNonNull(bytes, "bytes");
    Objects.requireNonNull(addedBytes, "addedBytes");
  }

  /** The same for all copies of one snapshot. */
  public String originalId() {
    return original.orElse(id);
  }

  /** What stands behind this beginning in the first tag that begins so. */
  public Optional<String> tagged(String beginning) {
    return tags.stream()
        .filter(tag -> tag.startsWith(beginning))
        .map(tag -> tag.substring(beginning.length()))
        .findFirst();
  }
}
