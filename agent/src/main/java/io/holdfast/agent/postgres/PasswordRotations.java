package io.holdfast.agent.postgres;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.secret.Secret;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** New passwords of repositories, as an admin rolls them out. */
public final class PasswordRotations implements AutoCloseable {

  private final Database database;

  public PasswordRotations(DatabaseAddress address) {
    database = Database.direct(address);
  }

  /** One that is not finished; {@code newKey} is empty until the setting has the new password. */
  public record Rotation(UUID id, String repositoryId, String oldKey, Optional<String> newKey) {}

  /** Whether a device has opened the repository by the new key. */
  public record DeviceLine(String deviceId, boolean usesNewKey, Optional<Instant> lastSeen) {}

  /** The one that goes on in this repository. */
  public Optional<Rotation> goingOn(String repositoryId) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select(
                "SELECT * FROM password_rotations WHERE repository_id = ? AND finished_at IS NULL",
                repositoryId)
            .map((row, _) ->
                new Rotation(
                    row.getObject("id", UUID.class),
                    row.getString("repository_id"),
                    row.getString("old_key"),
                    Optional.ofNullable(row.getString("new_key"))))
            .findOne());
  }

  /** Writes down that one begins, before anything is done. */
  public Rotation begin(String repositoryId, String oldKey) throws ControlPlaneException {
    UUID id = UUID.randomUUID();
    database.call(handle ->
        handle.execute(
            "INSERT INTO password_rotations (id, repository_id, old_key) VALUES (?, ?, ?)",
            id,
            repositoryId,
            oldKey));
    return new Rotation(id, repositoryId, oldKey, Optional.empty());
  }

  /** The devices that have the fleet's password for another repository. */
  public List<String> strangers(String repositoryId) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select("SELECT holdfast.rotation_strangers(?)", repositoryId)
            .mapTo(String.class)
            .list());
  }

  /** The value of the setting that counts for a device: the secret, or what stands for it. */
  public Optional<String> passwordSetting(String deviceId) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select(
                "SELECT value FROM settings WHERE key = 'repository_password' AND value <> ''"
                    + " AND (device_id IS NULL OR device_id = ?) ORDER BY device_id NULLS LAST LIMIT 1",
                deviceId)
            .mapTo(String.class)
            .findOne());
  }

  private static final String PUT =
      """
      UPDATE settings SET value = :new
      WHERE key = 'repository_password' AND value = :old
        AND (device_id IS NULL OR device_id = :device OR holdfast.repository_of(device_id) = :repository)
      """;

  private static final String ASK_FOR_KEYS =
      """
      INSERT INTO settings (key, value, description)
      VALUES ('report_repository_key', 'true', 'While the repository''s password is being rotated')
      ON CONFLICT (device_id, key) DO UPDATE SET value = excluded.value
      """;

  /**
   * Puts the new password where the old one is, and asks the agents by which key they open the
   * repository; all of it or nothing.
   *
   * @param passwords the old one and the new one; empty if the setting stands for a secret that is
   *     elsewhere
   */
  public void rollOut(
      Rotation rotation, String newKey, String deviceId, Optional<Passwords> passwords)
      throws ControlPlaneException {
    database.call(handle -> {
      handle.execute("SET LOCAL holdfast.allow_bulk = on");
      passwords.ifPresent(both -> put(handle, rotation, deviceId, both));
      handle.execute(ASK_FOR_KEYS);
      return handle.execute(
          "UPDATE password_rotations SET new_key = ? WHERE id = ?", newKey, rotation.id());
    });
  }

  /** The password that was and the one that is to be. */
  public record Passwords(Secret before, Secret after) {}

  private static void put(Handle handle, Rotation rotation, String deviceId, Passwords both) {
    handle
        .createUpdate(PUT)
        .bind("old", both.before().value())
        .bind("new", both.after().value())
        .bind("device", deviceId)
        .bind("repository", rotation.repositoryId())
        .execute();
  }

  /** Whom it concerns. */
  public List<DeviceLine> devices(Rotation rotation) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select(
                "SELECT * FROM password_rotation_devices WHERE rotation_id = ? ORDER BY device_id",
                rotation.id())
            .map((row, _) ->
                new DeviceLine(
                    row.getString("device_id"),
                    row.getBoolean("uses_new_key"),
                    Times.read(row, "last_seen")))
            .list());
  }

  /** The old key is gone. */
  public void finished(Rotation rotation, boolean forced) throws ControlPlaneException {
    database.call(handle -> {
      handle.execute(
          "UPDATE password_rotations SET finished_at = clock_timestamp(), forced = ? WHERE id = ?",
          forced,
          rotation.id());
      return handle.execute(
          "DELETE FROM settings WHERE key = 'report_repository_key' AND device_id IS NULL"
              + " AND NOT EXISTS (SELECT FROM password_rotations WHERE finished_at IS NULL)");
    });
  }

  @Override
  public void close() {
    database.close();
  }
}
