package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.run.LastContents.Known;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** What the last good runs held, by the control plane's own rows. */
public final class PostgresContents {

  private final Database database;
  private final String deviceId;

  public PostgresContents(Database database, String deviceId) {
    this.database = database;
    this.deviceId = deviceId;
  }

  /**
   * Of a job before this run began.
   *
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  public Known before(UUID job, Instant run) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select("SELECT * FROM holdfast.contents_of(?, ?, ?)", deviceId, job, Times.write(run))
            .map((row, _) ->
                new Known(
                    Optional.ofNullable(row.getObject("files", Long.class)),
                    row.getBoolean("accepted")))
            .one());
  }
}
