package io.holdfast.agent.run;

import io.holdfast.agent.job.Device;
import io.holdfast.agent.job.Settings;
import java.util.Objects;

/**
 * A due run with all that it takes to carry it out, as the configuration stands when its turn
 * comes.
 */
public record RunOrder(DueRun due, Device device, Settings settings) {

  public RunOrder {
    Objects.requireNonNull(due, "due");
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(settings, "settings");
  }
}
