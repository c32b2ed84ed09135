package io.holdfast.agent.cli;

import io.holdfast.agent.restic.TreeNode;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** Prints what is in snapshots, one line each as it comes: there may be millions. */
final class NodeLines {

  private static final int LOOK_EVERY = 1000;

  private final PrintWriter out;
  private final boolean json;
  private final CancelOnSignal signal;
  private long printed;

  NodeLines(PrintWriter out, boolean json, CancelOnSignal signal) {
    this.out = out;
    this.json = json;
    this.signal = signal;
  }

  /** What {@code --json} prints. */
  private record Line(
      Optional<String> snapshotId,
      String path,
      String type,
      String permissions,
      long uid,
      long gid,
      OptionalLong size,
      Optional<Instant> modifiedAt) {}

  /**
   * @param snapshotId if it may differ from line to line
   */
  void print(Optional<String> snapshotId, TreeNode node) {
    if (json) {
      JsonOutput.printLine(
          out,
          new Line(
              snapshotId,
              node.path(),
              node.type(),
              node.permissions(),
              node.uid(),
              node.gid(),
              node.size(),
              node.modifiedAt()));
    } else {
      snapshotId.ifPresent(id -> out.print(id.substring(0, Math.min(8, id.length())) + "  "));
      out.printf(
          Locale.ROOT,
          "%-10s  %10s  %s  %s%n",
          node.permissions(),
          node.size().isPresent() ? Text.bytes(node.size().getAsLong()) : "-",
          Text.time(node.modifiedAt()),
          Visible.of(node.path()));
    }
    printed++;
    // 'holdfast ls | head' wants no more.
    if (printed % LOOK_EVERY == 0 && out.checkError()) {
      signal.cancellation().cancel("since nobody reads the output");
    }
  }

  void end() {
    out.flush();
  }

  long printed() {
    return printed;
  }
}
