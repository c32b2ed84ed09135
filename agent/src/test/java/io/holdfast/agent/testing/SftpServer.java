package io.holdfast.agent.testing;

import io.holdfast.embedded.FreePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** OpenSSH's own server on loopback, with keys of the test's, for repositories over SFTP. */
public final class SftpServer implements AutoCloseable {

  private final Path directory;
  private final int port;
  private final ServerProcess server;

  public SftpServer(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
    port = FreePort.find();
    key("host");
    key("user");
    Files.copy(directory.resolve("user.pub"), directory.resolve("authorized_keys"));
    // Debian's sshd wants it as root; the package's own unit makes it when the service starts.
    if (Account.isRoot()) {
      Files.createDirectories(Path.of("/run/sshd"));
    }
    Path config =
        Files.writeString(
            directory.resolve("sshd_config"),
            """
            Port %s
            ListenAddress 127.0.0.1
            HostKey %s
            AuthorizedKeysFile %s
            PidFile none
            StrictModes no
            UsePAM no
            PermitRootLogin yes
            MaxStartups 200
            MaxSessions 200
            Subsystem sftp internal-sftp
            """
                .formatted(port, directory.resolve("host"), directory.resolve("authorized_keys")));
    server =
        new ServerProcess(
            List.of("/usr/sbin/sshd", "-D", "-e", "-f", config.toString()),
            port,
            directory.resolve("sshd.log"));
    ssh();
  }

  private void key(String name) {
    Program.mustRun(
        List.of(
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-f",
            directory.resolve(name).toString()));
  }

  /** ssh reads the files of the user's real home whatever HOME says, so it is told of others. */
  private void ssh() throws IOException {
    Path config =
        Files.writeString(
            directory.resolve("ssh_config"),
            """
            Host *
              IdentityFile %s
              IdentitiesOnly yes
              UserKnownHostsFile %s
              StrictHostKeyChecking accept-new
              LogLevel ERROR
            """
                .formatted(directory.resolve("user"), directory.resolve("known_hosts")));
    Path program = Files.createDirectories(programs()).resolve("ssh");
    Files.writeString(program, "#!/bin/sh\nexec /usr/bin/ssh -F '" + config + "' \"$@\"\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
  }

  /** Where an ssh lies that knows the way. */
  public Path programs() {
    return directory.resolve("bin");
  }

  /** What restic calls a directory of this machine, seen over SFTP. */
  public String url(Path place) {
    return "sftp://" + System.getProperty("user.name") + "@127.0.0.1:" + port + "/" + place;
  }

  @Override
  public void close() {
    server.close();
  }
}
