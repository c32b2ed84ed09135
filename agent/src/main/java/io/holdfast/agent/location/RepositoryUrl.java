package io.holdfast.agent.location;

import io.holdfast.agent.secret.Secret;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A repository's URL, taken apart as restic does it.
 *
 * @param text the whole of it, without white space around; may hold a password
 * @param hidden whether all of it is a secret, since a setting refers to it: then nothing of it may
 *     be shown, not even the host
 * @param scheme the kind of storage, {@code local} for a path
 * @param transport {@code http} or {@code https} where there is such, else empty
 * @param user who logs in, unescaped; empty for nobody in particular
 * @param host the host in small letters, or the bucket, or the remote of rclone; empty for a path
 * @param port 0 if it does not say
 * @param path what follows, unescaped, part by part; the first is {@code /} where it makes a
 *     difference that the path begins at the root
 */
public record RepositoryUrl(
    Secret text,
    boolean hidden,
    String scheme,
    String transport,
    String user,
    String host,
    int port,
    List<String> path) {

  /** What people see instead of a secret; the views of the database have the same. */
  private static final String MASK = "********";

  private static final Pattern REFERENCE = Pattern.compile("(?:file|env|enc):.*", Pattern.DOTALL);

  /** As the password ends at the last @ before the path, where Go ends it. */
  private static final Pattern PASSWORD =
      Pattern.compile("^(\\s*(?:sftp|rest:https?|s3:https?)://[^/:]*:)[^/]*@");

  private static final Pattern PASSWORD_SOMEWHERE =
      Pattern.compile("://[^/:]*:(?<password>[^/]+)@");

  public RepositoryUrl {
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(scheme, "scheme");
    Objects.requireNonNull(transport, "transport");
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(host, "host");
    path = List.copyOf(path);
  }

  /** What came of reading it. */
  public sealed interface Read {
    /** It can be used, as far as its form tells. */
    record Good(RepositoryUrl url) implements Read {}

    /** It must not be used. */
    record Bad(UrlFault fault) implements Read {}
  }

  /** Reads what somebody has written; white space around it is passed over, as restic does. */
  public static Read read(String written) {
    String url = written.strip();
    Optional<UrlFault> fault = UrlForm.fault(url);
    return fault.isPresent() ? new Read.Bad(fault.get()) : new Read.Good(parts(url));
  }

  /** The same, and nothing if it is of no use. */
  public static Optional<RepositoryUrl> of(String written) {
    return read(written) instanceof Read.Good(RepositoryUrl url)
        ? Optional.of(url)
        : Optional.empty();
  }

  private static RepositoryUrl parts(String url) {
    String scheme = UrlForm.scheme(url).orElse("local");
    if (scheme.equals("local")) {
      return new RepositoryUrl(new Secret(url), false, scheme, "", "", "", 0, List.of());
    }
    Matcher matcher = UrlForm.form(scheme, url).matcher(url);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not judged before");
    }
    boolean escaped = UrlForm.inUrl(url);
    String transport = scheme.equals("s3") && !escaped ? "https" : group(matcher, "transport");
    String login = group(matcher, "user");
    String user = escaped ? unescaped(login.replaceFirst(":.*", "")) : login;
    String host = group(matcher, "host");
    boolean nameOfHost = Set.of("sftp", "rest", "s3").contains(scheme);
    String port = group(matcher, "port");
    return new RepositoryUrl(
        new Secret(url),
        false,
        scheme,
        transport,
        user,
        nameOfHost ? host.toLowerCase(Locale.ROOT) : host,
        port.isEmpty() ? usualPort(transport) : Integer.parseInt(port),
        segments(scheme, group(matcher, "path"), escaped));
  }

  private static String group(Matcher matcher, String name) {
    return matcher.namedGroups().containsKey(name)
        ? Objects.requireNonNullElse(matcher.group(name), "")
        : "";
  }

  private static int usualPort(String transport) {
    return switch (transport) {
      case "http" -> 80;
      case "https" -> 443;
      default -> 0;
    };
  }

  /** Paths on other machines may begin at the root or at home, which is another place. */
  private static List<String> segments(String scheme, String path, boolean escaped) {
    List<String> segments = new ArrayList<>();
    if (path.startsWith("/") && Set.of("sftp", "rclone").contains(scheme)) {
      segments.add("/");
    }
    Stream.of(path.split("/"))
        .filter(segment -> !segment.isEmpty() && !segment.equals("."))
        .map(segment -> escaped ? unescaped(segment) : segment)
        .forEach(segments::add);
    return segments;
  }

  private static String unescaped(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /** The same, all of which is a secret. */
  public RepositoryUrl asSecret() {
    return new RepositoryUrl(text, true, scheme, transport, user, host, port, path);
  }

  /** The directory, if it is one of this machine. */
  public Optional<Path> localPath() {
    try {
      return scheme.equals("local")
          ? Optional.of(Path.of(UrlForm.localPath(text.value())))
          : Optional.empty();
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether a path begins at the root on this machine too: one of Windows does not elsewhere, and
   * restic would make a directory of that name wherever it stands.
   */
  public boolean meansTheSameHere() {
    return !scheme.equals("local") || localPath().map(Path::isAbsolute).orElse(false);
  }

  /**
   * Whether the other one is the same place, or below it. Who does not say a user means any.
   *
   * @param other judged part by part, so that neither {@code nas/ab} is below {@code nas/a}, nor is
   *     {@code nas@evil} on the host {@code nas}
   */
  public boolean holds(RepositoryUrl other) {
    if (!scheme.equals(other.scheme)) {
      return false;
    }
    if (scheme.equals("local")) {
      return localPath().isPresent()
          && other
              .localPath()
              .map(Path::normalize)
              .filter(place -> place.startsWith(localPath().get().normalize()))
              .isPresent();
    }
    return transport.equals(other.transport)
        && host.equals(other.host)
        && port == other.port
        && (user.isEmpty() || user.equals(other.user))
        && path.size() <= other.path.size()
        && path.equals(other.path.subList(0, path.size()));
  }

  /**
   * How a machine's own file names this place: without a password, and without a user where one is
   * a credential and no part of the place.
   */
  public String asRule() {
    return text.value()
        .replaceFirst("^(sftp://[^/:]*):[^/]*@", "$1@")
        .replaceFirst("^((?:rest|s3):https?://)[^/]*@", "$1");
  }

  /** The variables of the storage that say where it is, of which the URL says nothing. */
  public Set<String> namedByVariables() {
    return switch (scheme) {
      case "azure" -> Set.of("AZURE_ACCOUNT_NAME", "AZURE_ENDPOINT_SUFFIX");
      case "swift" -> Set.of("OS_AUTH_URL", "OS_STORAGE_URL", "ST_AUTH");
      default ->
          // What is not encrypted a proxy can keep for itself.
          text.value().strip().matches("(rest|s3):http://.*") ? Set.of("HTTP_PROXY") : Set.of();
    };
  }

  /** What must not be seen in any text: the password, and all that tells of the place if hidden. */
  public List<Secret> secrets() {
    List<Secret> secrets = new ArrayList<>(passwords(text.value()));
    if (hidden) {
      String url = text.value();
      secrets.add(text);
      secrets.add(new Secret(url.substring(url.indexOf(':') + 1)));
      secrets.add(new Secret(host));
      secrets.add(new Secret(user + "@"));
      secrets.add(new Secret(user + ":"));
      secrets.add(new Secret(String.join("/", path).replaceFirst("^//", "/")));
    }
    return secrets;
  }

  /**
   * The password in a URL, also in one of which nothing else can be said, as it is and unescaped.
   */
  public static List<Secret> passwords(String url) {
    Matcher matcher = PASSWORD_SOMEWHERE.matcher(url);
    if (!matcher.find()) {
      return List.of();
    }
    String password = matcher.group("password");
    try {
      return Stream.of(password, unescaped(password)).distinct().map(Secret::new).toList();
    } catch (IllegalArgumentException e) {
      return List.of(new Secret(password));
    }
  }

  /** For people. */
  public String masked() {
    return hidden ? scheme + ":" + MASK : masked(text.value());
  }

  /**
   * A value of {@code repository_url} for eyes that must not see a secret. What is written in a way
   * that is refused may hold one anywhere.
   */
  public static String masked(String written) {
    if (written.isBlank() || REFERENCE.matcher(written).matches()) {
      return written;
    }
    if (read(written) instanceof Read.Good) {
      return PASSWORD.matcher(written).replaceFirst("$1" + MASK + "@");
    }
    return UrlForm.scheme(written.strip()).map(scheme -> scheme + ":").orElse("") + MASK;
  }

  @Override
  public String toString() {
    return masked();
  }
}
