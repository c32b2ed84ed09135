package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.maintenance.CopyBook;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** What a housekeeper reads and writes of copies. */
public final class PostgresCopyBook implements CopyBook {

  private static final List<String> LIKE_SETTINGS =
      List.of("repository_url", "repository_password", "repository_environment");

  private final Database database;
  private final String deviceId;

  public PostgresCopyBook(Database database, String deviceId) {
    this.database = database;
    this.deviceId = deviceId;
  }

  @Override
  public List<TargetRow> targets() throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select("SELECT * FROM holdfast.copy_targets_of(?)", deviceId)
            .map((row, _) -> target(row))
            .list());
  }

  private static TargetRow target(ResultSet row) throws SQLException {
    Map<String, String> values = new HashMap<>();
    for (String column : LIKE_SETTINGS) {
      String value = row.getString(column);
      if (value != null) {
        values.put(column, value);
      }
    }
    return new TargetRow(
        row.getString("name"),
        values,
        row.getBoolean("auto_init"),
        Optional.ofNullable(row.getString("repository_id")));
  }

  @Override
  public void found(String target, String repositoryId) throws ControlPlaneException {
    database.call(handle ->
        handle.execute(
            "SELECT holdfast.copy_target_found(?, ?, ?)", deviceId, target, repositoryId));
  }

  @Override
  public Set<UUID> jobs(String target) throws ControlPlaneException {
    return new HashSet<>(
        database.call(handle ->
            handle
                .select("SELECT holdfast.copy_jobs(?, ?)", deviceId, target)
                .mapTo(UUID.class)
                .list()));
  }

  @Override
  public Set<String> wanted(String sourceId, String targetId, Collection<String> ids)
      throws ControlPlaneException {
    return new HashSet<>(
        database.call(handle ->
            handle
                .select(
                    "SELECT holdfast.copies_wanted(?, ?, ?, ?)",
                    deviceId,
                    sourceId,
                    targetId,
                    ids.toArray(String[]::new))
                .mapTo(String.class)
                .list()));
  }
}
