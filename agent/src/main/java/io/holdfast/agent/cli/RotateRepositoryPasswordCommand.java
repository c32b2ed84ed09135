package io.holdfast.agent.cli;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.PasswordRotation;
import io.holdfast.agent.daemon.PasswordRotation.Result;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.PasswordRotations.DeviceLine;
import io.holdfast.agent.secret.MachineSecrets;
import io.holdfast.agent.secret.Secret;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast rotate-repository-password} */
@Command(
    name = "rotate-repository-password",
    description = {
      "Gives the repository a new password: adds a key, and puts its password into the setting.",
      "Run it on a housekeeper, with the database login of a backup_admin. Then look with --status who",
      "has used it, and remove the old key with --finish. Safe to repeat."
    },
    mixinStandardHelpOptions = true)
final class RotateRepositoryPasswordCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private DatabaseOptions database = new DatabaseOptions();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  /** Which step it is. */
  static final class Steps {
    @Option(names = "--status", description = "only show who has used the new password")
    private boolean status;

    @Option(names = "--finish", description = "remove the old key")
    private boolean finish;

    @Option(
        names = "--new-password-file",
        paramLabel = "FILE",
        description = "the new password, which is made here otherwise")
    private @Nullable Path newPassword;
  }

  @ArgGroup(exclusive = true)
  private Steps steps = new Steps();

  @Option(
      names = "--force",
      description = "with --finish: also if devices have not used it, which are locked out then")
  private boolean force;

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException, InterruptedException {
    DatabaseAddress admin = database.orConfigured(config);
    Logging.quiet();
    try (AgentParts parts = config.parts();
        PasswordRotation rotation = new PasswordRotation(parts, admin)) {
      return show(step(rotation));
    }
  }

  private Result step(PasswordRotation rotation)
      throws ControlPlaneException, InterruptedException {
    if (steps.status) {
      return rotation.status();
    }
    return steps.finish ? rotation.finish(force) : rotation.begin(newPassword());
  }

  private Optional<Secret> newPassword() {
    Path file = steps.newPassword;
    if (file == null) {
      return Optional.empty();
    }
    try {
      Secret password = DatabaseAddress.readPassword(file);
      if (password.value().isBlank() || !password.value().equals(password.value().strip())) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "the password in " + file + " is empty, or has white space around it",
            "restic cuts that off: write it without.");
      }
      return Optional.of(password);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--new-password-file " + file + " cannot be read",
          "Check the path and its permissions.");
    }
  }

  private int show(Result result) {
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted() && !(result instanceof Result.Declined)) {
      JsonOutput.print(out, result);
      return ExitCode.OK;
    }
    return switch (result) {
      case Result.Declined(String message, String remedy) ->
          throw new CommandFailure(ExitCode.WRONG, message, remedy);
      case Result.GoesOn(List<DeviceLine> devices, Optional<String> reference) ->
          goesOn(out, devices, reference);
      case Result.Finished(List<DeviceLine> lockedOut) -> {
        out.println("the old key is removed: the old password opens nothing any more");
        lockedOut.forEach(device -> out.println("locked out until it syncs: " + device.deviceId()));
        yield ExitCode.OK;
      }
    };
  }

  private static int goesOn(PrintWriter out, List<DeviceLine> devices, Optional<String> reference) {
    reference.ifPresent(value -> out.println(toDo(value)));
    Table table = new Table("DEVICE", "NEW PASSWORD", "LAST SEEN");
    devices.forEach(device ->
        table.row(
            device.deviceId(),
            device.usesNewKey() ? "used" : "not yet",
            device.lastSeen().map(Text::time).orElse("never")));
    table.print(out);
    out.println(
        devices.stream().allMatch(DeviceLine::usesNewKey)
            ? "all have used it: --finish removes the old key"
            : "the old password stays good until all have used the new one and --finish is called");
    if (reference.isEmpty()) {
      out.println(
          "before that, write the new one down where none of these machines is: SELECT value FROM"
              + " settings WHERE key = 'repository_password' AND device_id IS NULL");
    }
    return ExitCode.OK;
  }

  private static String toDo(String reference) {
    if (reference.startsWith("file:")) {
      return "the setting is "
          + reference
          + ": write the new password into the file secrets/"
          + MachineSecrets.fileName("repository_password", reference.substring("file:".length()))
          + " of every machine";
    }
    return reference.startsWith("env:")
        ? "the setting is "
            + reference
            + ": set that variable anew for the agent's service of every machine, and start it anew"
        : "the setting is encrypted: holdfast secret encrypt repository_password <FILE, and put what it"
            + " prints into the setting";
  }
}
