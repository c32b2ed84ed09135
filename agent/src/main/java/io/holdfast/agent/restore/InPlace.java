package io.holdfast.agent.restore;

import io.holdfast.agent.restic.RepositoryReader;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.RestoreOrder;
import io.holdfast.agent.restic.RestorePattern;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Bounds a restore in place to a job's own source paths: whatever else a snapshot holds, such as a
 * crontab that somebody has put into it, stays where it is.
 */
public final class InPlace {

  private static final String ROOT = "/";

  private final List<String> sources;

  /**
   * @param sources each absolute, as the job has them
   */
  public InPlace(List<String> sources) {
    this.sources = sources.stream().map(InPlace::tidy).distinct().toList();
  }

  /** Without a slash at its end. */
  private static String tidy(String path) {
    return path.length() > 1 && path.endsWith(ROOT)
        ? tidy(path.substring(0, path.length() - 1))
        : path;
  }

  /**
   * The same order for what lies below the source paths alone.
   *
   * @throws CannotRestore if there are none, or a pattern would lead out of them
   * @throws RepositoryUnreadable if the repository did not open
   */
  public RestoreOrder bounded(RestoreOrder order, RepositoryReader reader)
      throws CannotRestore, RepositoryUnreadable {
    if (sources.isEmpty() || sources.stream().anyMatch(source -> !source.startsWith(ROOT))) {
      throw CannotRestore.refused(
          "the job of the snapshot has no source paths on this machine to restore it in place to",
          "Restore it to a directory with --to.");
    }
    if (sources.contains(ROOT)) {
      return Passage.shortened(order);
    }
    if (order.excludes().isEmpty()) {
      return Passage.shortened(order.including(includes(order.includes())));
    }
    // restic takes no --include beside them.
    checkNothingBeside(order, reader);
    return Passage.shortened(order.within(sources.stream().map(RestorePattern::literal).toList()));
  }

  List<String> includes(List<String> wanted) throws CannotRestore {
    if (wanted.isEmpty()) {
      return sources.stream().map(RestorePattern::literal).toList();
    }
    Set<String> bounded = new LinkedHashSet<>();
    for (String pattern : wanted) {
      List<String> parts = List.of(pattern.split(ROOT, -1));
      if (parts.contains("..")) {
        throw leadsOut(pattern);
      }
      List<String> within =
          pattern.startsWith(ROOT)
              ? sources.stream().flatMap(source -> meet(source, parts, pattern)).toList()
              : sources.stream()
                  .map(source -> RestorePattern.literal(source) + "/**/" + pattern)
                  .toList();
      if (within.isEmpty()) {
        throw leadsOut(pattern);
      }
      bounded.addAll(within);
    }
    return List.copyOf(bounded);
  }

  /** What a pattern that begins with a slash means within one of the source paths. */
  private static Stream<String> meet(String source, List<String> parts, String pattern) {
    List<String> ofSource = List.of(source.split(ROOT, -1));
    for (int i = 0; i < ofSource.size(); i++) {
      if (i == parts.size() || (i == parts.size() - 1 && parts.get(i).isEmpty())) {
        // It is a directory above.
        return Stream.of(RestorePattern.literal(source));
      }
      if (RestorePattern.isSpecial(parts.get(i)) || !parts.get(i).equals(ofSource.get(i))) {
        return Stream.empty();
      }
    }
    return Stream.of(pattern);
  }

  private CannotRestore leadsOut(String pattern) {
    return CannotRestore.refused(
        "--include "
            + pattern
            + " does not begin within the job's source paths, and nothing else is restored in place",
        "Begin it with one of them, written out: " + String.join(", ", sources) + "; or use --to.");
  }

  private void checkNothingBeside(RestoreOrder order, RepositoryReader reader)
      throws CannotRestore, RepositoryUnreadable {
    List<String> beside = new ArrayList<>();
    for (String directory : directoriesAbove()) {
      reader.list(
          order.snapshotId(),
          List.of(directory),
          false,
          node -> {
            if (isChild(directory, node.path()) && isOutside(node.path())) {
              beside.add(node.path());
            }
          });
    }
    if (!beside.isEmpty()) {
      throw CannotRestore.refused(
          "the snapshot holds "
              + beside.getFirst()
              + ", which is none of the job's source paths, and nothing else is restored in place",
          "Leave --exclude out and say with --include what is to be restored; or use --to.");
    }
  }

  private Set<String> directoriesAbove() {
    Set<String> above = new LinkedHashSet<>(List.of(ROOT));
    for (String source : sources) {
      for (int slash = source.indexOf('/', 1); slash > 0; slash = source.indexOf('/', slash + 1)) {
        above.add(source.substring(0, slash));
      }
    }
    return above;
  }

  private static boolean isChild(String directory, String path) {
    return path.lastIndexOf('/') == (directory.equals(ROOT) ? 0 : directory.length())
        && path.startsWith(directory)
        && path.length() > directory.length();
  }

  private boolean isOutside(String path) {
    return sources.stream()
        .noneMatch(source ->
            source.equals(path)
                || source.startsWith(path + ROOT)
                || path.startsWith(source + ROOT));
  }
}
