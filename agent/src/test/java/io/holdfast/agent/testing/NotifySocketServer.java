package io.holdfast.agent.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** In the place of systemd: hears what a service says at its socket. Needs python3. */
public final class NotifySocketServer implements AutoCloseable {

  private static final String PROGRAM =
      """
      import socket, sys
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      s.bind(sys.argv[1].replace('@', '\\0', 1))
      print('bound', flush=True)
      while True:
          print(s.recv(4096).decode(), flush=True)
      """;

  private final String address;
  private final Process process;
  private final List<String> heard = new CopyOnWriteArrayList<>();

  private NotifySocketServer(String address) throws IOException {
    this.address = address;
    process =
        new ProcessBuilder("python3", "-c", PROGRAM, address)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    if (!"bound".equals(lines.readLine())) {
      throw new AssertionError("no socket at " + address);
    }
    Thread.ofPlatform().daemon().start(() -> lines.lines().forEach(heard::add));
  }

  public static NotifySocketServer at(Path socket) throws IOException {
    return new NotifySocketServer(socket.toString());
  }

  /** In the abstract namespace, as systemd itself has it in containers. */
  public static NotifySocketServer abstractly(String name) throws IOException {
    return new NotifySocketServer("@" + name);
  }

  public String address() {
    return address;
  }

  public List<String> heard() {
    return List.copyOf(heard);
  }

  @Override
  public void close() {
    process.destroy();
  }
}
