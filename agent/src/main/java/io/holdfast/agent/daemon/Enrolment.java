package io.holdfast.agent.daemon;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.DeviceLogins;
import io.holdfast.agent.secret.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * This machine's own password for its login. It is on disk before the control plane has it, and can
 * be tried, so that each step may be repeated after a crash.
 */
public final class Enrolment {

  private Enrolment() {}

  /**
   * Sees to it that the file holds a password of the device's own that lets it in.
   *
   * @param withToken the login that the token gives
   * @throws ControlPlaneException if the control plane cannot be reached or refuses the token
   * @throws IOException if the file cannot be read or written
   */
  public static void enrol(DatabaseAddress withToken, String deviceId, Path passwordFile)
      throws ControlPlaneException, IOException {
    if (letsIn(withToken, passwordFile)) {
      return;
    }
    try (DeviceLogins login = new DeviceLogins(withToken)) {
      // Before the file is written over: a token that is good no more must not cost it.
      login.enter(deviceId);
      Secret own = DeviceLogins.newPassword();
      write(passwordFile, own);
      login.keep(own);
    }
  }

  /**
   * Puts a new password in the place of the one in the file. The daemon, which reads the file for
   * every new connection, goes on.
   *
   * @throws ControlPlaneException if the control plane cannot be reached or refuses
   * @throws IOException if a file cannot be read or written
   */
  public static void rotate(DatabaseAddress address, Path passwordFile)
      throws ControlPlaneException, IOException {
    Path next = passwordFile.resolveSibling(passwordFile.getFileName() + ".next");
    if (letsIn(address, next)) {
      // A rotation that was cut short.
      DurableFile.rename(next, passwordFile);
    }
    Secret own = DeviceLogins.newPassword();
    write(next, own);
    try (DeviceLogins login = new DeviceLogins(address)) {
      login.keep(own);
    }
    DurableFile.rename(next, passwordFile);
  }

  private static boolean letsIn(DatabaseAddress address, Path passwordFile)
      throws ControlPlaneException, IOException {
    if (!Files.exists(passwordFile)) {
      return false;
    }
    DatabaseAddress own =
        address.as(address.user().orElseThrow(), DatabaseAddress.readPassword(passwordFile));
    return DeviceLogins.letsIn(own);
  }

  private static void write(Path file, Secret password) throws IOException {
    DurableFile.write(file, (password.value() + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
