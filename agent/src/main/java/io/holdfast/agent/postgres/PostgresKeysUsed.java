package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;

/** By which key a device has opened its repository; says nothing of the password. */
public final class PostgresKeysUsed {

  private final Database database;
  private final String deviceId;

  public PostgresKeysUsed(Database database, String deviceId) {
    this.database = database;
    this.deviceId = deviceId;
  }

  /**
   * Tells it.
   *
   * @throws ControlPlaneException if the control plane cannot be told
   */
  public void tell(String repositoryId, String keyId) throws ControlPlaneException {
    database.call(handle ->
        handle.execute("SELECT holdfast.key_used(?, ?, ?)", deviceId, repositoryId, keyId));
  }
}
