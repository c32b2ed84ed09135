package io.holdfast.agent.cli;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.config.EnrolmentToken;
import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.config.InvalidDatabaseUrl;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.DeviceLogins;
import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.text.Visible;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
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
      "'holdfast register --token TOKEN' on that machine does the rest. Run it as a backup_admin, with the",
      "URL by which that machine reaches the database: the token takes it along, and the certificate of the",
      "authority that has signed the server's.",
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
      Map<String, String> known = logins.names();
      String user =
          logins.issue(
              device, Optional.ofNullable(name), Optional.ofNullable(platform), password, expires);
      EnrolmentToken token = EnrolmentToken.of(address, user, password, device);
      if (json.wanted()) {
        JsonOutput.print(spec.commandLine().getOut(), new Issued(device, user, token.text()));
      } else {
        spec.commandLine().getOut().println(token.text());
      }
      spec.commandLine().getOut().flush();
      tell(known);
      tellWhere(address, token);
      tryAsTheMachine(address, token);
    }
    return ExitCode.OK;
  }

  /** Beside the token, so that only it can be read from the output. */
  private void say(String sentence) {
    spec.commandLine().getErr().println("holdfast: " + Visible.of(sentence));
  }

  private void tell(Map<String, String> known) {
    String until =
        "the token is good until " + Text.time(Clock.systemUTC().instant().plus(expires));
    String there = known.get(device);
    if (there == null) {
      String alike =
          known.keySet().stream()
              .filter(device::equalsIgnoreCase)
              .findFirst()
              .map(id -> " (and another one than \"" + id + "\")")
              .orElse("");
      say("device \"" + device + "\" is new" + alike + "; " + until);
      return;
    }
    say("device \"" + device + "\" is there already, as \"" + there + "\"; " + until);
    if (name != null && !name.equals(there)) {
      say(
          "--name has no effect on it; to rename it: UPDATE devices SET name = '...' WHERE id = '"
              + device
              + "'");
    }
    if (platform != null) {
      say("--platform has no effect on it: the machine itself says what it is");
    }
  }

  private void tellWhere(DatabaseAddress address, EnrolmentToken token) {
    if (address.isLocal()) {
      say(
          "the token leads to "
              + address.display()
              + ", which is this machine itself: for any other one give --database-url the name by"
              + " which that reaches the server");
    }
    if (token.certificates().isEmpty()) {
      address
          .authoritiesFile()
          .ifPresent(file ->
              say(
                  "the certificates in "
                      + file
                      + " do not fit into the token: put that file in the same place on the machine"));
    }
  }

  /** What hinders the machine is better told to the admin, who can mend it, than there. */
  private void tryAsTheMachine(DatabaseAddress address, EnrolmentToken token) {
    try (DeviceLogins tried = new DeviceLogins(asTheMachine(address, token))) {
      tried.isDevice();
    } catch (ControlPlaneException e) {
      say(
          "the token was tried from here as the machine will try it, and does not work yet: "
              + e.problem().message());
      spec.commandLine().getErr().println("          " + Visible.of(e.problem().remedy()));
    }
  }

  private static DatabaseAddress asTheMachine(DatabaseAddress address, EnrolmentToken token) {
    try {
      DatabaseAddress there = token.address();
      return token.certificates().isPresent()
          ? address.authoritiesUsed().map(there::provedBy).orElse(there)
          : there;
    } catch (InvalidDatabaseUrl e) {
      throw new IllegalStateException("a URL that has been read cannot be written", e);
    }
  }
}
