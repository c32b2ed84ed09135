package io.holdfast.agent.job;

import java.util.Objects;

/**
 * The machine as the control plane knows it.
 *
 * @param id from the machine's own configuration; never changes
 * @param name what admins call it; also the host name that its snapshots carry
 * @param enabled false pauses the device: nothing becomes due
 * @param housekeeper whether it may forget, prune and check
 */
public record Device(String id, String name, boolean enabled, boolean housekeeper) {

  public Device {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(name, "name");
  }
}
