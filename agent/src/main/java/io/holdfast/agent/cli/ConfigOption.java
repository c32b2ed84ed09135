package io.holdfast.agent.cli;

import io.holdfast.agent.config.Environment;
import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.config.LocalConfig;
import io.holdfast.agent.config.LocalConfigFile;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.Machine;
import io.holdfast.agent.postgres.Database;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** {@code --config}, and what a command makes of the file that it names. */
final class ConfigOption {

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = {
        "the configuration file; else the one that HOLDFAST_CONFIG names, else the usual place;",
        "for root /etc/holdfast/holdfast.yaml"
      })
  private @Nullable Path file;

  /** The file that is meant, whether it exists or not. */
  Path path() {
    return Optional.ofNullable(file)
        .orElseGet(() -> LocalConfigFile.usualPlace(environment()))
        .toAbsolutePath();
  }

  /** Whether somebody has said which file is meant. */
  boolean isNamed() {
    return file != null
        || !Objects.requireNonNullElse(System.getenv("HOLDFAST_CONFIG"), "").isBlank();
  }

  Environment environment() {
    return Machine.environment();
  }

  LocalConfig load() throws InvalidConfig {
    LocalConfig config = LocalConfigFile.load(path(), environment());
    config.warnings().forEach(warning -> LoggerFactory.getLogger("config").warn("{}", warning));
    return config;
  }

  /** The same without a word of what may be amiss in it. */
  LocalConfig quietly() throws InvalidConfig {
    return LocalConfigFile.load(path(), environment());
  }

  /** The parts for a command that asks a few things and ends. */
  AgentParts parts() throws InvalidConfig {
    LocalConfig config = load();
    return new AgentParts(
        config, Machine.current(), Database.direct(config.database()), Clock.systemUTC());
  }
}
