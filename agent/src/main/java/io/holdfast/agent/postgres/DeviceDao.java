package io.holdfast.agent.postgres;

import io.holdfast.agent.sync.ConfigRows.DeviceRow;
import io.holdfast.agent.sync.Heartbeat;
import org.jdbi.v3.core.Handle;

/** The table {@code devices}. */
final class DeviceDao {

  private DeviceDao() {}

  // The name is the admin's once the device is known; metadata keys of others are kept.
  private static final String HEARTBEAT =
      """
      INSERT INTO devices (id, name, platform, hostname, last_seen, metadata)
      VALUES (:id, :name, :platform, :hostname, now(), CAST(:metadata AS jsonb))
      ON CONFLICT (id) DO UPDATE
      SET platform = excluded.platform,
          hostname = excluded.hostname,
          last_seen = excluded.last_seen,
          metadata = coalesce(devices.metadata, '{}') || excluded.metadata
      RETURNING id, name, enabled
      """;

  static DeviceRow heartbeat(Handle handle, Heartbeat heartbeat) {
    return handle
        .createQuery(HEARTBEAT)
        .bind("id", heartbeat.deviceId())
        .bind("name", heartbeat.deviceName())
        .bind("platform", heartbeat.platform())
        .bind("hostname", heartbeat.hostname())
        .bind("metadata", Json.write(heartbeat.metadata()))
        .map((row, _) ->
            new DeviceRow(row.getString("id"), row.getString("name"), row.getBoolean("enabled")))
        .one();
  }
}
