package io.holdfast.agent.release;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;

/** Why something could not be fetched, in a sentence. */
final class NetworkFaults {

  private static final String AGAIN = "Check the network, then try again. Nothing was installed.";

  private NetworkFaults() {}

  static CannotInstall sentence(URI address, Proxy proxy, IOException failure) {
    String to = reached(address, proxy);
    return switch (failure) {
      case UnknownHostException _ ->
          new CannotInstall(
              to + " cannot be reached: its name is unknown here",
              "Check the network and the name, or name a mirror with --from. Nothing was installed.");
      case SocketTimeoutException _ -> new CannotInstall(to + " does not answer in time", AGAIN);
      case ConnectException _, NoRouteToHostException _ ->
          new CannotInstall(to + " cannot be reached: the connection is refused", AGAIN);
      case SSLException _ ->
          new CannotInstall(
              "the TLS connection to " + address.getHost() + " fails: " + tlsFault(failure),
              "Check the clock, the host's certificate, and what stands between. Nothing was installed.");
      default -> other(address, proxy, failure);
    };
  }

  /** Of a certificate Java tells which of its classes is not content. */
  private static String tlsFault(IOException failure) {
    String said = String.valueOf(failure.getMessage());
    return said.contains("PKIX path") ? "its certificate is not trusted here" : said;
  }

  private static CannotInstall other(URI address, Proxy proxy, IOException failure) {
    String said = String.valueOf(failure.getMessage());
    if (!said.contains("Unable to tunnel through proxy")) {
      return new CannotInstall("the download of " + address + " broke off: " + said, AGAIN);
    }
    return said.contains(" 407 ")
        ? proxyWantsPassword()
        : new CannotInstall(
            reached(address, proxy) + " refuses: " + said,
            "Check HTTPS_PROXY and NO_PROXY, and whether the proxy lets this machine through.");
  }

  /** It would stand in the environment, where a password has no place. */
  static CannotInstall proxyWantsPassword() {
    return new CannotInstall(
        "the proxy wants a user and a password, and holdfast sends none",
        "Name a mirror that needs no proxy with --from, or fetch restic in another way and name it as restic.path in"
            + " the configuration file. Nothing was installed.");
  }

  static CannotInstall truncated(String address, long came, long announced) {
    return new CannotInstall(
        "the download of " + address + " broke off after " + came + " of " + announced + " bytes",
        AGAIN);
  }

  private static String reached(URI address, Proxy proxy) {
    return proxy.address() instanceof InetSocketAddress place
        ? "the proxy " + place.getHostString() + ":" + place.getPort()
        : address.getHost();
  }
}
