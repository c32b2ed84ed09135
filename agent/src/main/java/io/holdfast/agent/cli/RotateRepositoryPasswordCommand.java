package io.holdfast.agent.cli;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.PasswordRotation;
import io.holdfast.agent.daemon.PasswordRotation.Result;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.PasswordRotations.DeviceLine;
import io.holdfast.agent.restic.RepositoryKeys;
import io.holdfast.agent.secret.MachineSecrets;
import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.text.Blanks;
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
import picocli.CommandLine.ParameterException;
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
      description =
          "with --finish: also if devices have not used it; else: also if others have the old password"
              + " for another repository. They are locked out then")
  private boolean force;

  @Option(
      names = "--remove-others",
      description =
          "with --finish, or after it: also remove the keys that nobody put into the repository on"
              + " purpose, which open it by whatever password they have")
  private boolean removeOthers;

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException, InterruptedException {
    if (removeOthers && !steps.finish) {
      throw new ParameterException(
          spec.commandLine(),
          "--remove-others needs --finish: only then the new key is known to work.");
    }
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
    return steps.finish
        ? rotation.finish(force, removeOthers)
        : rotation.begin(newPassword(), force);
  }

  private Optional<Secret> newPassword() {
    Path file = steps.newPassword;
    if (file == null) {
      return Optional.empty();
    }
    try {
      Secret password = DatabaseAddress.readPassword(file);
      if (password.value().isEmpty() || Blanks.isAround(password.value())) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "the password in "
                + file
                + " is empty, or begins or ends with blanks or other signs that cannot be seen",
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
      return result instanceof Result.Finished finished ? exitCode(finished) : ExitCode.OK;
    }
    return switch (result) {
      case Result.Declined(String message, String remedy) ->
          throw new CommandFailure(ExitCode.WRONG, message, remedy);
      case Result.GoesOn goesOn -> goesOn(out, goesOn);
      case Result.Finished finished -> finished(out, finished);
    };
  }

  private static int finished(PrintWriter out, Result.Finished finished) {
    List<RepositoryKeys.Key> unknown = finished.unknownKeys();
    out.println(
        unknown.isEmpty()
            ? "the old key is removed: the old password opens nothing any more"
            : "the old key is removed");
    finished
        .lockedOut()
        .forEach(device -> out.println("locked out until it syncs: " + device.deviceId()));
    finished
        .removedKeys()
        .forEach(key ->
            out.println("removed too: " + key.id() + ", of " + key.user() + "@" + key.host()));
    if (!unknown.isEmpty()) {
      out.println(
          (unknown.size() == 1
                  ? "1 unknown key still opens"
                  : unknown.size() + " unknown keys still open")
              + " the repository, perhaps by the old password:");
      keys(out, unknown);
      out.println("--finish --remove-others removes " + (unknown.size() == 1 ? "it" : "them"));
    }
    return exitCode(finished);
  }

  private static int exitCode(Result.Finished finished) {
    return finished.unknownKeys().isEmpty() ? ExitCode.OK : ExitCode.WRONG;
  }

  private static void keys(PrintWriter out, List<RepositoryKeys.Key> keys) {
    Table table = new Table("KEY", "USER", "HOST", "CREATED");
    keys.forEach(key -> table.row(key.id(), key.user(), key.host(), key.created()));
    table.print(out);
    out.println("if you know one: UPDATE repository_keys SET known = true WHERE id LIKE '...%'");
  }

  private static int goesOn(PrintWriter out, Result.GoesOn goesOn) {
    List<DeviceLine> devices = goesOn.devices();
    Optional<String> reference = goesOn.reference();
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
    if (!goesOn.doubtful().isEmpty()) {
      out.println(
          "these say that they back up into another repository, though no setting of theirs does, and are"
              + " not waited for: "
              + String.join(", ", goesOn.doubtful()));
    }
    if (!goesOn.unknownKeys().isEmpty()) {
      out.println("keys that nobody put into the repository on purpose:");
      keys(out, goesOn.unknownKeys());
      out.println("--finish --remove-others removes them with the old one");
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
