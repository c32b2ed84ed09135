package io.holdfast.agent.restic;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * What restic is to restore.
 *
 * @param snapshotId 64 hexadecimal digits
 * @param target the directory under which the snapshot's paths appear; absolute
 * @param includes patterns; if there are any nothing else is restored
 * @param excludes patterns; not together with {@code includes}
 * @param overwrite what becomes of files that are there; empty for restic's own choice, which is to
 *     replace those that differ
 * @param dryRun nothing is written
 * @param verify what was written is read again and compared
 * @param mark stands in restic's arguments as a tag, so that {@link Orphan} finds the process whose
 *     agent has died before it wrote the process down; restic itself makes nothing of a tag where
 *     it is given an id
 */
public record RestoreOrder(
    String snapshotId,
    Path target,
    List<String> includes,
    List<String> excludes,
    Optional<Overwrite> overwrite,
    boolean dryRun,
    boolean verify,
    Optional<String> mark) {

  /** What becomes of files that are there already. */
  public enum Overwrite {
    ALWAYS,
    IF_CHANGED,
    IF_NEWER,
    NEVER;

    /** As restic and the command line write it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  public RestoreOrder {
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(overwrite, "overwrite");
    Objects.requireNonNull(mark, "mark");
    includes = List.copyOf(includes);
    excludes = List.copyOf(excludes);
    if (!snapshotId.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("this is no id of a snapshot");
    }
    if (!target.isAbsolute()) {
      throw new IllegalArgumentException("the target is not absolute");
    }
  }

  /** The same, for what matches these patterns alone. */
  public RestoreOrder including(List<String> patterns) {
    return new RestoreOrder(
        snapshotId, target, patterns, List.of(), overwrite, dryRun, verify, mark);
  }

  /** The same, by a process that bears this mark. */
  public RestoreOrder marked(String tag) {
    return new RestoreOrder(
        snapshotId, target, includes, excludes, overwrite, dryRun, verify, Optional.of(tag));
  }
}
