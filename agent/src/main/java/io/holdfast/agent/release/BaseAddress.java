package io.holdfast.agent.release;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Objects;

/**
 * Where restic's releases are: a directory of directories, {@code v0.18.0} and so on, each with the
 * files of that version. By https only; by plain http from this machine itself, or where somebody
 * has said what must come.
 *
 * @param uri without a slash at its end
 * @param plain whether plain http will do anywhere, since the checksum is known beforehand
 */
public record BaseAddress(URI uri, boolean plain) {

  /** restic's own. */
  public static final String OFFICIAL = "https://github.com/restic/restic/releases/download";

  /**
   * @param text as somebody has typed it
   * @param plain whether the checksum comes from elsewhere, so that plain http will do
   * @throws CannotInstall if it cannot be used
   */
  public static BaseAddress of(String text, boolean plain) throws CannotInstall {
    try {
      URI uri = new URI(text.strip().replaceFirst("/+$", ""));
      if (uri.getHost() == null || uri.getQuery() != null || uri.getFragment() != null) {
        throw refused("the base address is no address of a directory such as " + OFFICIAL);
      }
      if (uri.getUserInfo() != null) {
        throw refused("the base address holds a user or a password, which would be seen");
      }
      BaseAddress base = new BaseAddress(uri, plain);
      if (!base.mayFetch(uri, false)) {
        throw refused(
            "the base address "
                + uri
                + " is not https, so whoever is on the way could exchange restic and its checksum");
      }
      return base;
    } catch (URISyntaxException e) {
      throw refused("the base address is no address such as " + OFFICIAL);
    }
  }

  private static CannotInstall refused(String sentence) {
    return new CannotInstall(
        sentence,
        "Name an https address with --from or as restic.releases; plain http needs --sha256.");
  }

  /** The address of a file of a release. */
  URI of(Release release, String file) {
    return URI.create(uri + "/" + release.directory() + "/" + file);
  }

  /**
   * @param secured whether some step on the way here was by https, so that no further one may be
   *     without
   */
  boolean mayFetch(URI address, boolean secured) {
    String scheme = Objects.requireNonNullElse(address.getScheme(), "").toLowerCase(Locale.ROOT);
    if (address.getHost() == null) {
      return false;
    }
    return scheme.equals("https")
        || (scheme.equals("http") && !secured && (plain || isThisMachine(address.getHost())));
  }

  /** By its number or as localhost: another name could stand for any machine. */
  static boolean isThisMachine(String host) {
    if (host.equalsIgnoreCase("localhost")) {
      return true;
    }
    String bare = host.replaceAll("[\\[\\]]", "");
    if (!bare.matches("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*")) {
      return false;
    }
    try {
      return InetAddress.ofLiteral(bare).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
