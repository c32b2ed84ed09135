package io.holdfast.agent.restic;

import java.time.Duration;

/**
 * When restic last moved on. Since 0.18 it repeats its status every second whether anything happens
 * or not, so only a status that differs counts. Written by the readers of its pipes, read by the
 * thread that waits for it.
 */
final class Activity {

  private record Seen(long files, long bytes, long total, long errors) {}

  private static final Seen NOTHING = new Seen(-1, -1, -1, -1);

  private final long begin = System.nanoTime();
  private volatile long lastMove = begin;
  private Seen seen = NOTHING;

  /** Whether it differs from the progress before. */
  synchronized boolean progress(BackupProgress progress) {
    Seen now =
        new Seen(
            progress.filesDone(),
            progress.bytesDone(),
            progress.totalBytes().orElse(0),
            progress.errorCount());
    if (!now.equals(seen)) {
      seen = now;
      moved();
      return true;
    }
    return false;
  }

  /** Anything else that it says. */
  void moved() {
    lastMove = System.nanoTime();
  }

  /** Whether it has not begun to tell of progress: it may be waiting for a lock. */
  synchronized boolean isWaiting() {
    return seen.equals(NOTHING);
  }

  Duration sinceBegin() {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  /** Measured while the machine is awake: a sleep does not count. */
  Duration sinceLastMove() {
    return Duration.ofNanos(System.nanoTime() - lastMove);
  }
}
