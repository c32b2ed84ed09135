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
 * @param sources paths to which the restore is bounded besides, as literal patterns; empty if it is
 *     bounded by {@code includes}, or not at all
 * @param below the directory of the snapshot from which the restore begins, absolute and without a
 *     slash at its end; empty for the snapshot's root. Patterns are relative to it, and {@code
 *     target} still stands for the root
 * @param naming restic names each item that it has restored
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
    List<String> sources,
    String below,
    boolean naming,
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
    sources = List.copyOf(sources);
    Objects.requireNonNull(below, "below");
    if (!snapshotId.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("this is no id of a snapshot");
    }
    if (!target.isAbsolute()) {
      throw new IllegalArgumentException("the target is not absolute");
    }
  }

  /** From the root of the snapshot, bounded by patterns alone. */
  public RestoreOrder(
      String snapshotId,
      Path target,
      List<String> includes,
      List<String> excludes,
      Optional<Overwrite> overwrite,
      boolean dryRun,
      boolean verify) {
    this(
        snapshotId,
        target,
        includes,
        excludes,
        overwrite,
        dryRun,
        verify,
        List.of(),
        "",
        false,
        Optional.empty());
  }

  /** The same, for what matches these patterns alone. */
  public RestoreOrder including(List<String> patterns) {
    return of(patterns, List.of(), List.of(), below);
  }

  /** The same, of a snapshot that holds nothing but what lies below these paths. */
  public RestoreOrder within(List<String> literalPatterns) {
    return of(includes, excludes, literalPatterns, below);
  }

  /**
   * The same, begun at a directory of the snapshot, so that nothing above it is touched.
   *
   * @param directory that every pattern begins with; absolute
   */
  public RestoreOrder beginningAt(String directory) {
    return of(
        relative(includes, directory),
        relative(excludes, directory),
        relative(sources, directory),
        below + directory);
  }

  private static List<String> relative(List<String> patterns, String directory) {
    return patterns.stream()
        .map(pattern -> {
          if (!pattern.startsWith(directory + "/")) {
            throw new IllegalArgumentException(pattern + " does not begin with " + directory);
          }
          return pattern.substring(directory.length());
        })
        .toList();
  }

  /** The same in all but which items it is about. */
  private RestoreOrder of(
      List<String> included, List<String> excluded, List<String> bounds, String beginning) {
    return new RestoreOrder(
        snapshotId,
        target,
        included,
        excluded,
        overwrite,
        dryRun,
        verify,
        bounds,
        beginning,
        naming,
        mark);
  }

  /** The same, of which restic names each item. */
  public RestoreOrder named() {
    return by(overwrite, dryRun, verify, true, mark);
  }

  /** The same, which only names what a restore would come to, and reads no file that is there. */
  public RestoreOrder rehearsed() {
    return by(Optional.of(Overwrite.NEVER), true, false, true, mark);
  }

  /** The same, by a process that bears this mark. */
  public RestoreOrder marked(String tag) {
    return by(overwrite, dryRun, verify, naming, Optional.of(tag));
  }

  /** The same items in another way. */
  private RestoreOrder by(
      Optional<Overwrite> overwriting,
      boolean rehearsal,
      boolean verifying,
      boolean named,
      Optional<String> tag) {
    return new RestoreOrder(
        snapshotId,
        target,
        includes,
        excludes,
        overwriting,
        rehearsal,
        verifying,
        sources,
        below,
        named,
        tag);
  }

  /** Where restic itself writes to. */
  public Path destination() {
    return place("");
  }

  /**
   * Where an item comes to lie.
   *
   * @param item as restic names it: absolute, from where the restore begins
   */
  public Path place(String item) {
    return Path.of(target + below + item).normalize();
  }
}
