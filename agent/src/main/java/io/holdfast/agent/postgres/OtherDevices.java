package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * The jobs of other devices, as far as this machine's login may see them: row-level security
 * decides, and what it hides looks as if it were not there.
 */
public final class OtherDevices {

  private final Database database;

  public OtherDevices(Database database) {
    this.database = database;
  }

  /**
   * A device and all its jobs.
   *
   * @param ownRepository whether it backs up to a repository of its own
   */
  public record DeviceJobs(String id, String name, boolean ownRepository, Map<UUID, String> jobs) {
    public DeviceJobs {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(name, "name");
      jobs = Map.copyOf(jobs);
    }
  }

  private static final String DEVICES =
      """
      SELECT d.id, d.name,
             EXISTS (SELECT FROM settings s
                     WHERE s.device_id = d.id AND s.key = 'repository_url' AND s.value <> '') AS own_repository
      FROM devices d
      WHERE d.id = :device OR d.name = :device
      ORDER BY d.id = :device DESC, d.id
      """;

  private static final String JOBS =
      """
      SELECT id, name
      FROM backup_jobs
      WHERE device_id = :device
      """;

  /**
   * The devices with this id or name; the one with this id first.
   *
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  public List<DeviceJobs> called(String idOrName) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .createQuery(DEVICES)
            .bind("device", idOrName)
            .map((row, _) ->
                new DeviceJobs(
                    row.getString("id"),
                    row.getString("name"),
                    row.getBoolean("own_repository"),
                    handle
                        .createQuery(JOBS)
                        .bind("device", row.getString("id"))
                        .reduceResultSet(
                            new HashMap<UUID, String>(),
                            (found, job, _) -> {
                              found.put(job.getObject("id", UUID.class), job.getString("name"));
                              return found;
                            })))
            .list());
  }
}
