package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.maintenance.Leases;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;

/** The leases on repositories, as functions of the control plane give them out. */
public final class PostgresLeases implements Leases {

  private final Database database;
  private final String deviceId;

  public PostgresLeases(Database database, String deviceId) {
    this.database = database;
    this.deviceId = deviceId;
  }

  @Override
  public OptionalLong take(String repositoryId, String purpose, UUID run, Duration length)
      throws ControlPlaneException {
    return answer(
            Long.class,
            "SELECT holdfast.lease_take(?, ?, ?, ?, ?)",
            deviceId,
            repositoryId,
            purpose,
            run,
            seconds(length))
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }

  @Override
  public OptionalInt renew(String repositoryId, long token, Duration length)
      throws ControlPlaneException {
    return answer(
            Integer.class,
            "SELECT holdfast.lease_renew(?, ?, ?, ?)",
            deviceId,
            repositoryId,
            token,
            seconds(length))
        .map(OptionalInt::of)
        .orElse(OptionalInt.empty());
  }

  @Override
  public void release(String repositoryId, long token) throws ControlPlaneException {
    tell("SELECT holdfast.lease_release(?, ?, ?)", deviceId, repositoryId, token);
  }

  @Override
  public Optional<String> enter(String repositoryId, UUID run, Duration length)
      throws ControlPlaneException {
    return answer(
        String.class,
        "SELECT holdfast.backup_enters(?, ?, ?, ?)",
        deviceId,
        repositoryId,
        run,
        seconds(length));
  }

  @Override
  public void stay(UUID run, Duration length) throws ControlPlaneException {
    tell("SELECT holdfast.backup_stays(?, ?, ?)", deviceId, run, seconds(length));
  }

  @Override
  public void leave(UUID run) throws ControlPlaneException {
    tell("SELECT holdfast.backup_leaves(?, ?)", deviceId, run);
  }

  private void tell(String sql, Object... arguments) throws ControlPlaneException {
    database.call(handle -> handle.execute(sql, arguments));
  }

  /** Empty for NULL. */
  private <T> Optional<T> answer(Class<T> type, String sql, Object... arguments)
      throws ControlPlaneException {
    return database.call(handle -> handle.select(sql, arguments).mapTo(type).findOne());
  }

  private static int seconds(Duration length) {
    return Math.toIntExact(length.toSeconds());
  }
}
