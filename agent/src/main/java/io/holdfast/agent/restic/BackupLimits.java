package io.holdfast.agent.restic;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How long a backup may take.
 *
 * @param timeout after which restic is ended, counted while the machine is awake; empty for no
 *     limit
 * @param stalledAfter restic is ended when nothing has moved for so long
 * @param retryLock how long restic waits for a repository that is locked
 */
public record BackupLimits(Optional<Duration> timeout, Duration stalledAfter, Duration retryLock) {

  public BackupLimits {
    Objects.requireNonNull(timeout, "timeout");
    Objects.requireNonNull(stalledAfter, "stalledAfter");
    Objects.requireNonNull(retryLock, "retryLock");
  }
}
