package io.holdfast.agent.postgres;

import io.holdfast.agent.sync.ConfigRows.JobRow;
import io.holdfast.agent.sync.ConfigRows.LimitColumns;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The table {@code backup_jobs}. */
final class JobDao {

  private JobDao() {}

  // unnest makes one list of an array of any shape, and NULL elements become empty strings.
  private static final String OF_DEVICE =
      """
      SELECT id, name, enabled, origin_name, account_id, restic_args::text AS restic_args,
             max_retries, retry_delay_seconds, timeout_seconds, retry_lock_seconds,
             ARRAY(SELECT coalesce(e, '') FROM unnest(source_paths) WITH ORDINALITY AS u (e, n) ORDER BY n)
               AS source_paths,
             ARRAY(SELECT coalesce(e, '') FROM unnest(exclude_patterns) WITH ORDINALITY AS u (e, n) ORDER BY n)
               AS exclude_patterns,
             ARRAY(SELECT coalesce(e, '') FROM unnest(tags) WITH ORDINALITY AS u (e, n) ORDER BY n) AS tags
      FROM backup_jobs
      WHERE device_id = :device
      ORDER BY name
      """;

  static List<JobRow> ofDevice(Handle handle, String deviceId) {
    return handle.createQuery(OF_DEVICE).bind("device", deviceId).map((row, _) -> job(row)).list();
  }

  private static JobRow job(ResultSet row) throws SQLException {
    return new JobRow(
        row.getObject("id", UUID.class),
        row.getString("name"),
        strings(row.getArray("source_paths")),
        strings(row.getArray("exclude_patterns")),
        strings(row.getArray("tags")),
        Optional.ofNullable(row.getString("restic_args")),
        row.getBoolean("enabled"),
        Optional.ofNullable(row.getString("origin_name")),
        Optional.ofNullable(row.getObject("account_id", UUID.class)),
        new LimitColumns(
            row.getInt("max_retries"),
            row.getInt("retry_delay_seconds"),
            Optional.ofNullable(row.getObject("timeout_seconds", Integer.class)),
            row.getInt("retry_lock_seconds")));
  }

  private static List<String> strings(Array array) throws SQLException {
    return List.of((String[]) array.getArray());
  }
}
