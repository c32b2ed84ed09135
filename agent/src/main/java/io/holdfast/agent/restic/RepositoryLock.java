package io.holdfast.agent.restic;

import java.time.Instant;
import java.util.Objects;

/**
 * A lock in a repository, as whoever holds it has written it there.
 *
 * @param id changes whenever its holder refreshes it, every 5 minutes
 * @param uid 0 on Windows and for root
 */
public record RepositoryLock(
    String id, Instant time, boolean exclusive, String hostname, long pid, long uid) {

  public RepositoryLock {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(hostname, "hostname");
  }
}
