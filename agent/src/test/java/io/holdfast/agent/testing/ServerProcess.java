package io.holdfast.agent.testing;

import static io.holdfast.agent.testing.Site.eventually;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server on a port of loopback, run as a child process until it is closed. */
final class ServerProcess implements AutoCloseable {

  private final int port;
  private final Path log;
  private final Process process;

  /** Returns when the server takes connections. */
  ServerProcess(List<String> command, int port, Path log) throws IOException {
    this.port = port;
    this.log = log;
    process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    eventually().until(this::answers);
  }

  private boolean answers() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      if (!process.isAlive()) {
        throw new AssertionError("the server ended: see " + log, e);
      }
      return false;
    }
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    try {
      process.waitFor(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
