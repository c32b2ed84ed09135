package io.holdfast.agent.config;

import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.text.Blanks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Where the control plane is, and who we are there.
 *
 * @param jdbcUrl without user and password
 * @param user empty for the driver's default, the name of the operating system's user
 * @param password empty if none is needed, as with certificates or trust
 * @param passwordFile where the password came from, if it did from a file of its own
 * @param display hosts and database for people; holds no secret
 */
public record DatabaseAddress(
    String jdbcUrl,
    Optional<String> user,
    Optional<Secret> password,
    Optional<Path> passwordFile,
    String display) {

  /** What an admin proves himself with; it is nobody else's, and may hold a password. */
  private static final Set<String> OWN_CERTIFICATE = Set.of("sslcert", "sslkey", "sslpassword");

  public DatabaseAddress {
    Objects.requireNonNull(jdbcUrl, "jdbcUrl");
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(password, "password");
    Objects.requireNonNull(passwordFile, "passwordFile");
    Objects.requireNonNull(display, "display");
  }

  public DatabaseAddress(
      String jdbcUrl, Optional<String> user, Optional<Secret> password, String display) {
    this(jdbcUrl, user, password, Optional.empty(), display);
  }

  /** As the password file holds it now, since it may have been rotated since it was loaded. */
  public Optional<Secret> currentPassword() {
    return passwordFile.flatMap(DatabaseAddress::read).or(() -> password);
  }

  private static Optional<Secret> read(Path file) {
    try {
      return Optional.of(readPassword(file));
    } catch (IOException e) {
      // What was loaded is the next best; whoever loads it says what is wrong.
      return Optional.empty();
    }
  }

  /**
   * What a password file holds: all of it but the ends of lines behind it, and the mark of UTF-8
   * that editors on Windows put before it.
   */
  public static Secret readPassword(Path file) throws IOException {
    return new Secret(
        Files.readString(file).replaceFirst("\\A\\x{FEFF}", "").replaceFirst("\\R+\\z", ""));
  }

  /** What {@link #hasBlanksAround} has found, as the end of a sentence. */
  public static final String BLANKS_AROUND =
      "begins or ends with blanks or other signs that cannot be seen";

  /** Whether there is something around a password that nobody sees and few mean. */
  public static boolean hasBlanksAround(Secret password) {
    return Blanks.isAround(password.value());
  }

  /** Whether all its hosts are this machine itself. */
  public boolean isLocal() {
    return ServerProof.isLocal(DatabaseUrl.Parts.of(jdbcUrl).hosts());
  }

  /**
   * Why a server may answer that is not the one that is meant, in a sentence; empty if it has to
   * prove itself, or is this machine.
   */
  public Optional<String> gap() {
    DatabaseUrl.Parts url = DatabaseUrl.Parts.of(jdbcUrl);
    return isLocal()
        ? Optional.empty()
        : ServerProof.gap(url.parameters())
            .map(why -> "the connection to " + url.hosts() + " is not safe: " + why);
  }

  /**
   * The URL for other machines: without what proves who its present user is.
   *
   * @param withoutFile also without the file of the server's authorities, which goes another way
   */
  String urlForOthers(boolean withoutFile) {
    DatabaseUrl.Parts others = DatabaseUrl.Parts.of(jdbcUrl).without(OWN_CERTIFICATE);
    return (withoutFile ? others.without(Set.of(ServerAuthorities.PARAMETER)) : others).jdbcUrl();
  }

  /** The URL as the driver gets it on this machine, which may have authorities of its own. */
  public String urlForTheDriver() {
    return ServerAuthorities.forTheDriver(jdbcUrl, ServerAuthorities.Places.ofThisMachine());
  }

  private Optional<ServerAuthorities> authorities() {
    return ServerAuthorities.of(
        DatabaseUrl.Parts.of(jdbcUrl).parameters(), ServerAuthorities.Places.ofThisMachine());
  }

  /**
   * The certificates by which this server alone proves itself, as PEM; empty if it does by the
   * machine's own authorities, or by nothing.
   */
  public Optional<String> authoritiesCertificates() {
    return authorities().flatMap(ServerAuthorities::certificates);
  }

  /** The file that was chosen for this server's certificates, by the URL or by its usual place. */
  public Optional<Path> authoritiesUsed() {
    return authorities().filter(found -> !found.systems()).flatMap(ServerAuthorities::file);
  }

  /** Who has to have signed the server's certificate, as the end of a sentence. */
  public String authoritiesWords() {
    return authorities().map(ServerAuthorities::words).orElse("that list");
  }

  /** The same, and the server proves itself by the certificates in this file. */
  public DatabaseAddress provedBy(Path certificates) {
    return new DatabaseAddress(
        DatabaseUrl.Parts.of(jdbcUrl)
            .with(ServerAuthorities.PARAMETER, certificates.toString())
            .jdbcUrl(),
        user,
        password,
        passwordFile,
        display);
  }

  /**
   * The file that the URL itself names for the server's authorities, and another machine may lack.
   */
  public Optional<Path> authoritiesFile() {
    return Optional.ofNullable(
            DatabaseUrl.Parts.of(jdbcUrl).parameters().get(ServerAuthorities.PARAMETER))
        .filter(named -> !named.equals(ServerAuthorities.SYSTEM))
        .map(Path::of);
  }

  DatabaseAddress withUser(Optional<String> other) {
    return new DatabaseAddress(jdbcUrl, other.or(() -> user), password, passwordFile, display);
  }

  /** The same for another login. */
  public DatabaseAddress as(String otherUser, Secret otherPassword) {
    return new DatabaseAddress(
        jdbcUrl, Optional.of(otherUser), Optional.of(otherPassword), display);
  }

  /** The same with this password. */
  public DatabaseAddress withPassword(Secret other) {
    return withPassword(Optional.of(other), passwordFile);
  }

  DatabaseAddress withPassword(Optional<Secret> other, Optional<Path> file) {
    return new DatabaseAddress(jdbcUrl, user, other.or(() -> password), file, display);
  }
}
