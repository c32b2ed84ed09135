package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.sync.ConfigRows;
import io.holdfast.agent.sync.ConfigRows.Server;
import io.holdfast.agent.sync.ConfigSource;
import io.holdfast.agent.sync.Heartbeat;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** The device's configuration, read from and told to the control plane's tables. */
public final class PostgresConfigSource implements ConfigSource {

  private final Database database;
  private final String deviceId;

  public PostgresConfigSource(Database database, String deviceId) {
    this.database = database;
    this.deviceId = deviceId;
  }

  @Override
  public ConfigRows sync(Heartbeat heartbeat) throws ControlPlaneException {
    SchemaCheck.require(database);
    return database.call(handle -> {
      // One view of all tables: a job must not appear without its schedules.
      handle.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      return new ConfigRows(
          DeviceDao.heartbeat(handle, heartbeat),
          JobDao.ofDevice(handle, deviceId),
          ScheduleDao.ofDevice(handle, deviceId),
          SettingDao.ofDevice(handle, deviceId),
          server(handle));
    });
  }

  private static final String SERVER =
      """
      SELECT clock_timestamp(),
             concat_ws(' ', inet_server_addr(), inet_server_port(), pg_postmaster_start_time())
      """;

  private static Server server(Handle handle) {
    return handle
        .createQuery(SERVER)
        .map((row, _) ->
            new Server(row.getObject(1, OffsetDateTime.class).toInstant(), row.getString(2)))
        .one();
  }

  @Override
  public void sweep() throws ControlPlaneException {
    database.call(handle -> handle.execute("SELECT holdfast.sweep()"));
  }

  @Override
  public void tell(Map<Integer, Instant> nextRuns, List<Problem> problems)
      throws ControlPlaneException {
    database.call(handle -> {
      ScheduleDao.announce(handle, deviceId, nextRuns);
      ProblemDao.replaceConfigProblems(handle, deviceId, problems);
      return true;
    });
  }
}
