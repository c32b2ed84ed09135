package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.sync.Request;
import io.holdfast.agent.sync.RequestSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/** What admins ask of the device in the table {@code requests}. */
public final class PostgresRequestSource implements RequestSource {

  private final Database database;
  private final String deviceId;
  private final Supplier<UUID> instance;

  /**
   * @param instance which agent of the device this is: what another one has claimed is not given
   */
  public PostgresRequestSource(Database database, String deviceId, Supplier<UUID> instance) {
    this.database = database;
    this.deviceId = deviceId;
    this.instance = instance;
  }

  @Override
  public List<Request> claim() throws ControlPlaneException {
    return database.call(handle -> RequestDao.claim(handle, deviceId, instance.get()));
  }

  @Override
  public void answer(UUID request, boolean done, String message) throws ControlPlaneException {
    database.call(handle -> {
      RequestDao.answer(handle, deviceId, request, done, message, Map.of());
      return true;
    });
  }
}
