package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.sync.ConfigCache.Cached;
import io.holdfast.agent.sync.ConfigRows;
import io.holdfast.agent.sync.DeviceConfig;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The device's configuration for a command at the machine: as the control plane has it now, or as
 * it was synced last.
 *
 * @param rows also of jobs that are switched off or cannot be used
 * @param fresh whether the control plane has just told them
 */
record SyncedConfig(ConfigRows rows, DeviceConfig config, boolean fresh) {

  SyncedConfig {
    Objects.requireNonNull(rows, "rows");
    Objects.requireNonNull(config, "config");
  }

  /**
   * What was synced last is good enough when the control plane is away.
   *
   * @param onTrouble told that it is
   * @throws ControlPlaneException if it is, and nothing was ever synced
   */
  static SyncedConfig of(AgentParts parts, Consumer<String> onTrouble)
      throws ControlPlaneException {
    try {
      return read(parts, parts.configSource().sync(parts.heartbeat()), true);
    } catch (ControlPlaneException e) {
      Optional<Cached> cached = parts.configCache().load();
      if (cached.isEmpty()) {
        throw e;
      }
      onTrouble.accept(
          e.problem().message() + "; going by the configuration of " + cached.get().syncedAt());
      return read(parts, cached.get().rows(), false);
    }
  }

  private static SyncedConfig read(AgentParts parts, ConfigRows rows, boolean fresh) {
    return new SyncedConfig(rows, parts.deviceConfig(rows), fresh);
  }
}
