package io.holdfast.agent.maintenance;

import io.holdfast.agent.restic.KeepRules;
import java.util.Objects;
import java.util.UUID;

/** A job some of whose snapshots may go, and by which rules. */
public record RetentionWork(UUID jobId, String jobName, String deviceId, KeepRules rules) {

  public RetentionWork {
    Objects.requireNonNull(jobId, "jobId");
    Objects.requireNonNull(jobName, "jobName");
    Objects.requireNonNull(deviceId, "deviceId");
    Objects.requireNonNull(rules, "rules");
  }
}
