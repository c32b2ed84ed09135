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
  private String headed = "";

  NodeLines(PrintWriter out, boolean json, CancelOnSignal signal) {
    this.out = out;
    this.json = json;
    this.signal = signal;
  }

  /** What {@code --json} prints. */
  private record Line(
      Optional<String> snapshotId,
      Optional<Instant> snapshotTime,
      Optional<String> jobName,
      String path,
      String type,
      String permissions,
      long uid,
      long gid,
      OptionalLong size,
      Optional<Instant> modifiedAt) {}

  /**
   * In which snapshot something was found.
   *
   * @param time when it was made
   * @param job whose it is
   */
  record Found(String snapshotId, Optional<Instant> time, Optional<String> job) {}

  /** Of one snapshot that the reader knows. */
  void print(TreeNode node) {
    print(Optional.empty(), node);
  }

  /** Of a snapshot that may differ from line to line. */
  void print(Found found, TreeNode node) {
    print(Optional.of(found), node);
  }

  private void print(Optional<Found> found, TreeNode node) {
    if (json) {
      JsonOutput.printLine(
          out,
          new Line(
              found.map(Found::snapshotId),
              found.flatMap(Found::time),
              found.flatMap(Found::job),
              node.path(),
              node.type(),
              node.permissions(),
              node.uid(),
              node.gid(),
              node.size(),
              node.modifiedAt()));
    } else {
      found.ifPresent(this::heading);
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

  /** Once for all of a snapshot, before the first. */
  private void heading(Found found) {
    if (!found.snapshotId().equals(headed)) {
      out.print(headed.isEmpty() ? "" : System.lineSeparator());
      out.printf(
          "snapshot %s of %s, %s%n",
          found.snapshotId().substring(0, Math.min(8, found.snapshotId().length())),
          Text.time(found.time()),
          found.job().map(job -> "job \"" + Visible.of(job) + "\"").orElse("of no job"));
      headed = found.snapshotId();
    }
  }

  void end() {
    out.flush();
  }

  long printed() {
    return printed;
  }
}
