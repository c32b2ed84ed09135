package io.holdfast.agent.restic;

import io.holdfast.agent.secret.Redaction;
import io.holdfast.agent.secret.Secret;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A restic repository and what it takes to open it.
 *
 * @param url as restic understands it; may hold a password
 * @param cacheDirectory restic's cache; empty for the agent's default
 * @param environment variables for the storage back-end, checked by {@link BackendEnvironment}
 */
public record Repository(
    Secret url, Secret password, Optional<Path> cacheDirectory, Map<String, Secret> environment) {

  /** Up to the last @ of the host's part, as Go reads it: a password may hold one. */
  private static final Pattern URL_PASSWORD = Pattern.compile("://[^/@:]*:([^/]+)@");

  private static final Pattern WITH_SCHEME = Pattern.compile("[A-Za-z0-9]{2,}:.*");

  public Repository {
    Objects.requireNonNull(url, "url");
    Objects.requireNonNull(password, "password");
    Objects.requireNonNull(cacheDirectory, "cacheDirectory");
    environment = Map.copyOf(environment);
    BackendEnvironment.refusal(environment.keySet())
        .ifPresent(why -> {
          throw new IllegalArgumentException(why);
        });
  }

  /** Takes everything that is secret about this repository out of a text. */
  Redaction redaction() {
    return redaction(Optional.empty());
  }

  /** The same, and of another that takes part. */
  Redaction redaction(Optional<Repository> other) {
    List<Secret> secrets = new ArrayList<>(secrets());
    other.ifPresent(from -> secrets.addAll(from.secrets()));
    return Redaction.of(WrittenForms.of(secrets));
  }

  private List<Secret> secrets() {
    List<Secret> secrets = new ArrayList<>(environment.values());
    secrets.add(password);
    secrets.addAll(inUrl());
    return secrets;
  }

  /**
   * The variables that both need, with different values: one restic process has room for one of
   * them only.
   */
  public List<String> contradictions(Repository other) {
    return environment.entrySet().stream()
        .filter(mine ->
            !mine.getValue().equals(other.environment.getOrDefault(mine.getKey(), mine.getValue())))
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  /** The URL for people, without a password in it. */
  public String display() {
    return Redaction.of(inUrl()).redact(url.value());
  }

  /** Whether this text is a URL with a password in it, which no argument list should show. */
  public static boolean holdsPassword(String url) {
    return URL_PASSWORD.matcher(url).find();
  }

  private List<Secret> inUrl() {
    Matcher matcher = URL_PASSWORD.matcher(url.value());
    return matcher.find() ? List.of(new Secret(matcher.group(1))) : List.of();
  }

  /** The directory, if the repository is a local one. */
  public Optional<Path> localPath() {
    String place = url.value().strip();
    boolean local = place.startsWith("local:") || !WITH_SCHEME.matcher(place).matches();
    if (!local) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          Path.of(place.startsWith("local:") ? place.substring(6) : place).toAbsolutePath());
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }
}
