package io.holdfast.agent.restic;

import java.time.Duration;
import java.util.Optional;

/** How tests watch over a backup. */
final class Watches {

  private Watches() {}

  /** Without limits that matter. */
  static BackupWatch of(ProgressListener listener, Cancellation cancellation) {
    return new BackupWatch(
        listener,
        cancellation,
        limits(Optional.empty(), Duration.ofMinutes(5), Duration.ZERO),
        _ -> {});
  }

  static BackupWatch of(ProgressListener listener) {
    return of(listener, new Cancellation());
  }

  static BackupWatch with(BackupLimits limits) {
    return new BackupWatch(_ -> {}, new Cancellation(), limits, _ -> {});
  }

  static BackupLimits limits(
      Optional<Duration> timeout, Duration stalledAfter, Duration retryLock) {
    return new BackupLimits(timeout, stalledAfter, retryLock);
  }
}
