package io.holdfast.agent.postgres;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.secret.Secret;
import java.sql.ResultSet;
import java.sql.SQLException;
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
  public record Rotation(
      UUID id,
      String repositoryId,
      String oldKey,
      Optional<String> newKey,
      Optional<Instant> begun) {}

  /** Whether a device has opened the repository by the new key. */
  public record DeviceLine(String deviceId, boolean usesNewKey, Optional<Instant> lastSeen) {}

  /** The one that goes on in this repository. */
  public Optional<Rotation> goingOn(String repositoryId) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select(
                "SELECT * FROM password_rotations WHERE repository_id = ? AND finished_at IS NULL",
                repositoryId)
            .map((row, _) -> read(row))
            .findOne());
  }

  private static Rotation read(ResultSet row) throws SQLException {
    return new Rotation(
        row.getObject("id", UUID.class),
        row.getString("repository_id"),
        row.getString("old_key"),
        Optional.ofNullable(row.getString("new_key")),
        Times.read(row, "started_at"));
  }

  private static final String BEGIN =
      """
      INSERT INTO password_rotations AS r (id, repository_id, old_key)
      VALUES (?, ?, ?)
      ON CONFLICT (repository_id) WHERE finished_at IS NULL DO UPDATE
      SET started_at = clock_timestamp()
      WHERE r.new_key IS NULL
      RETURNING *
      """;

  /**
   * Writes down that one begins, before anything is done; or takes up one that was cut short, which
   * whoever began it can roll out no more.
   *
   * @return empty if somebody has just rolled out another
   */
  public Optional<Rotation> begin(String repositoryId, String oldKey) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select(BEGIN, UUID.randomUUID(), repositoryId, oldKey)
            .map((row, _) -> read(row))
            .findOne());
  }

  /**
   * The key of the password that is in use, if it came by a rotation; empty if it is the first
   * password.
   */
  public Optional<String> keyInUse(String repositoryId) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select(
                "SELECT new_key FROM password_rotations WHERE repository_id = ? AND finished_at IS NOT NULL"
                    + " ORDER BY finished_at DESC LIMIT 1",
                repositoryId)
            .mapTo(String.class)
            .findOne());
  }

  /** The keys that nobody put into the repository on purpose, as they were listed last. */
  public List<String> unknownKeys(String repositoryId) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select("SELECT id FROM holdfast.unknown_keys(?)", repositoryId)
            .mapTo(String.class)
            .list());
  }

  /** The keys of which an admin has said that they are meant to be there. */
  public List<String> keysOfAdmins(String repositoryId) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select(
                "SELECT id FROM repository_keys WHERE repository_id = ? AND known", repositoryId)
            .mapTo(String.class)
            .list());
  }

  /** The devices of the fleet's repository that say they back up into another. */
  public List<String> doubtful(String repositoryId) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select("SELECT holdfast.rotation_doubtful(?)", repositoryId)
            .mapTo(String.class)
            .list());
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
   * @return false if nothing was done: no setting has the old password any more, or somebody else
   *     has taken the rotation up
   */
  public boolean rollOut(
      Rotation rotation, String newKey, String deviceId, Optional<Passwords> passwords)
      throws ControlPlaneException {
    return database.call(handle -> {
      handle.execute("SET LOCAL holdfast.allow_bulk = on");
      if (!isOurs(handle, rotation)
          || (passwords.isPresent() && put(handle, rotation, deviceId, passwords.get()) == 0)) {
        return false;
      }
      handle.execute(ASK_FOR_KEYS);
      handle.execute(
          "UPDATE password_rotations SET new_key = ? WHERE id = ?", newKey, rotation.id());
      return true;
    });
  }

  /** Whoever takes a rotation up removes the key of the one before. */
  private static boolean isOurs(Handle handle, Rotation rotation) {
    return handle
        .createQuery(
            "SELECT id FROM password_rotations WHERE id = :id AND started_at = :begun AND new_key IS NULL"
                + " AND finished_at IS NULL FOR UPDATE")
        .bind("id", rotation.id())
        .bind("begun", rotation.begun().map(Times::write).orElse(null))
        .mapTo(UUID.class)
        .findOne()
        .isPresent();
  }

  /** The password that was and the one that is to be. */
  public record Passwords(Secret before, Secret after) {}

  private static int put(Handle handle, Rotation rotation, String deviceId, Passwords both) {
    return handle
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
