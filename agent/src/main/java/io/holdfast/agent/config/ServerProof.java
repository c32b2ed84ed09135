package io.holdfast.agent.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a server on another machine has to prove that it is the one that is meant, before it gets a
 * password or an answer: by a certificate for its name, unless the URL says otherwise in so many
 * words. In the words of pgjdbc's parameters.
 */
final class ServerProof {

  private static final String SSLMODE = "sslmode";
  private static final String PROVED = "verify-full";
  private static final String REQUIRE_AUTH = "requireAuth";
  private static final String CHANNEL_BINDING = "channelBinding";

  private static final Set<String> SSLMODES =
      Set.of("disable", "allow", "prefer", "require", "verify-ca", PROVED);

  private static final Set<String> ALWAYS_WITH_TLS = Set.of("require", "verify-ca", PROVED);

  /** Ways to log in that show the password to the server, or to whoever can guess. */
  private static final Set<String> SHOW_THE_PASSWORD = Set.of("password", "md5");

  /** Parameters of a JDBC URL that put something else in the place of the certificate's check. */
  private static final List<String> REPLACE_THE_CHECK =
      List.of("sslfactory", "sslhostnameverifier");

  /** These check the certificate as well, the second against Java's own list of authorities. */
  private static final Set<String> CHECKING_FACTORIES =
      Set.of("org.postgresql.ssl.LibPQFactory", "org.postgresql.ssl.DefaultJavaSSLFactory");

  /** They would lead to another host than the one that the URL shows. */
  private static final Set<String> OTHER_PLACES =
      Set.of("PGHOST", "PGPORT", "PGDBNAME", "host", "hostaddr", "port", "dbname", "service");

  private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])";
  private static final Pattern LOCAL_HOST =
      Pattern.compile(
          "(localhost|127(\\." + OCTET + "){3}|\\[(::|(0{1,4}:){7})0{0,3}1])(:[0-9]+)?",
          Pattern.CASE_INSENSITIVE);

  private ServerProof() {}

  /** Whether all of these hosts, with commas between them, are this machine itself. */
  static boolean isLocal(String hosts) {
    return Pattern.compile(",")
        .splitAsStream(hosts)
        .allMatch(host -> LOCAL_HOST.matcher(host).matches());
  }

  /** Puts in what the URL leaves open, and refuses what it must not say. */
  static void demand(String hosts, Map<String, String> parameters) throws InvalidDatabaseUrl {
    for (String parameter : parameters.keySet()) {
      if (OTHER_PLACES.contains(parameter)) {
        throw new InvalidDatabaseUrl(
            "the parameter \""
                + parameter
                + "\" names a place too; write the host, the port and the database before the"
                + " question mark");
      }
    }
    String mode = parameters.get(SSLMODE);
    if (mode != null && !SSLMODES.contains(mode)) {
      throw new InvalidDatabaseUrl(
          "sslmode has the unknown value"
              + DatabaseUrl.quoted(mode)
              + "; "
              + PROVED
              + " is the one to have");
    }
    if (ServerAuthorities.SYSTEM.equals(parameters.get(ServerAuthorities.PARAMETER))) {
      if (mode != null && !mode.equals(PROVED)) {
        throw new InvalidDatabaseUrl(
            "sslrootcert=system holds with sslmode="
                + PROVED
                + " alone: anybody gets a certificate for a name of his own from a public authority");
      }
      parameters.put(SSLMODE, PROVED);
    }
    if (isLocal(hosts)) {
      return;
    }
    parameters.putIfAbsent(SSLMODE, PROVED);
    parameters.put(REQUIRE_AUTH, withoutShownPasswords(parameters.get(REQUIRE_AUTH)));
    // A login by certificate has no password that could be bound to the connection.
    if (ALWAYS_WITH_TLS.contains(parameters.getOrDefault(SSLMODE, PROVED))
        && !parameters.containsKey("sslcert")) {
      parameters.putIfAbsent(CHANNEL_BINDING, "require");
    }
  }

  private static String withoutShownPasswords(@Nullable String given) throws InvalidDatabaseUrl {
    List<String> methods =
        Stream.of((given == null ? "" : given).split(",", -1))
            .map(String::strip)
            .filter(method -> !method.isEmpty())
            .toList();
    if (methods.stream().anyMatch(SHOW_THE_PASSWORD::contains)) {
      throw new InvalidDatabaseUrl(
          "require_auth permits a password in clear or by MD5, which no other machine gets from us;"
              + " scram-sha-256 does not show it");
    }
    if (methods.stream().anyMatch(method -> !method.startsWith("!"))) {
      return String.join(",", methods);
    }
    return String.join(
        ",", Stream.concat(methods.stream(), Stream.of("!password", "!md5")).distinct().toList());
  }

  /** What the parameters leave unproved of a server that is not local, as the end of a sentence. */
  static Optional<String> gap(Map<String, String> parameters) {
    for (String parameter : REPLACE_THE_CHECK) {
      String value = parameters.get(parameter);
      if (value != null && !CHECKING_FACTORIES.contains(value)) {
        return Optional.of(
            parameter + " in its URL puts something else in the place of the certificate's check");
      }
    }
    String mode = parameters.getOrDefault(SSLMODE, "prefer");
    return switch (mode) {
      case PROVED -> Optional.empty();
      case "verify-ca" ->
          Optional.of(
              "with sslmode=verify-ca a certificate for any other name of the same authority will"
                  + " do");
      case "require" ->
          Optional.of("with sslmode=require anybody's certificate will do, so it proves nothing");
      default ->
          Optional.of(
              "with sslmode=" + mode + " it may go without TLS, to be read and changed on the way");
    };
  }
}
