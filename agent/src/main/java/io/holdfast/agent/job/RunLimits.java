package io.holdfast.agent.job;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How long a run of a job may take, and how often a failed one is tried again.
 *
 * @param maxRetries 0 to 20
 * @param retryDelay before the first retry, 1 s to 1 day; doubles with each further one
 * @param timeout after which a run is ended as failed; empty for no limit
 * @param retryLock how long restic waits for a repository that is locked, 0 to 1 day
 */
public record RunLimits(
    int maxRetries, Duration retryDelay, Optional<Duration> timeout, Duration retryLock) {

  /** What the columns of {@code backup_jobs} say unless an admin says otherwise. */
  public static final RunLimits USUAL =
      new RunLimits(2, Duration.ofMinutes(1), Optional.empty(), Duration.ofMinutes(5));

  public RunLimits {
    Objects.requireNonNull(retryDelay, "retryDelay");
    Objects.requireNonNull(timeout, "timeout");
    Objects.requireNonNull(retryLock, "retryLock");
  }
}
