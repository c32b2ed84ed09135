package io.holdfast.agent.restic;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands between restic and a listener: passes on the first progress at once and no second within
 * the interval, and a listener that fails does not disturb the backup. Used by the readers of both
 * pipes.
 */
final class PacedProgress implements ProgressListener {

  /** Less than the second that restic itself is told to keep, whose ticks are not exact. */
  static final Duration INTERVAL = Duration.ofMillis(500);

  private static final Logger log = LoggerFactory.getLogger(PacedProgress.class);

  private final ProgressListener listener;
  private boolean begun;
  private boolean failed;
  private long last;

  PacedProgress(ProgressListener listener) {
    this.listener = listener;
  }

  @Override
  public synchronized void progress(BackupProgress progress) {
    long now = System.nanoTime();
    if (begun && now - last < INTERVAL.toNanos()) {
      return;
    }
    begun = true;
    last = now;
    try {
      listener.progress(progress);
    } catch (RuntimeException e) {
      if (!failed) {
        log.warn("progress could not be shown; the backup goes on", e);
      }
      failed = true;
    }
  }
}
