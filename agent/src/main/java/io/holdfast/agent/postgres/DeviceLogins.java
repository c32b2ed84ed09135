package io.holdfast.agent.postgres;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.secret.Secret;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.postgresql.util.PasswordUtil;

/**
 * The logins of devices. Passwords are made on this side and reach the database as SCRAM verifiers
 * only, so that they stand neither in its log nor in its catalogue.
 */
public final class DeviceLogins implements AutoCloseable {

  private static final int PASSWORD_BYTES = 30;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Database database;

  public DeviceLogins(DatabaseAddress address) {
    database = Database.direct(address);
  }

  /** 240 bits at random, in letters and digits, '-' and '_'. */
  public static Secret newPassword() {
    byte[] bytes = new byte[PASSWORD_BYTES];
    RANDOM.nextBytes(bytes);
    return new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /**
   * The names of all devices by their ids.
   *
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  public Map<String, String> names() throws ControlPlaneException {
    return database
        .rows(
            "SELECT id, name FROM devices",
            row -> Map.entry(row.getString("id"), row.getString("name")))
        .stream()
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static final String ISSUE =
      """
      SELECT holdfast.issue_login(:device, CAST(:name AS varchar), CAST(:platform AS varchar), :verifier,
                                  make_interval(secs => :seconds))
      """;

  /**
   * Makes a device's login, and the device if there is none.
   *
   * @param valid how long this password is good, 1 minute to 30 days
   * @return the login's name
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  public String issue(
      String deviceId,
      Optional<String> name,
      Optional<String> platform,
      Secret password,
      Duration valid)
      throws ControlPlaneException {
    return database.call(handle ->
        handle
            .createQuery(ISSUE)
            .bind("device", deviceId)
            .bind("name", name.orElse(null))
            .bind("platform", platform.orElse(null))
            .bind("verifier", verifier(password))
            .bind("seconds", valid.toSeconds())
            .mapTo(String.class)
            .one());
  }

  /**
   * Puts this password in the place of the one that we are logged in with; it does not expire.
   *
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  public void keep(Secret password) throws ControlPlaneException {
    database.call(handle -> handle.execute("SELECT holdfast.keep_login(?)", verifier(password)));
  }

  /**
   * Whether the address lets us in as a device.
   *
   * @throws ControlPlaneException if the database cannot be reached or refuses the login
   */
  public boolean isDevice() throws ControlPlaneException {
    return database.call(handle ->
        handle.createQuery("SELECT holdfast.me() IS NOT NULL").mapTo(Boolean.class).one());
  }

  /**
   * Logs in by the password of a token.
   *
   * @throws ControlPlaneException if the database cannot be reached, or does not take the token
   */
  public void enter(String deviceId) throws ControlPlaneException {
    try {
      isDevice();
    } catch (ControlPlaneException e) {
      if (!e.problem().code().equals(DatabaseFaults.LOGIN_REFUSED)) {
        throw e;
      }
      throw new ControlPlaneException(
          e.kind(),
          Problem.ofDevice(
              "token-refused",
              "the database at "
                  + database.address().display()
                  + " does not take the token for device \""
                  + deviceId
                  + "\" (any more): it has been used, it has expired, or a newer one was issued",
              "Ask an admin for a new one: holdfast enrol-token --device " + deviceId + "."),
          e);
    }
  }

  /**
   * Whether these are good credentials of a device.
   *
   * @throws ControlPlaneException if the database cannot be reached
   */
  public static boolean letsIn(DatabaseAddress address) throws ControlPlaneException {
    try (DeviceLogins login = new DeviceLogins(address)) {
      return login.isDevice();
    } catch (ControlPlaneException e) {
      if (e.problem().code().equals(DatabaseFaults.LOGIN_REFUSED)) {
        return false;
      }
      throw e;
    }
  }

  private static String verifier(Secret password) {
    return PasswordUtil.encodeScramSha256(password.value().toCharArray());
  }

  @Override
  public void close() {
    database.close();
  }
}
