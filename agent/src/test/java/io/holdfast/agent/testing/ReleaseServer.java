package io.holdfast.agent.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A web server on loopback that has releases of restic, as restic's own place has them. */
public final class ReleaseServer implements AutoCloseable {

  private static final char[] STORE_PASSWORD = "changeit".toCharArray();

  private final HttpServer server;
  private final Map<String, byte[]> files = new ConcurrentHashMap<>();
  private final Map<String, String> redirections = new ConcurrentHashMap<>();
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private volatile int bytesBeforeCut = Integer.MAX_VALUE;
  private volatile int status = 200;

  private ReleaseServer(HttpServer server) {
    this.server = server;
    server.createContext("/", this::answer);
    server.start();
  }

  public static ReleaseServer plain() throws IOException {
    return new ReleaseServer(HttpServer.create(loopback(), 0));
  }

  /** One whose certificate the key store certifies, and nobody else. */
  public static ReleaseServer secure(Path keyStore) throws IOException, GeneralSecurityException {
    Program.mustRun(
        List.of(
            Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
            "-genkeypair",
            "-keystore",
            keyStore.toString(),
            "-storepass",
            "changeit",
            "-alias",
            "server",
            "-keyalg",
            "EC",
            "-dname",
            "CN=localhost",
            "-ext",
            "SAN=dns:localhost,ip:127.0.0.1"));
    KeyStore keys = KeyStore.getInstance(keyStore.toFile(), STORE_PASSWORD);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, STORE_PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    HttpsServer server = HttpsServer.create(loopback(), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    return new ReleaseServer(server);
  }

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  public String address() {
    String scheme = server instanceof HttpsServer ? "https" : "http";
    return scheme + "://127.0.0.1:" + server.getAddress().getPort() + "/releases";
  }

  /** Releases this program as that version for this machine, with its checksum. */
  public void release(String version, Path program) throws IOException {
    byte[] packed = bzip2(program);
    release(version, packed, sha256(packed));
  }

  /** The same with a checksum of the test's choice. */
  public void release(String version, byte[] packed, String sum) {
    put(version, file(version), packed);
    put(version, "SHA256SUMS", (sum + "  " + file(version) + "\n").getBytes(UTF_8));
  }

  /** What SHA-256 says of what is released as that version for this machine. */
  public String sumOf(String version) {
    return sha256(
        Objects.requireNonNull(files.get("/releases/v" + version + "/" + file(version)), version));
  }

  public void put(String version, String file, byte[] content) {
    files.put("/releases/v" + version + "/" + file, content);
  }

  public void remove(String version, String file) {
    files.remove("/releases/v" + version + "/" + file);
  }

  public static String file(String version) {
    String arch = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    return "restic_" + version + "_linux_" + arch + ".bz2";
  }

  /** Sends whoever asks for a file below {@code /releases} to the same file at another address. */
  public void redirectTo(String address) {
    redirections.put("/releases", address);
  }

  /** Announces the whole from now on, and breaks off after so many bytes. */
  public void cutAfter(int bytes) {
    bytesBeforeCut = bytes;
  }

  public void answerWith(int newStatus) {
    status = newStatus;
  }

  /** The paths that were asked for. */
  public List<String> asked() {
    return List.copyOf(asked);
  }

  public static byte[] bzip2(Path program) throws IOException {
    Process bzip2 =
        new ProcessBuilder("bzip2", "-1c", program.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (InputStream in = bzip2.getInputStream()) {
      in.transferTo(packed);
      if (bzip2.waitFor() != 0) {
        throw new AssertionError("bzip2 failed");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return packed.toByteArray();
  }

  public static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private void answer(HttpExchange exchange) {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      asked.add(path);
      String elsewhere = redirections.get("/releases");
      byte[] content = files.get(path);
      if (elsewhere != null) {
        exchange
            .getResponseHeaders()
            .set("Location", elsewhere + path.substring("/releases".length()));
        exchange.sendResponseHeaders(302, -1);
      } else if (status != 200 || content == null) {
        exchange.sendResponseHeaders(status == 200 ? 404 : status, -1);
      } else {
        exchange.sendResponseHeaders(200, content.length);
        // A shorter body than announced makes the server cut the connection.
        exchange.getResponseBody().write(content, 0, Math.min(content.length, bytesBeforeCut));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
