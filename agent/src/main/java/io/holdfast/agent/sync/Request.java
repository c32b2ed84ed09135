package io.holdfast.agent.sync;

import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * A row of {@code requests} that this device has claimed.
 *
 * @param kind {@code backup}, {@code cancel}, {@code sync} or {@code restore}; a newer control
 *     plane may know more
 * @param parameters JSON, if there are any
 * @param requestedBy the database user who asked
 * @param again whether it was claimed before
 */
public record Request(
    UUID id,
    String kind,
    Optional<UUID> jobId,
    Optional<UUID> runId,
    Optional<String> parameters,
    String requestedBy,
    boolean again) {

  public Request {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(jobId, "jobId");
    Objects.requireNonNull(runId, "runId");
    Objects.requireNonNull(parameters, "parameters");
    Objects.requireNonNull(requestedBy, "requestedBy");
  }
}
