package io.holdfast.agent.postgres;

import io.holdfast.agent.sync.ConfigRows.SettingRow;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** The table {@code settings}. */
final class SettingDao {

  private SettingDao() {}

  private static final String OF_DEVICE =
      """
      SELECT device_id IS NOT NULL AS of_device, key, value
      FROM settings
      WHERE device_id IS NULL OR device_id = :device
      ORDER BY key, of_device
      """;

  static List<SettingRow> ofDevice(Handle handle, String deviceId) {
    return handle
        .createQuery(OF_DEVICE)
        .bind("device", deviceId)
        .map((row, _) ->
            new SettingRow(
                row.getBoolean("of_device"), row.getString("key"), row.getString("value")))
        .list();
  }
}
