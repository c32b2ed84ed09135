package io.holdfast.agent.testing;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What somebody on the way puts in the place of PostgreSQL: it has no TLS, and asks everybody who
 * comes for the password, one in clear and the next by MD5.
 */
public final class FalseServer implements AutoCloseable {

  private static final int SSL_REQUEST = 80_877_103;
  private static final int GSS_REQUEST = 80_877_104;
  private static final int IN_CLEAR = 3;
  private static final int BY_MD5 = 5;
  private static final byte[] REFUSAL = "SFATAL\0C28P01\0Mno\0\0".getBytes(StandardCharsets.UTF_8);

  private final ServerSocket socket;
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger logins = new AtomicInteger();
  private final List<String> passwords = new CopyOnWriteArrayList<>();

  public FalseServer() throws IOException {
    socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::serve);
  }

  public int port() {
    return socket.getLocalPort();
  }

  /** How many have come. */
  public int connections() {
    return connections.get();
  }

  /** How many of them have told who they are, as nobody does who insists on TLS. */
  public int logins() {
    return logins.get();
  }

  /** What they have answered when they were asked for a password. */
  public List<String> passwords() {
    return passwords;
  }

  private void serve() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        Thread.ofVirtual().start(() -> receive(client));
      } catch (SocketException e) {
        return;
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  private void receive(Socket client) {
    int number = connections.incrementAndGet();
    try (client;
        DataInputStream in = new DataInputStream(client.getInputStream());
        DataOutputStream out = new DataOutputStream(client.getOutputStream())) {
      awaitLogin(in, out);
      logins.incrementAndGet();
      ask(number % 2 == 0 ? BY_MD5 : IN_CLEAR, out);
      in.readByte();
      passwords.add(new String(in.readNBytes(in.readInt() - 4), StandardCharsets.ISO_8859_1));
      out.writeByte('E');
      out.writeInt(4 + REFUSAL.length);
      out.write(REFUSAL);
    } catch (EOFException | SocketException e) {
      // Whoever came has gone again, as he should.
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void awaitLogin(DataInputStream in, DataOutputStream out) throws IOException {
    int code;
    do {
      byte[] message = in.readNBytes(in.readInt() - 4);
      if (message.length < 4) {
        throw new EOFException();
      }
      code = new DataInputStream(new ByteArrayInputStream(message)).readInt();
      if (code == SSL_REQUEST || code == GSS_REQUEST) {
        out.writeByte('N');
      }
    } while (code == SSL_REQUEST || code == GSS_REQUEST);
  }

  private static void ask(int how, DataOutputStream out) throws IOException {
    out.writeByte('R');
    out.writeInt(how == BY_MD5 ? 12 : 8);
    out.writeInt(how);
    if (how == BY_MD5) {
      out.writeInt(4711);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
