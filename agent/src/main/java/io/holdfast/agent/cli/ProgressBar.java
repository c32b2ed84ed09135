package io.holdfast.agent.cli;

import io.holdfast.agent.restic.BackupProgress;
import io.holdfast.agent.restic.ProgressListener;
import java.io.Console;
import java.io.PrintWriter;
import java.util.Optional;

/** One line on a terminal that is drawn over again; silent where there is none. */
final class ProgressBar implements ProgressListener {

  private static final int WIDTH = 30;
  private static final String CLEAR_LINE = "\r\u001b[2K";

  private final PrintWriter err;
  private final boolean drawn;
  private boolean dirty;

  ProgressBar(PrintWriter err, boolean terminal) {
    this.err = err;
    drawn = terminal;
  }

  /** Whether standard error is a terminal, as far as Java can tell: a console must be there too. */
  static boolean onTerminal() {
    return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
  }

  @Override
  public synchronized void progress(BackupProgress progress) {
    if (!drawn) {
      return;
    }
    int full = (int) Math.round(progress.fraction() * WIDTH);
    StringBuilder line = new StringBuilder(CLEAR_LINE);
    line.append('[').append("#".repeat(full)).append(" ".repeat(WIDTH - full)).append("] ");
    line.append(String.format(java.util.Locale.ROOT, "%5.1f %%  ", progress.fraction() * 100));
    line.append(progress.filesDone());
    progress.totalFiles().ifPresent(total -> line.append(" of ").append(total));
    line.append(" files, ").append(Text.bytes(progress.bytesDone()));
    progress.totalBytes().ifPresent(total -> line.append(" of ").append(Text.bytes(total)));
    if (progress.errorCount() > 0) {
      line.append(", ").append(progress.errorCount()).append(" errors");
    }
    err.print(line);
    err.flush();
    dirty = true;
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
