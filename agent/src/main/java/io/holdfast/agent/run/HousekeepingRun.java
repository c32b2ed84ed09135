package io.holdfast.agent.run;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Something that a housekeeper has begun to do to a repository.
 *
 * @param kind as {@code housekeeping.kind} has it
 * @param repositoryId restic's own
 * @param target the copy target that it is done in; empty for the repository of the devices
 * @param scheduleId the row of {@code housekeeping}; empty if somebody asked for it
 * @param leaseToken of the lease under which it began
 */
public record HousekeepingRun(
    UUID uuid,
    String kind,
    String repositoryId,
    String deviceId,
    Optional<String> target,
    Optional<Integer> scheduleId,
    long leaseToken,
    Instant startedAt) {

  public HousekeepingRun {
    Objects.requireNonNull(uuid, "uuid");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(repositoryId, "repositoryId");
    Objects.requireNonNull(deviceId, "deviceId");
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(scheduleId, "scheduleId");
    Objects.requireNonNull(startedAt, "startedAt");
  }
}
