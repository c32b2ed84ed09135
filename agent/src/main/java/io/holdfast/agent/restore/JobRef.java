package io.holdfast.agent.restore;

import java.util.Objects;
import java.util.UUID;

/** A job, as far as its snapshots are looked for; it may be switched off or be no valid one. */
public record JobRef(UUID id, String name) {

  public JobRef {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(name, "name");
  }

  /** Whether a person means this one. */
  boolean isCalled(String nameOrId) {
    return name.equals(nameOrId) || id.toString().equalsIgnoreCase(nameOrId);
  }
}
