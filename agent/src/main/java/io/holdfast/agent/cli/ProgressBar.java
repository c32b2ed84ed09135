package io.holdfast.agent.cli;

import io.holdfast.agent.restic.BackupProgress;
import io.holdfast.agent.restic.ProgressListener;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/** One line on a terminal that is drawn over again; silent where there is none. */
final class ProgressBar implements ProgressListener {

  private static final int WIDEST_BAR = 30;
  private static final int NARROWEST_BAR = 5;

  /** Less of a path than this says nothing. */
  private static final int SHORTEST_PATH = 12;

  private static final String CLEAR_LINE = "\r\u001b[2K";

  private final PrintWriter err;
  private final boolean drawn;
  private final IntSupplier columns;
  private final LongSupplier nanoTime;
  private final long begin;
  private boolean dirty;

  ProgressBar(PrintWriter err, boolean terminal) {
    this(err, terminal, Terminal::columns, System::nanoTime);
  }

  ProgressBar(PrintWriter err, boolean terminal, IntSupplier columns, LongSupplier nanoTime) {
    this.err = err;
    this.columns = columns;
    this.nanoTime = nanoTime;
    drawn = terminal;
    begin = nanoTime.getAsLong();
  }

  /** Whether there is a terminal on which a line can be drawn over again. */
  static boolean onTerminal() {
    return Terminal.redraws();
  }

  @Override
  public synchronized void progress(BackupProgress progress) {
    if (!drawn) {
      return;
    }
    // A line that is full to its end would begin another one on some terminals.
    err.print(CLEAR_LINE + line(progress, columns.getAsInt() - 1));
    err.flush();
    dirty = true;
  }

  /** As much as there is room for, the most important first. */
  private String line(BackupProgress progress, int room) {
    StringBuilder line = new StringBuilder();
    for (String part : parts(progress)) {
      String next = line.isEmpty() ? part : ", " + part;
      if (line.length() + next.length() > room) {
        break;
      }
      line.append(next);
    }
    int bar = Math.min(WIDEST_BAR, room - line.length() - 3);
    if (bar >= NARROWEST_BAR) {
      int full = (int) Math.round(progress.fraction() * bar);
      line.insert(0, "[" + "#".repeat(full) + " ".repeat(bar - full) + "] ");
    }
    int left = room - line.length() - 2;
    if (left >= SHORTEST_PATH && !progress.currentFiles().isEmpty()) {
      line.append("  ").append(end(Visible.of(progress.currentFiles().getFirst()), left));
    }
    return line.toString();
  }

  private List<String> parts(BackupProgress progress) {
    List<String> parts = new ArrayList<>();
    parts.add(String.format(Locale.ROOT, "%5.1f %%", progress.fraction() * 100));
    if (progress.errorCount() > 0) {
      parts.add(Text.count(progress.errorCount(), "error", "errors"));
    }
    parts.add(
        Text.bytes(progress.bytesDone())
            + (progress.totalBytes().isPresent()
                ? " of " + Text.bytes(progress.totalBytes().getAsLong())
                : ""));
    long speed = bytesPerSecond(progress);
    secondsLeft(progress, speed)
        .ifPresent(seconds -> parts.add(Text.rough(Duration.ofSeconds(seconds)) + " left"));
    if (speed > 0) {
      parts.add(Text.bytes(speed) + "/s");
    }
    parts.add(
        progress.filesDone()
            + (progress.totalFiles().isPresent() ? " of " + progress.totalFiles().getAsLong() : "")
            + " files");
    return parts;
  }

  /** Since the beginning, so that it does not jump. */
  private long bytesPerSecond(BackupProgress progress) {
    double seconds = (nanoTime.getAsLong() - begin) / 1e9;
    return seconds < 1 ? 0 : (long) (progress.bytesDone() / seconds);
  }

  /** restic's own guess, if it has one. */
  private static OptionalLong secondsLeft(BackupProgress progress, long speed) {
    if (progress.secondsRemaining().isPresent()
        || progress.totalBytes().isEmpty()
        || speed == 0
        || progress.fraction() <= 0) {
      return progress.secondsRemaining();
    }
    long left = Math.max(0, progress.totalBytes().getAsLong() - progress.bytesDone());
    return OptionalLong.of(left / speed);
  }

  private static String end(String path, int room) {
    if (path.length() <= room) {
      return path;
    }
    int from = path.length() - room + 1;
    return "…" + path.substring(Character.isLowSurrogate(path.charAt(from)) ? from + 1 : from);
  }

  /** Leaves the line empty for what is printed next. */
  synchronized void clear() {
    if (dirty) {
      err.print(CLEAR_LINE);
      err.flush();
      dirty = false;
    }
  }
}
