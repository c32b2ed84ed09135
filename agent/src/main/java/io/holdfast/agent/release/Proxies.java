package io.holdfast.agent.release;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The proxy that the usual variables name: HTTPS_PROXY, HTTP_PROXY, NO_PROXY, in small letters too.
 */
final class Proxies {

  private final Map<String, String> variables;

  Proxies(Map<String, String> variables) {
    this.variables = variables;
  }

  /**
   * @throws CannotInstall if the variable that counts is no address of a proxy
   */
  Proxy towards(URI address) throws CannotInstall {
    String name = address.getScheme().toLowerCase(Locale.ROOT) + "_proxy";
    Optional<String> named = variable(name);
    if (named.isEmpty() || BaseAddress.isThisMachine(address.getHost()) || spared(address)) {
      return Proxy.NO_PROXY;
    }
    return proxy(name.toUpperCase(Locale.ROOT), named.get());
  }

  private Optional<String> variable(String name) {
    return Stream.of(name, name.toUpperCase(Locale.ROOT))
        .flatMap(n -> Optional.ofNullable(variables.get(n)).stream())
        .map(String::strip)
        .filter(value -> !value.isEmpty())
        .findFirst();
  }

  private boolean spared(URI address) {
    String host = address.getHost().toLowerCase(Locale.ROOT);
    return Arrays.stream(variable("no_proxy").orElse("").split(",", -1))
        .map(entry -> entry.strip().toLowerCase(Locale.ROOT).replaceFirst("^\\*?\\.", ""))
        .filter(entry -> !entry.isEmpty())
        .anyMatch(entry -> entry.equals("*") || host.equals(entry) || host.endsWith("." + entry));
  }

  /** Its value may hold a password, and is never repeated. */
  private static Proxy proxy(String name, String value) throws CannotInstall {
    try {
      URI uri = URI.create(value.contains("://") ? value : "http://" + value);
      if (uri.getHost() != null && uri.getUserInfo() == null && uri.getScheme().equals("http")) {
        int port = uri.getPort() < 0 ? 80 : uri.getPort();
        return new Proxy(Proxy.Type.HTTP, new InetSocketAddress(uri.getHost(), port));
      }
    } catch (IllegalArgumentException e) {
      // Answered below.
    }
    throw new CannotInstall(
        "the variable " + name + " names no proxy that can be used",
        "Write http://host:port without a user and a password, or unset it.");
  }
}
