package io.holdfast.agent.config;

import io.holdfast.agent.secret.Secret;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the two ways to write where a PostgreSQL database is: a JDBC URL, and libpq's URI ({@code
 * postgresql://user:password@host1:5432,host2:5433/database}). The one place where addresses are
 * made, and so the one that has every server on another machine prove itself.
 */
public final class DatabaseUrl {

  private static final Pattern BAD_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");

  private static final Pattern JDBC =
      Pattern.compile(
          "jdbc:postgresql://(?<hosts>[^/?]*)/(?<database>[^?]*)(\\?(?<parameters>.*))?");

  private static final Pattern LIBPQ =
      Pattern.compile(
          "postgres(ql)?://((?<user>[^:@/?]*)(:(?<password>[^@/]*))?@)?(?<hosts>[^/?]*)(/(?<database>[^?]*))?"
              + "(\\?(?<parameters>.*))?");

  private static final Pattern HOST =
      Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?");

  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_-]{1,40}");

  /** libpq's parameters and what pgjdbc calls them. */
  private static final Map<String, String> LIBPQ_PARAMETERS =
      Map.ofEntries(
          Map.entry("sslmode", "sslmode"),
          Map.entry("sslcert", "sslcert"),
          Map.entry("sslkey", "sslkey"),
          Map.entry("sslrootcert", "sslrootcert"),
          Map.entry("sslpassword", "sslpassword"),
          Map.entry("channel_binding", "channelBinding"),
          Map.entry("require_auth", "requireAuth"),
          Map.entry("target_session_attrs", "targetServerType"),
          Map.entry("connect_timeout", "connectTimeout"),
          Map.entry("application_name", "ApplicationName"),
          Map.entry("options", "options"),
          Map.entry("keepalives", "tcpKeepAlive"));

  private static final Map<String, String> TARGET_SESSION =
      Map.of(
          "any", "any",
          "read-write", "primary",
          "primary", "primary",
          "standby", "secondary",
          "read-only", "secondary",
          "prefer-standby", "preferSecondary");

  /**
   * So that a database that black-holes does not hold us for ever. In seconds where it is a time.
   */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "connectTimeout", "10",
          "socketTimeout", "60",
          // A statement that is prepared by a name is not there any more in the next transaction
          // behind a pooler such as PgBouncer.
          "prepareThreshold", "0",
          "tcpKeepAlive", "true",
          "ApplicationName", "holdfast");

  /** pgjdbc's parameters that are whole numbers. */
  private static final Set<String> NUMBERS =
      Set.of(
          "connectTimeout",
          "socketTimeout",
          "loginTimeout",
          "cancelSignalTimeout",
          "sslResponseTimeout",
          "gssResponseTimeout",
          "hostRecheckSeconds",
          "prepareThreshold",
          "preparedStatementCacheQueries",
          "defaultRowFetchSize",
          "receiveBufferSize",
          "sendBufferSize");

  private static final Pattern NUMBER = Pattern.compile("-?[0-9]{1,9}");

  /** Parameters that name files of the machine. */
  private static final List<String> FILES = List.of("sslrootcert", "sslcert", "sslkey");

  private static final int LAST_PORT = 65_535;

  private DatabaseUrl() {}

  /**
   * @throws InvalidDatabaseUrl if the text is no such URL; the message holds no password
   */
  public static DatabaseAddress parse(String text) throws InvalidDatabaseUrl {
    if (BAD_ESCAPE.matcher(text).find()) {
      throw new InvalidDatabaseUrl(
          "a % in it is not followed by two hexadecimal digits; write %25 for a percent sign");
    }
    Matcher jdbc = JDBC.matcher(text);
    if (jdbc.matches()) {
      return address(
          jdbc.group("hosts"),
          jdbc.group("database"),
          parameters(jdbc.group("parameters")),
          Optional.empty(),
          Optional.empty());
    }
    Matcher libpq = LIBPQ.matcher(text);
    if (!libpq.matches()) {
      throw new InvalidDatabaseUrl(
          "it is neither jdbc:postgresql://host:port/database nor"
              + " postgresql://user@host:port/database");
    }
    return address(
        libpq.group("hosts"),
        Optional.ofNullable(libpq.group("database")).orElse(""),
        translated(parameters(libpq.group("parameters"))),
        decoded(libpq.group("user")),
        decoded(libpq.group("password")));
  }

  private static DatabaseAddress address(
      String hosts,
      String database,
      Map<String, String> given,
      Optional<String> user,
      Optional<String> password)
      throws InvalidDatabaseUrl {
    if (hosts.isEmpty()) {
      throw new InvalidDatabaseUrl("it names no host; write localhost for this machine");
    }
    if ((hosts + database).contains("@")) {
      throw new InvalidDatabaseUrl(
          "an @ stands in the host or behind it: in user and password write @ as %40, / as %2F and ? as"
              + " %3F, or put the password into a file");
    }
    for (String host : hosts.split(",", -1)) {
      checkHost(host);
    }
    if (database.isEmpty()) {
      throw new InvalidDatabaseUrl("it names no database after the host");
    }
    Map<String, String> parameters = new LinkedHashMap<>(given);
    Optional<String> userParameter = Optional.ofNullable(parameters.remove("user"));
    Optional<String> passwordParameter = Optional.ofNullable(parameters.remove("password"));
    checkValues(parameters);
    ServerProof.demand(hosts, parameters);
    DEFAULTS.forEach(parameters::putIfAbsent);
    return new DatabaseAddress(
        jdbcUrl(hosts, database, parameters),
        user.or(() -> userParameter),
        password.or(() -> passwordParameter).map(Secret::new),
        hosts + "/" + database);
  }

  /** What stands behind a colon may be a password, if somebody has forgotten the host. */
  private static void checkHost(String host) throws InvalidDatabaseUrl {
    Matcher matcher = HOST.matcher(host);
    if (!matcher.matches()) {
      String name = host.replaceFirst("(?s):.*", "");
      throw new InvalidDatabaseUrl(
          HOST.matcher(name).matches()
              ? "behind \"" + name + "\" there is no port, but something else"
              : "what stands in the place of a host is no host or host:port");
    }
    String port = matcher.group(2);
    if (port != null) {
      int number = Integer.parseInt(port.substring(1));
      if (number < 1 || number > LAST_PORT) {
        throw new InvalidDatabaseUrl(
            "\""
                + matcher.group(1)
                + "\" has no port from 1 to "
                + LAST_PORT
                + "; PostgreSQL's own is 5432");
      }
    }
  }

  /** What the driver itself would stumble over, or take for something else. */
  private static void checkValues(Map<String, String> parameters) throws InvalidDatabaseUrl {
    for (Map.Entry<String, String> parameter : parameters.entrySet()) {
      if (NUMBERS.contains(parameter.getKey()) && !NUMBER.matcher(parameter.getValue()).matches()) {
        throw new InvalidDatabaseUrl(
            "the parameter \"" + parameter.getKey() + "\" is no whole number");
      }
    }
    for (String name : FILES) {
      String file = parameters.get(name);
      boolean system =
          name.equals(ServerAuthorities.PARAMETER) && ServerAuthorities.SYSTEM.equals(file);
      if (file != null && !system && !AbsolutePath.is(file)) {
        throw new InvalidDatabaseUrl(
            "the parameter \""
                + name
                + "\" is no absolute path: write it from the root on, such as /etc/holdfast/root.crt");
      }
    }
  }

  private static String jdbcUrl(String hosts, String database, Map<String, String> parameters) {
    String query =
        parameters.entrySet().stream()
            .map(p -> p.getKey() + "=" + URLEncoder.encode(p.getValue(), StandardCharsets.UTF_8))
            .sorted()
            .collect(Collectors.joining("&"));
    return "jdbc:postgresql://" + hosts + "/" + database + "?" + query;
  }

  /** A JDBC URL taken apart. */
  record Parts(String hosts, String database, Map<String, String> parameters) {

    /**
     * @throws IllegalArgumentException if it is no JDBC URL of PostgreSQL
     */
    static Parts of(String jdbcUrl) {
      Matcher url = JDBC.matcher(jdbcUrl);
      if (!url.matches()) {
        throw new IllegalArgumentException("no JDBC URL of PostgreSQL");
      }
      try {
        return new Parts(
            url.group("hosts"),
            url.group("database"),
            DatabaseUrl.parameters(url.group("parameters")));
      } catch (InvalidDatabaseUrl e) {
        throw new IllegalArgumentException(e);
      }
    }

    /** The same without these parameters. */
    Parts without(Collection<String> names) {
      Map<String, String> kept = new LinkedHashMap<>(parameters);
      kept.keySet().removeAll(names);
      return new Parts(hosts, database, kept);
    }

    /** The same, and the parameter has this value. */
    Parts with(String name, String value) {
      Map<String, String> changed = new LinkedHashMap<>(parameters);
      changed.put(name, value);
      return new Parts(hosts, database, changed);
    }

    String jdbcUrl() {
      return DatabaseUrl.jdbcUrl(hosts, database, parameters);
    }
  }

  private static Map<String, String> parameters(@Nullable String query) throws InvalidDatabaseUrl {
    Map<String, String> parameters = new LinkedHashMap<>();
    if (query == null || query.isEmpty()) {
      return parameters;
    }
    for (String part : query.split("&", -1)) {
      int equals = part.indexOf('=');
      if (equals < 1) {
        throw new InvalidDatabaseUrl("a parameter after the ? is not name=value");
      }
      parameters.put(
          part.substring(0, equals),
          URLDecoder.decode(part.substring(equals + 1), StandardCharsets.UTF_8));
    }
    return parameters;
  }

  private static Map<String, String> translated(Map<String, String> libpq)
      throws InvalidDatabaseUrl {
    Map<String, String> translated = new LinkedHashMap<>();
    for (Map.Entry<String, String> parameter : libpq.entrySet()) {
      String name = parameter.getKey();
      if (name.equals("user") || name.equals("password")) {
        translated.put(name, parameter.getValue());
        continue;
      }
      String ours = LIBPQ_PARAMETERS.get(name);
      if (ours == null) {
        throw new InvalidDatabaseUrl(
            "the parameter"
                + quoted(name)
                + " is not supported; known are "
                + LIBPQ_PARAMETERS.keySet().stream().sorted().collect(Collectors.joining(", ")));
      }
      translated.put(ours, value(name, parameter.getValue()));
    }
    return translated;
  }

  /**
   * The text with a blank before it and in quotation marks if it is a word; empty otherwise, since
   * it may be part of a password.
   */
  static String quoted(String text) {
    return WORD.matcher(text).matches() ? " \"" + text + "\"" : "";
  }

  private static String value(String name, String value) throws InvalidDatabaseUrl {
    return switch (name) {
      case "target_session_attrs" -> {
        String ours = TARGET_SESSION.get(value);
        if (ours == null) {
          throw new InvalidDatabaseUrl(
              "target_session_attrs has the unknown value" + quoted(value));
        }
        yield ours;
      }
      case "keepalives" -> value.equals("0") ? "false" : "true";
      default -> value;
    };
  }

  private static Optional<String> decoded(@Nullable String text) {
    return Optional.ofNullable(text)
        .filter(part -> !part.isEmpty())
        // In a URI a plus sign is a plus sign; URLDecoder takes it for a space.
        .map(part -> URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8));
  }
}
