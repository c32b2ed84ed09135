package io.holdfast.agent.restic;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * How a backup is watched over.
 *
 * @param listener told how far it is
 * @param started told which process it is, as soon as there is one
 */
public record BackupWatch(
    ProgressListener listener,
    Cancellation cancellation,
    BackupLimits limits,
    Consumer<ProcessIdentity> started) {

  public BackupWatch {
    Objects.requireNonNull(listener, "listener");
    Objects.requireNonNull(cancellation, "cancellation");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(started, "started");
  }

  /** The same for another process. */
  public BackupWatch of(Consumer<ProcessIdentity> otherStarted) {
    return new BackupWatch(listener, cancellation, limits, otherStarted);
  }

  /** The same when so much of the time has passed already. */
  public BackupWatch after(Duration passed) {
    return new BackupWatch(
        listener,
        cancellation,
        new BackupLimits(
            limits.timeout().map(limit -> limit.minus(passed)),
            limits.stalledAfter(),
            limits.retryLock()),
        started);
  }
}
