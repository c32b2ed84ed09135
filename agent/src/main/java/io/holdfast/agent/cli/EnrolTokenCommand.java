package io.holdfast.agent.cli;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.config.EnrolmentToken;
import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.DeviceLogins;
import io.holdfast.agent.secret.Secret;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast enrol-token} */
@Command(
    name = "enrol-token",
    description = {
      "Makes a machine's login and prints a token for it, which is good once and for a while:",
      "'holdfast register --token TOKEN' on that machine does the rest. Run it as a backup_admin.",
      "A token for a device that has a login already puts an end to that one's password."
    },
    mixinStandardHelpOptions = true)
final class EnrolTokenCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private DatabaseOptions database = new DatabaseOptions();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--device",
      required = true,
      paramLabel = "ID",
      description = "the device's id; the device is made if there is none")
  private String device = "";

  @Option(names = "--name", paramLabel = "NAME", description = "its name (default: the id)")
  private @Nullable String name;

  @Option(
      names = "--platform",
      paramLabel = "PLATFORM",
      description = "linux (default), windows, darwin or freebsd")
  private @Nullable String platform;

  @Option(
      names = "--expires",
      paramLabel = "TIME",
      defaultValue = "1h",
      converter = Durations.class,
      description = "how long the token is good: 1m to 30d (default: ${DEFAULT-VALUE})")
  private Duration expires = Duration.ofHours(1);

  private record Issued(String deviceId, String user, String token) {}

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException {
    DatabaseAddress address = database.orConfigured(config);
    Secret password = DeviceLogins.newPassword();
    try (DeviceLogins logins = new DeviceLogins(address)) {
      String user =
          logins.issue(
              device, Optional.ofNullable(name), Optional.ofNullable(platform), password, expires);
      String token = new EnrolmentToken(address.urlForOthers(), user, password, device).text();
      if (json.wanted()) {
        JsonOutput.print(spec.commandLine().getOut(), new Issued(device, user, token));
      } else {
        spec.commandLine().getOut().println(token);
      }
    }
    return ExitCode.OK;
  }
}
