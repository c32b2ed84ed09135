package io.holdfast.agent.sync;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.location.RepositoryUrl;
import io.holdfast.agent.location.UrlFault;
import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.secret.SecretSource;
import io.holdfast.agent.text.Blanks;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The settings that say where the repository is and how it is opened. They are judged together: a
 * secret of this machine is looked up only for a place to which this machine lets it go.
 */
final class RepositoryReading {

  static final String URL = "repository_url";
  static final String PASSWORD = "repository_password";
  static final String ENVIRONMENT = "repository_environment";
  static final String CACHE_DIR = "repository_cache_dir";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, String> values;
  private final SecretSource secrets;
  private final PolicyCheck check;
  private final List<Problem> problems;

  RepositoryReading(
      Map<String, String> values, SecretSource secrets, PolicyCheck check, List<Problem> problems) {
    this.values = values;
    this.secrets = secrets;
    this.check = check;
    this.problems = problems;
  }

  /** As far as it may be used. */
  record Repository(
      Optional<RepositoryUrl> url, Optional<Secret> password, Map<String, Secret> environment) {}

  Repository read() {
    Optional<RepositoryUrl> url = url();
    if (url.isEmpty() && text(URL).isPresent()) {
      return new Repository(Optional.empty(), Optional.empty(), Map.of());
    }
    Optional<Map<String, Secret>> environment = environment(url);
    return new Repository(
        environment.isPresent() ? url : Optional.empty(),
        text(PASSWORD).flatMap(value -> secret(PASSWORD, value)).map(this::lookedAt),
        environment.orElse(Map.of()));
  }

  /** restic's own variable RESTIC_PASSWORD cuts nothing off, and so would not open it. */
  private Secret lookedAt(Secret password) {
    if (Blanks.isAround(password.value())) {
      problems.add(
          Problem.ofSetting(
                  "password-has-blanks",
                  PASSWORD,
                  "setting \""
                      + PASSWORD
                      + "\" begins or ends with blanks or other signs that cannot"
                      + " be seen, which restic cuts off",
                  "Write it without them: the repository has it without.")
              .asWarning());
    }
    return password;
  }

  /** The directory of restic's cache; empty for the agent's own. */
  Optional<String> cacheDirectory() {
    return text(CACHE_DIR).map(String::strip).filter(this::isAbsolute).filter(check::allowsCache);
  }

  private boolean isAbsolute(String directory) {
    try {
      if (Path.of(directory).isAbsolute()) {
        return true;
      }
    } catch (InvalidPathException e) {
      // Answered below.
    }
    invalid(
        CACHE_DIR,
        "is no absolute path on this machine; the agent's own directory is used",
        "Write a path from the root on, or leave it empty.");
    return false;
  }

  private Optional<RepositoryUrl> url() {
    Optional<String> written = text(URL);
    if (written.isEmpty()) {
      return Optional.empty();
    }
    boolean reference = secrets.isReference(written.get());
    return secret(URL, written.get())
        .flatMap(found -> readable(found, reference))
        .map(url -> reference ? url.asSecret() : url)
        .filter(check::allows);
  }

  private Optional<RepositoryUrl> readable(Secret found, boolean reference) {
    return switch (RepositoryUrl.read(found.value())) {
      case RepositoryUrl.Read.Bad(UrlFault fault) -> refused(fault, reference);
      case RepositoryUrl.Read.Good(RepositoryUrl url) ->
          url.meansTheSameHere() ? Optional.of(url) : refused(UrlFault.RELATIVE, reference);
    };
  }

  private Optional<RepositoryUrl> refused(UrlFault fault, boolean reference) {
    invalid(
        URL,
        reference ? "refers to what is no repository's URL: that " + fault.why() : fault.why(),
        fault.remedy());
    return Optional.empty();
  }

  /** Empty if it is of no use, and the repository with it. */
  private Optional<Map<String, Secret>> environment(Optional<RepositoryUrl> url) {
    Optional<String> written = text(ENVIRONMENT);
    if (written.isEmpty()) {
      return Optional.of(Map.of());
    }
    boolean reference = secrets.isReference(written.get());
    if (reference && url.filter(check::mayHaveOurCredentials).isEmpty()) {
      return Optional.empty();
    }
    Optional<Map<String, Secret>> variables =
        secret(ENVIRONMENT, written.get()).flatMap(this::variables);
    boolean leadsElsewhere =
        !reference
            && variables.isPresent()
            && url.filter(place -> !check.allowsPlace(place, variables.get().keySet())).isPresent();
    return leadsElsewhere ? Optional.empty() : variables.or(() -> Optional.of(Map.of()));
  }

  private Optional<Map<String, Secret>> variables(Secret written) {
    try {
      JsonNode node = JSON.readTree(written.value());
      if (node.isObject() && node.valueStream().allMatch(JsonNode::isTextual)) {
        Map<String, Secret> environment = new HashMap<>();
        node.forEachEntry((name, value) -> environment.put(name, new Secret(value.textValue())));
        return Optional.of(environment);
      }
    } catch (JsonProcessingException e) {
      // Answered below; the exception's own text quotes the value, which is secret.
    }
    invalid(
        ENVIRONMENT,
        "is no JSON object of strings and is not used",
        "Write a JSON object, such as {\"AWS_ACCESS_KEY_ID\": \"...\"}.");
    return Optional.empty();
  }

  /** An empty value is the same as none: the seed's default rows are empty strings. */
  private Optional<String> text(String key) {
    return Optional.ofNullable(values.get(key)).filter(value -> !value.isBlank());
  }

  /** The secret that the value is, or refers to. */
  private Optional<Secret> secret(String key, String value) {
    return switch (secrets.find(key, value)) {
      case SecretSource.Found.Plain(Secret found) -> Optional.of(found);
      case SecretSource.Found.Missing(String why, String remedy) -> {
        invalid(key, why, remedy);
        yield Optional.empty();
      }
    };
  }

  private void invalid(String key, String whatIsWrong, String remedy) {
    problems.add(
        Problem.ofSetting(
            "setting-invalid", key, "setting \"" + key + "\" " + whatIsWrong, remedy));
  }
}
