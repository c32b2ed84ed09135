package io.holdfast.agent.config;

import io.holdfast.agent.secret.Secret;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An address as PostgreSQL's own programs take it from their environment, so that nothing of it
 * stands in an argument list.
 */
public final class LibpqEnvironment {

  private static final Pattern URL =
      Pattern.compile(
          "jdbc:postgresql://(?<hosts>[^/?]*)/(?<database>[^?]*)(\\?(?<parameters>.*))?");

  private static final String USUAL_PORT = "5432";

  /** What pgjdbc calls them, and the variable; others concern Java alone. */
  private static final Map<String, String> VARIABLES =
      Map.of(
          "sslmode", "PGSSLMODE",
          "sslcert", "PGSSLCERT",
          "sslkey", "PGSSLKEY",
          "sslrootcert", "PGSSLROOTCERT",
          "channelBinding", "PGCHANNELBINDING",
          "requireAuth", "PGREQUIREAUTH",
          "connectTimeout", "PGCONNECT_TIMEOUT",
          "ApplicationName", "PGAPPNAME",
          "options", "PGOPTIONS",
          "targetServerType", "PGTARGETSESSIONATTRS");

  private static final Map<String, String> TARGETS =
      Map.of(
          "primary", "read-write",
          "secondary", "standby",
          "preferSecondary", "prefer-standby");

  private LibpqEnvironment() {}

  /** The variables, the password as it is now among them. */
  public static Map<String, String> of(DatabaseAddress address) {
    Matcher url = URL.matcher(address.urlForTheDriver());
    if (!url.matches()) {
      throw new IllegalArgumentException("no JDBC URL of PostgreSQL");
    }
    Map<String, String> variables = new HashMap<>();
    hosts(url.group("hosts"), variables);
    variables.put("PGDATABASE", URLDecoder.decode(url.group("database"), StandardCharsets.UTF_8));
    if (url.group("parameters") != null) {
      parameters(url.group("parameters"), variables);
    }
    address.user().ifPresent(user -> variables.put("PGUSER", user));
    address
        .currentPassword()
        .map(Secret::value)
        .ifPresent(password -> variables.put("PGPASSWORD", password));
    return variables;
  }

  private static void hosts(String hosts, Map<String, String> variables) {
    List<String> names = new ArrayList<>();
    List<String> ports = new ArrayList<>();
    for (String host : hosts.split(",", -1)) {
      int colon = host.lastIndexOf(':');
      boolean hasPort = colon > host.lastIndexOf(']');
      names.add((hasPort ? host.substring(0, colon) : host).replaceAll("[\\[\\]]", ""));
      ports.add(hasPort ? host.substring(colon + 1) : USUAL_PORT);
    }
    variables.put("PGHOST", String.join(",", names));
    variables.put("PGPORT", String.join(",", ports));
  }

  private static void parameters(String query, Map<String, String> variables) {
    for (String part : query.split("&", -1)) {
      String name = part.replaceFirst("=.*", "");
      String variable = VARIABLES.get(name);
      if (variable != null && part.length() > name.length()) {
        String value = URLDecoder.decode(part.substring(name.length() + 1), StandardCharsets.UTF_8);
        variables.put(
            variable, name.equals("targetServerType") ? TARGETS.getOrDefault(value, value) : value);
      } else if (part.equals("ssl=true")) {
        // What pgjdbc takes it for; sslmode, if it is there too, comes later and counts.
        variables.put("PGSSLMODE", "verify-full");
      }
    }
  }
}
