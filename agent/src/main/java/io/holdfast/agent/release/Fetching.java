package io.holdfast.agent.release;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Fetches files by HTTP: through the usual proxy, along redirections that stay as safe as they
 * were.
 */
final class Fetching {

  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final Duration SILENCE = Duration.ofSeconds(60);
  private static final int MOST_REDIRECTIONS = 5;
  private static final int LONGEST_LIST = 1 << 20;
  private static final long LONGEST_FILE = 200L << 20;

  private final BaseAddress base;
  private final Proxies proxies;

  Fetching(BaseAddress base, Map<String, String> variables) {
    this.base = base;
    proxies = new Proxies(variables);
  }

  /** The text at this address; empty if there is nothing. */
  Optional<String> text(URI address) throws CannotInstall {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    try {
      return get(address, content, LONGEST_LIST)
          ? Optional.of(content.toString(StandardCharsets.UTF_8))
          : Optional.empty();
    } catch (Unwritable e) {
      throw new AssertionError("memory is no disk", e);
    }
  }

  /**
   * Writes what is at this address.
   *
   * @return false if there is nothing
   * @throws Unwritable if it cannot be written
   */
  boolean file(URI address, OutputStream into) throws CannotInstall, Unwritable {
    return get(address, into, LONGEST_FILE);
  }

  /** What was fetched cannot be put down, for a full disk among others. */
  static final class Unwritable extends Exception {
    private static final long serialVersionUID = 1L;

    private final IOException why;

    Unwritable(IOException why) {
      super(why);
      this.why = why;
    }

    IOException why() {
      return why;
    }
  }

  private boolean get(URI start, OutputStream into, long longest) throws CannotInstall, Unwritable {
    URI address = start;
    boolean secured = false;
    for (int hop = 0; hop <= MOST_REDIRECTIONS; hop++) {
      secured |= address.getScheme().equalsIgnoreCase("https");
      Proxy proxy = proxies.towards(address);
      try {
        HttpURLConnection connection = connected(address, proxy);
        try {
          int status = connection.getResponseCode();
          if (!isRedirection(status)) {
            return answered(status, address) && copied(connection, into, longest);
          }
          address = redirected(address, connection.getHeaderField("Location"), secured);
        } finally {
          connection.disconnect();
        }
      } catch (IOException e) {
        throw NetworkFaults.sentence(address, proxy, e);
      }
    }
    throw new CannotInstall(
        start + " is redirected more than " + MOST_REDIRECTIONS + " times",
        "Check the base address.");
  }

  private static HttpURLConnection connected(URI address, Proxy proxy) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection(proxy);
    connection.setInstanceFollowRedirects(false);
    connection.setConnectTimeout(Math.toIntExact(CONNECT.toMillis()));
    connection.setReadTimeout(Math.toIntExact(SILENCE.toMillis()));
    connection.setRequestProperty("User-Agent", "holdfast");
    return connection;
  }

  private static boolean isRedirection(int status) {
    return status >= 301 && status <= 308 && status != 304;
  }

  private URI redirected(URI from, @Nullable String location, boolean secured)
      throws CannotInstall {
    try {
      if (location != null) {
        URI to = from.resolve(URI.create(location));
        if (base.mayFetch(to, secured)) {
          return to;
        }
      }
    } catch (IllegalArgumentException e) {
      // Answered below.
    }
    throw new CannotInstall(
        from + " is redirected to an address that is not https, and was not followed",
        "Name another base address. Nothing was installed.");
  }

  private static boolean answered(int status, URI address) throws CannotInstall {
    if (status == HttpURLConnection.HTTP_NOT_FOUND) {
      return false;
    }
    if (status == HttpURLConnection.HTTP_PROXY_AUTH) {
      throw NetworkFaults.proxyWantsPassword();
    }
    if (status != HttpURLConnection.HTTP_OK) {
      throw new CannotInstall(
          address.getHost() + " answers with HTTP " + status + " instead of " + address,
          status >= 500
              ? "Try again later."
              : "Check the base address, and whether a proxy is needed.");
    }
    return true;
  }

  /** What was announced must have come: a connection that is cut looks like an end. */
  private static boolean copied(HttpURLConnection connection, OutputStream into, long longest)
      throws IOException, CannotInstall, Unwritable {
    long announced = connection.getContentLengthLong();
    long came = 0;
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = connection.getInputStream()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        came += n;
        if (came > longest) {
          throw new CannotInstall(
              connection.getURL() + " is larger than any release of restic",
              "Check the base address. Nothing was installed.");
        }
        write(into, buffer, n);
      }
    }
    if (announced >= 0 && came < announced) {
      throw NetworkFaults.truncated(connection.getURL().toString(), came, announced);
    }
    return true;
  }

  private static void write(OutputStream into, byte[] buffer, int length) throws Unwritable {
    try {
      into.write(buffer, 0, length);
    } catch (IOException e) {
      throw new Unwritable(e);
    }
  }
}
