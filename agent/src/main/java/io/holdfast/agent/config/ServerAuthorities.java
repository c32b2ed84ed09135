package io.holdfast.agent.config;

import io.holdfast.agent.config.DatabaseUrl.Parts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whose signature on a server's certificate counts: that of the authorities in the file that {@code
 * sslrootcert} names; without it of those in libpq's usual file, if there is one; else of those
 * that the machine itself trusts, as publicly signed certificates need it. {@code
 * sslrootcert=system} means the last in any case, as it does for libpq.
 *
 * @param file where their certificates are; empty for those that Java brings along
 * @param systems whether they are the machine's own, and not chosen for this server
 */
public record ServerAuthorities(Optional<Path> file, boolean systems) {

  static final String PARAMETER = "sslrootcert";
  static final String SYSTEM = "system";

  private static final String SSLMODE = "sslmode";
  private static final String SSLFACTORY = "sslfactory";
  private static final String PROVED = "verify-full";
  private static final String JAVAS_OWN = "org.postgresql.ssl.DefaultJavaSSLFactory";

  /** Where the distributions have all their authorities in one file: Debian, Fedora, SUSE, BSD. */
  private static final List<Path> BUNDLES =
      Stream.of(
              "/etc/ssl/certs/ca-certificates.crt",
              "/etc/pki/tls/certs/ca-bundle.crt",
              "/etc/ssl/ca-bundle.pem",
              "/etc/ssl/cert.pem")
          .map(Path::of)
          .toList();

  private static final Pattern PEM =
      Pattern.compile("-----BEGIN CERTIFICATE-----[^-]*+-----END CERTIFICATE-----");

  /** What of the machine decides. */
  record Places(Path usualFile, Optional<Path> bundle) {

    static Places ofThisMachine() {
      Path usual =
          Path.of(System.getProperty("user.home", "/")).resolve(".postgresql").resolve("root.crt");
      // The variable by which OpenSSL, and so libpq and curl, is told of another file.
      Stream<Path> named =
          Stream.ofNullable(System.getenv("SSL_CERT_FILE"))
              .filter(name -> !name.isBlank())
              .map(Path::of);
      return new Places(
          usual, Stream.concat(named, BUNDLES.stream()).filter(Files::isReadable).findFirst());
    }
  }

  /** Empty where no certificate is asked for, or where the URL has something else check it. */
  static Optional<ServerAuthorities> of(Map<String, String> parameters, Places places) {
    String mode =
        parameters.getOrDefault(SSLMODE, "true".equals(parameters.get("ssl")) ? PROVED : "prefer");
    boolean checked = mode.equals(PROVED) || mode.equals("verify-ca");
    if (!checked || parameters.containsKey(SSLFACTORY)) {
      return Optional.empty();
    }
    String named = parameters.get(PARAMETER);
    if (named != null && !named.equals(SYSTEM)) {
      return Optional.of(new ServerAuthorities(Optional.of(Path.of(named)), false));
    }
    // With verify-ca any name will do, and anybody gets a certificate of a public authority.
    if (named == null && (Files.exists(places.usualFile()) || !mode.equals(PROVED))) {
      return Optional.of(new ServerAuthorities(Optional.of(places.usualFile()), false));
    }
    return Optional.of(new ServerAuthorities(places.bundle(), true));
  }

  /** The URL as the driver has to have it here: it knows nothing of the machine's authorities. */
  static String forTheDriver(String jdbcUrl, Places places) {
    Parts url = Parts.of(jdbcUrl);
    return of(url.parameters(), places)
        .filter(ServerAuthorities::systems)
        .map(found ->
            found.file().isPresent()
                ? url.with(PARAMETER, found.file().get().toString())
                : url.without(List.of(PARAMETER)).with(SSLFACTORY, JAVAS_OWN))
        .map(Parts::jdbcUrl)
        .orElse(jdbcUrl);
  }

  /** The certificates that were chosen for this server, as PEM; empty if there are none to read. */
  Optional<String> certificates() {
    return file.filter(_ -> !systems).flatMap(ServerAuthorities::pem);
  }

  private static Optional<String> pem(Path file) {
    try {
      // Not as UTF-8: around the certificates there may be anything.
      String content = Files.readString(file, StandardCharsets.ISO_8859_1);
      return Optional.of(
              PEM.matcher(content)
                  .results()
                  .map(MatchResult::group)
                  .collect(Collectors.joining("\n", "", "\n")))
          .filter(found -> !found.isBlank());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** As the end of a sentence: it is signed by none of those in... */
  String words() {
    String list = file.map(Path::toString).orElse("Java's own");
    return systems ? "the list that this machine trusts (" + list + ")" : list;
  }
}
