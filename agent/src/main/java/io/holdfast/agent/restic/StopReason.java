package io.holdfast.agent.restic;

import java.time.Duration;
import java.util.Optional;

/** Says whether a process is to be ended, and why; asked several times a second. */
@FunctionalInterface
interface StopReason {

  Optional<ExitMeaning> now();

  /** When it takes too long. */
  static StopReason after(Duration limit) {
    long begin = System.nanoTime();
    return () ->
        System.nanoTime() - begin > limit.toNanos()
            ? Optional.of(ExitMeaning.TIMED_OUT)
            : Optional.empty();
  }

  /** When somebody asks for it, when it takes too long, or when nothing moves any more. */
  static StopReason of(Cancellation cancellation, BackupLimits limits, Activity activity) {
    return () -> {
      if (cancellation.isCancelled()) {
        return Optional.of(ExitMeaning.CANCELLED);
      }
      if (limits
          .timeout()
          .filter(limit -> activity.sinceBegin().compareTo(limit) > 0)
          .isPresent()) {
        return Optional.of(ExitMeaning.TIMED_OUT);
      }
      Duration patience =
          activity.isWaiting()
              ? limits.stalledAfter().plus(limits.retryLock())
              : limits.stalledAfter();
      return activity.sinceLastMove().compareTo(patience) > 0
          ? Optional.of(ExitMeaning.STALLED)
          : Optional.empty();
    };
  }
}
