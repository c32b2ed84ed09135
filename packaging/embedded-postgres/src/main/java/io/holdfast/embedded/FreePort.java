package io.holdfast.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * TCP ports of the loopback interface for servers. They lie below those that the kernel gives to
 * clients, so that nobody takes the port of a server while it is stopped.
 */
public final class FreePort {

  private static final int FIRST = 20_000;
  private static final int COUNT = 10_000;

  private FreePort() {}

  /** A port that nobody listens on at this moment. */
  public static int find() {
    while (true) {
      int port = FIRST + ThreadLocalRandom.current().nextInt(COUNT);
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return free.getLocalPort();
      } catch (IOException e) {
        // Taken: the next one.
      }
    }
  }
}
