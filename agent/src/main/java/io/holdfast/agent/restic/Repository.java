package io.holdfast.agent.restic;

import io.holdfast.agent.secret.Redaction;
import io.holdfast.agent.secret.Secret;
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

  private static final Pattern URL_PASSWORD = Pattern.compile("://[^/@:]*:([^/@]+)@");

  public Repository {
    Objects.requireNonNull(url, "url");
    Objects.requireNonNull(password, "password");
    Objects.requireNonNull(cacheDirectory, "cacheDirectory");
    environment = Map.copyOf(environment);
  }

  /** Takes everything that is secret about this repository out of a text. */
  Redaction redaction() {
    List<Secret> secrets = new ArrayList<>(environment.values());
    secrets.add(password);
    Matcher inUrl = URL_PASSWORD.matcher(url.value());
    if (inUrl.find()) {
      secrets.add(new Secret(inUrl.group(1)));
    }
    return Redaction.of(secrets);
  }

  /** The URL for people, without a password in it. */
  String display() {
    return Redaction.none().redact(url.value());
  }

  /** The directory, if the repository is a local one. */
  Optional<Path> localPath() {
    String path = url.value().startsWith("local:") ? url.value().substring(6) : url.value();
    boolean local = path.startsWith("/") || path.matches("[A-Za-z]:[\\\\/].*");
    return local ? Optional.of(Path.of(path)) : Optional.empty();
  }
}
