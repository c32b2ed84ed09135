package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.run.Told.Word;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Of which snapshots runs have told, by the control plane's own record. */
public final class PostgresToldSnapshots {

  private final Database database;
  private final String deviceId;

  public PostgresToldSnapshots(Database database, String deviceId) {
    this.database = database;
    this.deviceId = deviceId;
  }

  /**
   * Those of these jobs, as far as this machine may know of them.
   *
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  public List<Word> of(Collection<UUID> jobs) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select("SELECT * FROM holdfast.told_of(?, ?)", deviceId, jobs.toArray(UUID[]::new))
            .map((row, _) ->
                new Word(
                    row.getObject("job_id", UUID.class),
                    row.getString("snapshot_id"),
                    row.getString("device_id"),
                    Optional.ofNullable(row.getObject("run_uuid", UUID.class))))
            .list());
  }
}
