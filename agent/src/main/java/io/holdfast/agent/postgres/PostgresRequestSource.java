package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.sync.Request;
import io.holdfast.agent.sync.RequestSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What admins ask of the device in the table {@code requests}. */
public final class PostgresRequestSource implements RequestSource {

  private final Database database;
  private final String deviceId;

  public PostgresRequestSource(Database database, String deviceId) {
    this.database = database;
    this.deviceId = deviceId;
  }

  @Override
  public List<Request> claim() throws ControlPlaneException {
    return database.call(handle -> RequestDao.claim(handle, deviceId));
  }

  @Override
  public void answer(UUID request, boolean done, String message) throws ControlPlaneException {
    database.call(handle -> {
      RequestDao.answer(handle, deviceId, request, done, message, Map.of());
      return true;
    });
  }
}
