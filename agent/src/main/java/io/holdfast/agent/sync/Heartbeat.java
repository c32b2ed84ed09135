package io.holdfast.agent.sync;

import java.util.Map;
import java.util.Objects;

/**
 * What the agent says of its machine at every sync.
 *
 * @param deviceName used once, when the device registers; afterwards the control plane's name holds
 * @param platform {@code linux}, {@code windows}, {@code darwin} or {@code freebsd}
 * @param metadata versions of agent, restic and operating system, and the machine's time zone
 */
public record Heartbeat(
    String deviceId,
    String deviceName,
    String platform,
    String hostname,
    Map<String, String> metadata) {

  public Heartbeat {
    Objects.requireNonNull(deviceId, "deviceId");
    Objects.requireNonNull(deviceName, "deviceName");
    Objects.requireNonNull(platform, "platform");
    Objects.requireNonNull(hostname, "hostname");
    metadata = Map.copyOf(metadata);
  }
}
