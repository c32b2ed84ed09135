package io.holdfast.agent.cli;

import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.BackupReport.ItemFailure;
import io.holdfast.agent.restic.RepositoryReader;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.RestoreOrder;
import io.holdfast.agent.restic.RestoreReport.Totals;
import io.holdfast.agent.restic.RestoreWatch;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.restore.Restoring;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine;

/** Carries out a restore before the eyes of a person, or of a program. */
final class RestoreShown {

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean json;

  RestoreShown(CommandLine commandLine, boolean json) {
    out = commandLine.getOut();
    err = commandLine.getErr();
    this.json = json;
  }

  /** What {@code --json} prints. */
  private record Ended(
      String snapshotId,
      Instant snapshotTime,
      Optional<String> jobName,
      String host,
      String target,
      boolean dryRun,
      String outcome,
      String message,
      Optional<Long> items,
      OptionalLong directories,
      Optional<Long> bytes,
      Optional<Long> itemsSkipped,
      Optional<Long> bytesSkipped,
      long errorCount,
      List<ItemFailure> firstErrors,
      long durationSeconds) {}

  int restore(
      RepositoryReader reader, SnapshotEntry snapshot, RestoreOrder order, CancelOnSignal signal)
      throws CannotRestore, RepositoryUnreadable {
    Restoring.check(reader, order);
    ProgressBar bar = new ProgressBar(err, !json && ProgressBar.onTerminal());
    RestoreWatch watch =
        new RestoreWatch(
            bar,
            this::item,
            trouble -> {
              bar.clear();
              err.println("holdfast: " + Visible.of(trouble));
            },
            signal.cancellation());
    if (!json) {
      err.printf(
          "%s snapshot %s of %s (%s) to %s%n",
          order.dryRun() ? "would restore" : "restoring",
          snapshot.shortId(),
          Text.time(snapshot.time()),
          Visible.of(
              SnapshotTags.jobNameIn(snapshot.tags())
                  .map(job -> "job \"" + job + "\"")
                  .orElse("host " + snapshot.host())),
          order.target());
    }
    Restoring.Result result = Restoring.restore(reader, order, watch);
    bar.clear();
    if (json) {
      JsonOutput.print(out, ended(snapshot, order, result));
    } else {
      print(order, result);
    }
    out.flush();
    return ExitCode.of(result.outcome());
  }

  private void item(String action, String path) {
    if (!json && !action.equals("unchanged")) {
      out.printf("%-9s  %s%n", action, Visible.of(path));
    }
  }

  private void print(RestoreOrder order, Restoring.Result result) {
    out.printf(
        "%s%s after %s%n",
        order.dryRun() ? "dry run: " : "",
        Paint.outcome(result.outcome().word()),
        Text.rough(result.report().duration()));
    // restic counts what it has tried, also what then failed.
    String done =
        order.dryRun() ? "would write" : result.report().errorCount() > 0 ? "tried" : "restored";
    result.report().totals().ifPresent(totals -> print(done, totals, result.directories()));
    for (ItemFailure failure : result.report().firstErrors()) {
      out.printf("  ! %s: %s%n", Visible.of(failure.item()), Visible.of(failure.message()));
    }
    long more = result.report().errorCount() - result.report().firstErrors().size();
    if (more > 0) {
      out.printf(Locale.ROOT, "  ! and %d more%n", more);
    }
    if (!result.message().isEmpty()) {
      out.println("  " + (result.message() + ". " + result.remedy()).strip());
    }
  }

  private void print(String done, Totals totals, OptionalLong directories) {
    out.printf(
        Locale.ROOT,
        "  %s  %s, %s%n",
        done,
        items(totals, directories),
        Text.bytes(totals.bytes()));
    if (totals.skippedItems() > 0) {
      out.printf(
          Locale.ROOT,
          "  left as they are  %d, %s%n",
          totals.skippedItems(),
          Text.bytes(totals.skippedBytes()));
    }
  }

  private static String items(Totals totals, OptionalLong directories) {
    if (directories.isEmpty()) {
      return totals.items() + " files and directories";
    }
    long files = Math.max(0, totals.items() - directories.getAsLong());
    return Text.count(files, "file", "files")
        + (directories.getAsLong() == 0
            ? ""
            : " and " + Text.count(directories.getAsLong(), "directory", "directories"));
  }

  private static Ended ended(SnapshotEntry snapshot, RestoreOrder order, Restoring.Result result) {
    Optional<Totals> totals = result.report().totals();
    return new Ended(
        snapshot.id(),
        snapshot.time(),
        SnapshotTags.jobNameIn(snapshot.tags()),
        snapshot.host(),
        order.target().toString(),
        order.dryRun(),
        result.outcome().word(),
        result.message(),
        totals.map(Totals::items),
        result.directories(),
        totals.map(Totals::bytes),
        totals.map(Totals::skippedItems),
        totals.map(Totals::skippedBytes),
        result.report().errorCount(),
        result.report().firstErrors(),
        result.report().duration().toSeconds());
  }
}
