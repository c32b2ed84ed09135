package io.holdfast.agent.maintenance;

import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.run.Verdict;
import java.util.Objects;
import java.util.Optional;

/**
 * A further repository that holds copies.
 *
 * @param source from where they are copied
 * @param sourceId empty if the source could not be asked
 * @param unusable why this machine can do nothing there, if so
 */
public record CopyTarget(
    String name, Repository source, Optional<String> sourceId, Optional<Verdict> unusable) {

  public CopyTarget {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(sourceId, "sourceId");
    Objects.requireNonNull(unusable, "unusable");
  }

  /** Its key for leases and rows until its repository has told its own id. */
  public static String provisionalId(String name) {
    return "target " + name;
  }
}
