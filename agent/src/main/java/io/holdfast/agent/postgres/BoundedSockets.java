package io.holdfast.agent.postgres;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/**
 * Sockets that end when they have received so much. The driver keeps all notifications that have
 * arrived in memory before it hands out the first: so a connection that listens must not receive
 * more than that holds. The driver makes one of these by its name.
 */
public final class BoundedSockets extends SocketFactory {

  /** Years of changes to the configuration of one device; a flood has it in a moment. */
  static final int MOST_BYTES = 1 << 20;

  @Override
  public Socket createSocket() {
    return new Bounded();
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return connected(new InetSocketAddress(host, port));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return connected(new InetSocketAddress(host, port));
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress localHost, int localPort)
      throws IOException {
    return connected(new InetSocketAddress(host, port));
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort)
      throws IOException {
    return connected(new InetSocketAddress(host, port));
  }

  private static Socket connected(InetSocketAddress address) throws IOException {
    Socket socket = new Bounded();
    socket.connect(address);
    return socket;
  }

  private static final class Bounded extends Socket {
    private final Object lock = new Object();
    private int left = MOST_BYTES;

    @Override
    public InputStream getInputStream() throws IOException {
      return new FilterInputStream(super.getInputStream()) {
        @Override
        public int read() throws IOException {
          return counted(super.read(), 1);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
          int received = super.read(bytes, offset, length);
          return counted(received, received);
        }
      };
    }

    private int counted(int result, int received) throws IOException {
      synchronized (lock) {
        left -= Math.max(0, received);
        if (left < 0) {
          close();
          throw new IOException(
              "more than " + MOST_BYTES + " bytes have come over a connection that only listens");
        }
      }
      return result;
    }
  }
}
