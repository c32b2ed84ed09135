package io.holdfast.agent.sync;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * What the agent says of its machine at every sync.
 *
 * @param deviceName used once, when the device registers; afterwards the control plane's name holds
 * @param platform {@code linux}, {@code windows}, {@code darwin} or {@code freebsd}
 * @param metadata versions of agent, restic and operating system, and the machine's time zone
 * @param daemon which daemon this is; empty for a command
 */
public record Heartbeat(
    String deviceId,
    String deviceName,
    String platform,
    String hostname,
    Map<String, String> metadata,
    Optional<Daemon> daemon) {

  /**
   * A daemon that runs.
   *
   * @param instance made once for a state directory
   * @param process made at each start
   */
  public record Daemon(UUID instance, UUID process) {
    public Daemon {
      Objects.requireNonNull(instance, "instance");
      Objects.requireNonNull(process, "process");
    }
  }

  /** A command's. */
  public Heartbeat(
      String deviceId,
      String deviceName,
      String platform,
      String hostname,
      Map<String, String> metadata) {
    this(deviceId, deviceName, platform, hostname, metadata, Optional.empty());
  }

  public Heartbeat {
    Objects.requireNonNull(deviceId, "deviceId");
    Objects.requireNonNull(deviceName, "deviceName");
    Objects.requireNonNull(platform, "platform");
    Objects.requireNonNull(hostname, "hostname");
    metadata = Map.copyOf(metadata);
    Objects.requireNonNull(daemon, "daemon");
  }

  /** The same from a daemon. */
  public Heartbeat of(Daemon running) {
    return new Heartbeat(deviceId, deviceName, platform, hostname, metadata, Optional.of(running));
  }
}
