package io.holdfast.agent.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.embedded.FreePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * restic's own REST server over one directory of repositories, twice: append-only for devices, and
 * whole for housekeepers, each with a password of its own.
 */
public final class RestServer implements AutoCloseable {

  /** Where packaging/verify has put it. */
  private static final String PROGRAM = System.getenv("HOLDFAST_TEST_REST_SERVER");

  private final ServerProcess appendOnly;
  private final ServerProcess whole;
  private final String devicesUrl;
  private final String keepersUrl;

  /**
   * @param data holds the repositories
   * @param directory for passwords and logs
   */
  public RestServer(Path data, Path directory) throws IOException {
    Files.createDirectories(directory);
    int first = FreePort.find();
    devicesUrl = "http://device:device-pw@127.0.0.1:" + first;
    appendOnly =
        new ServerProcess(
            command(data, first, users(directory.resolve("devices"), "device", "device-pw"), true),
            first,
            directory.resolve("append-only.log"));
    int second = FreePort.find();
    keepersUrl = "http://keeper:can-delete-pw@127.0.0.1:" + second;
    whole =
        new ServerProcess(
            command(
                data,
                second,
                users(directory.resolve("keepers"), "keeper", "can-delete-pw"),
                false),
            second,
            directory.resolve("whole.log"));
  }

  private static List<String> command(Path data, int port, Path users, boolean appendOnly) {
    if (PROGRAM == null) {
      throw new AssertionError(
          "HOLDFAST_TEST_REST_SERVER names no restic-rest-server; packaging/verify and packaging/it do");
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                PROGRAM,
                "--listen=127.0.0.1:" + port,
                "--path=" + data,
                "--htpasswd-file=" + users,
                "--log=-"));
    if (appendOnly) {
      command.add("--append-only");
    }
    return command;
  }

  private static Path users(Path file, String user, String password) throws IOException {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-1").digest(password.getBytes(UTF_8));
      String line = user + ":{SHA}" + Base64.getEncoder().encodeToString(digest) + "\n";
      return Files.writeString(file, line);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-1", e);
    }
  }

  /**
   * The address for devices, with their password: what is there can be neither changed nor deleted.
   */
  public String devicesUrl() {
    return devicesUrl;
  }

  /** The address for housekeepers, with theirs. */
  public String keepersUrl() {
    return keepersUrl;
  }

  @Override
  public void close() {
    appendOnly.close();
    whole.close();
  }
}
