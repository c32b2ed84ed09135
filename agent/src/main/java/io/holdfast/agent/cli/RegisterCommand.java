package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.config.NewConfigFile;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.Machine;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.sync.ConfigRows.DeviceRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast register} */
@Command(
    name = "register",
    description = {
      "Writes the configuration file if there is none, and registers this machine in the control plane.",
      "Safe to repeat: an existing file stays as it is."
    },
    mixinStandardHelpOptions = true)
final class RegisterCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private DatabaseOptions database = new DatabaseOptions();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--id",
      paramLabel = "ID",
      description = "the device's id, which never changes (default: the host name)")
  private @Nullable String id;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "the device's name (default: the id)")
  private @Nullable String name;

  @Option(names = "--restic", paramLabel = "PATH", description = "restic (default: look in PATH)")
  private @Nullable Path restic;

  @Option(
      names = "--state-directory",
      paramLabel = "DIRECTORY",
      description = "where the agent keeps its state (default: the platform's usual place)")
  private @Nullable Path stateDirectory;

  private record Registered(String deviceId, String deviceName, boolean enabled, Path config) {}

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException {
    Path file = config.path();
    boolean written = !Files.exists(file);
    if (written) {
      write(file);
    } else if (id != null
        || name != null
        || restic != null
        || stateDirectory != null
        || database.given()) {
      spec.commandLine()
          .getErr()
          .println(file + " is there already and stays as it is: the options have no effect");
    }
    try (AgentParts parts = config.parts()) {
      DeviceRow device = parts.configSource().sync(parts.heartbeat()).device();
      Registered registered = new Registered(device.id(), device.name(), device.enabled(), file);
      if (json.wanted()) {
        JsonOutput.print(spec.commandLine().getOut(), registered);
      } else {
        spec.commandLine()
            .getOut()
            .printf(
                "device \"%s\" (%s) is registered; its configuration is %s%n",
                registered.deviceName(), registered.deviceId(), file);
      }
    }
    return ExitCode.OK;
  }

  private void write(Path file) {
    String deviceId = Optional.ofNullable(id).orElseGet(() -> Machine.current().hostname());
    NewConfigFile content =
        new NewConfigFile(
            deviceId,
            Optional.ofNullable(name).orElse(deviceId),
            database.url().orElseThrow(RegisterCommand::noUrl),
            database.user(),
            database.passwordFile(),
            Optional.ofNullable(restic).map(Path::toAbsolutePath),
            Optional.ofNullable(stateDirectory).map(Path::toAbsolutePath));
    try {
      content.write(file);
    } catch (IOException e) {
      throw new UncheckedIOException("the configuration file " + file + " cannot be written", e);
    }
  }

  private static CommandFailure noUrl() {
    return new CommandFailure(
        ExitCode.USAGE,
        "there is no configuration file yet, and no --database-url to write into one",
        "Run 'holdfast register --database-url postgresql://user@host:5432/database'.");
  }
}
