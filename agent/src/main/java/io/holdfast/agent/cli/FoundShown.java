package io.holdfast.agent.cli;

import io.holdfast.agent.restic.RestorePattern;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restic.TreeNode;
import io.holdfast.agent.text.Visible;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What {@code find} has found, each with its snapshot, and how the newest of it comes back. */
final class FoundShown {

  /** Characters that no shell takes for anything but themselves. */
  private static final String PLAIN = "[A-Za-z0-9_./@%+=:,-]+";

  private final NodeLines lines;
  private final Map<String, SnapshotEntry> snapshots;
  private final Function<SnapshotEntry, Optional<String>> jobOf;
  private @Nullable SnapshotEntry newest;
  private String newestPath = "";

  FoundShown(
      NodeLines lines,
      List<SnapshotEntry> snapshots,
      Function<SnapshotEntry, Optional<String>> jobOf) {
    this.lines = lines;
    this.snapshots =
        snapshots.stream().collect(Collectors.toMap(SnapshotEntry::id, Function.identity()));
    this.jobOf = jobOf;
  }

  void hit(String id, TreeNode node) {
    // One that was made meanwhile is not in the list.
    Optional<SnapshotEntry> snapshot = Optional.ofNullable(snapshots.get(id));
    lines.print(
        new NodeLines.Found(id, snapshot.map(SnapshotEntry::time), snapshot.flatMap(jobOf)), node);
    if (snapshot.isPresent() && (newest == null || snapshot.get().time().isAfter(newest.time()))) {
      newest = snapshot.get();
      newestPath = node.path();
    }
  }

  void end() {
    lines.end();
  }

  boolean isEmpty() {
    return lines.printed() == 0;
  }

  /** The command that brings the first of the newest snapshot back; empty if nothing was found. */
  Optional<String> restoreLine() {
    return Optional.ofNullable(newest)
        .map(snapshot ->
            "\nholdfast restore "
                + snapshot.shortId()
                + " --include "
                + Visible.of(quoted(RestorePattern.literal(newestPath)))
                + " --to DIR\n  (or, if it is gone where it was: --in-place --overwrite never)");
  }

  /** As a shell reads it; what a terminal would obey is written out, and must be typed. */
  private static String quoted(String text) {
    return text.matches(PLAIN) ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
