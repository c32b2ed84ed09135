package io.holdfast.agent.config;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What the configuration depends on besides its file.
 *
 * @param variables the environment variables
 * @param home the user's home directory
 * @param userName who the process runs as; also the database user if nothing names one
 * @param windows whether the places are those of Windows
 * @param privileged whether the process is a service or root, so that the places are the machine's
 */
public record Environment(
    Map<String, String> variables,
    Path home,
    String userName,
    boolean windows,
    boolean privileged) {

  public Environment {
    variables = Map.copyOf(variables);
  }

  Optional<String> variable(String name) {
    return Optional.ofNullable(variables.get(name)).filter(value -> !value.isBlank());
  }

  /** Where the configuration file is expected. */
  Path configFile() {
    if (windows) {
      return programData().resolve("holdfast.yaml");
    }
    if (privileged) {
      return Path.of("/etc/holdfast/holdfast.yaml");
    }
    return variable("XDG_CONFIG_HOME")
        .filter(AbsolutePath::is)
        .map(Path::of)
        .orElse(home.resolve(".config"))
        .resolve("holdfast/holdfast.yaml");
  }

  /** Where the agent keeps its state if the file does not say. */
  public Path stateDirectory() {
    if (windows) {
      return programData().resolve("state");
    }
    if (privileged) {
      return Path.of("/var/lib/holdfast");
    }
    return variable("XDG_STATE_HOME")
        .filter(AbsolutePath::is)
        .map(Path::of)
        .orElse(home.resolve(".local/state"))
        .resolve("holdfast");
  }

  /** Where the daemon logs to if the file does not say; empty for standard error. */
  Optional<Path> logFile() {
    // procrun would put what comes to standard error into files that nobody ever removes.
    return Optional.of(windows)
        .filter(Boolean::booleanValue)
        .map(_ -> programData().resolve("logs").resolve("holdfast.log"));
  }

  private Path programData() {
    return Path.of(variable("ProgramData").orElse("C:\\ProgramData")).resolve("Holdfast");
  }
}
