package io.holdfast.agent.restic;

import io.holdfast.agent.location.RepositoryUrl;
import io.holdfast.agent.secret.Redaction;
import io.holdfast.agent.secret.Secret;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A restic repository and what it takes to open it.
 *
 * @param url as restic understands it; may hold a password. One that a person gives at the machine
 *     itself may be any; rows are judged before (sync)
 * @param cacheDirectory restic's cache; empty for the agent's default
 * @param environment variables for the storage back-end, checked by {@link BackendEnvironment}
 * @param hidden whether all of the URL is a secret, of which nothing may be shown
 */
public record Repository(
    Secret url,
    Secret password,
    Optional<Path> cacheDirectory,
    Map<String, Secret> environment,
    boolean hidden) {

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

  /** One whose place is no secret. */
  public Repository(
      Secret url, Secret password, Optional<Path> cacheDirectory, Map<String, Secret> environment) {
    this(url, password, cacheDirectory, environment, false);
  }

  /** The same with another password. */
  public Repository withPassword(Secret other) {
    return new Repository(url, other, cacheDirectory, environment, hidden);
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
    secrets.addAll(RepositoryUrl.passwords(url.value()));
    if (hidden) {
      secrets.add(url);
      RepositoryUrl.of(url.value())
          .map(RepositoryUrl::asSecret)
          .ifPresent(place -> secrets.addAll(place.secrets()));
    }
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

  /** The URL for people, without a secret in it. */
  public String display() {
    if (hidden) {
      return RepositoryUrl.of(url.value())
          .map(RepositoryUrl::asSecret)
          .map(RepositoryUrl::masked)
          .orElse("***");
    }
    // A person at the machine may have given a relative path.
    return localPath().isPresent() ? url.value() : RepositoryUrl.masked(url.value());
  }

  /** Whether this text is a URL with a password in it, which no argument list should show. */
  public static boolean holdsPassword(String url) {
    return !RepositoryUrl.passwords(url).isEmpty();
  }

  /** Whether a path lies in the repository, as far as its spelling shows. */
  public boolean contains(String path) {
    try {
      return localPath()
          .filter(place -> Path.of(path).normalize().startsWith(place.normalize()))
          .isPresent();
    } catch (InvalidPathException e) {
      return false;
    }
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
