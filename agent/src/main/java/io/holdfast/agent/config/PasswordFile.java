package io.holdfast.agent.config;

import io.holdfast.agent.secret.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** libpq's password file, {@code .pgpass}: lines of {@code host:port:database:user:password}. */
public final class PasswordFile {

  private static final Pattern SERVER =
      Pattern.compile("jdbc:postgresql://(?<hosts>[^/]*)/(?<database>[^?]*).*");

  private final Path file;

  PasswordFile(Path file) {
    this.file = file;
  }

  /** The one that PGPASSFILE names, else the usual one in the home directory. */
  public static PasswordFile of(Environment environment) {
    return new PasswordFile(
        environment
            .variable("PGPASSFILE")
            .map(Path::of)
            .orElse(environment.home().resolve(".pgpass")));
  }

  /**
   * The password for this address, by libpq's rules: the first line that fits one of its hosts.
   *
   * @param warnings gets a line more if the file is passed over because others can read it
   */
  public Optional<Secret> password(
      DatabaseAddress address, String userName, List<String> warnings) {
    if (!Files.isReadable(file)) {
      return Optional.empty();
    }
    if (FileAccess.othersCanRead(file)) {
      warnings.add(
          file
              + ": others can read this password file, so it is not used. Run 'chmod 600 "
              + file
              + "'.");
      return Optional.empty();
    }
    Matcher server = SERVER.matcher(address.jdbcUrl());
    if (!server.matches()) {
      return Optional.empty();
    }
    List<List<String>> lines = lines();
    for (String host : server.group("hosts").split(",", -1)) {
      Optional<Secret> found =
          lines.stream()
              .filter(line ->
                  fits(line, host, server.group("database"), address.user().orElse(userName)))
              .map(line -> new Secret(line.get(4)))
              .findFirst();
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static boolean fits(List<String> line, String hostAndPort, String database, String user) {
    int colon = hostAndPort.lastIndexOf(':');
    boolean hasPort = colon > hostAndPort.lastIndexOf(']');
    String host = hasPort ? hostAndPort.substring(0, colon) : hostAndPort;
    String port = hasPort ? hostAndPort.substring(colon + 1) : "5432";
    return line.size() >= 5
        && fits(line.get(0), host.replaceAll("[\\[\\]]", ""))
        && fits(line.get(1), port)
        && fits(line.get(2), database)
        && fits(line.get(3), user);
  }

  private static boolean fits(String pattern, String value) {
    return pattern.equals("*") || pattern.equals(value);
  }

  private List<List<String>> lines() {
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8).stream()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(PasswordFile::fields)
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /**
   * A backslash takes the meaning from a colon or a backslash; the password goes to the end of the
   * line.
   */
  private static List<String> fields(String line) {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '\\' && i + 1 < line.length()) {
        field.append(line.charAt(++i));
      } else if (c == ':' && fields.size() < 4) {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    fields.add(field.toString());
    return fields;
  }
}
