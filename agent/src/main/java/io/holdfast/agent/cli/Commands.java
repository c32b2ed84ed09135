package io.holdfast.agent.cli;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;

/**
 * The commands by their names. Only the one that is asked for is described to picocli: all of them
 * would take several times as long as most commands themselves.
 */
public final class Commands {

  private record Named(String name, Class<?> type) {}

  /** In the order of the help. */
  private static final List<Named> ALL =
      List.of(
          new Named("daemon", DaemonCommand.class),
          new Named("register", RegisterCommand.class),
          new Named("sync", SyncCommand.class),
          new Named("status", StatusCommand.class),
          new Named("problems", ProblemsCommand.class),
          new Named("jobs", JobsCommand.class),
          new Named("runs", RunsCommand.class),
          new Named("backup", BackupCommand.class),
          new Named("cancel", CancelCommand.class),
          new Named("prove", ProveCommand.class),
          new Named("forget", ForgetCommand.class),
          new Named("housekeep", HousekeepCommand.class),
          new Named("snapshots", SnapshotsCommand.class),
          new Named("ls", LsCommand.class),
          new Named("find", FindCommand.class),
          new Named("diff", DiffCommand.class),
          new Named("restore", RestoreCommand.class),
          new Named("recover", RecoverCommand.class),
          new Named("rotate-credential", RotateCredentialCommand.class),
          new Named("rotate-repository-password", RotateRepositoryPasswordCommand.class),
          new Named("migrate", MigrateCommand.class),
          new Named("enrol-token", EnrolTokenCommand.class),
          new Named("recovery-key", RecoveryKeyCommand.class),
          new Named("decrypt", DecryptCommand.class),
          new Named("rebuild", RebuildCommand.class),
          new Named("secret", SecretCommand.class),
          new Named("restic", ResticCommand.class),
          new Named("doctor", DoctorCommand.class),
          new Named("version", VersionCommand.class));

  private Commands() {}

  /** The program, able to carry out these arguments. */
  static CommandLine of(String[] args) {
    Optional<Named> asked =
        Stream.of(args)
            .findFirst()
            .flatMap(
                first -> ALL.stream().filter(command -> command.name().equals(first)).findFirst());
    return asked.isPresent() ? with(asked.get()) : all();
  }

  /** The program with all its commands: for help, completion, and words that are no command. */
  public static CommandLine all() {
    CommandLine program = Holdfast.program();
    ALL.forEach(command -> program.addSubcommand(command.name(), new CommandLine(command.type())));
    program.addSubcommand(new CommandLine(GenerateCompletionCommand.class));
    program.addSubcommand(CommandLine.HelpCommand.class);
    return Holdfast.complete(program);
  }

  private static CommandLine with(Named command) {
    CommandLine program = Holdfast.program();
    program.addSubcommand(command.name(), new CommandLine(command.type()));
    return Holdfast.complete(program);
  }
}
