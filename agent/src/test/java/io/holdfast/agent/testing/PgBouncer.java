package io.holdfast.agent.testing;

import io.holdfast.embedded.FreePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A PgBouncer in transaction mode, which knows every login of its server by asking it. */
public final class PgBouncer implements AutoCloseable {

  private final int port;
  private final ServerProcess process;

  /**
   * @param directory for its files, which somebody else than root must be able to reach
   * @param serverPort of a server on loopback that trusts its superuser
   */
  public PgBouncer(Path directory, int serverPort) throws IOException {
    Files.createDirectories(directory);
    port = FreePort.find();
    Path users = Files.writeString(directory.resolve("users.txt"), "\"postgres\" \"\"\n");
    Path config =
        Files.writeString(
            directory.resolve("pgbouncer.ini"),
            """
            [databases]
            * = host=127.0.0.1 port=%s auth_user=postgres
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = %s
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = %s
            auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1
            pool_mode = transaction
            default_pool_size = 4
            """
                .formatted(serverPort, port, users));
    List<String> command = new ArrayList<>(List.of("/usr/sbin/pgbouncer"));
    if (Account.isRoot()) {
      // It refuses to run as root.
      command.addAll(List.of("-u", "nobody"));
    }
    command.add(config.toString());
    process = new ServerProcess(command, port, directory.resolve("pgbouncer.log"));
  }

  public int port() {
    return port;
  }

  @Override
  public void close() {
    process.close();
  }
}
