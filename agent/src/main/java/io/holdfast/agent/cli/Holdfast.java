package io.holdfast.agent.cli;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program: {@code holdfast}. */
@Command(
    name = "holdfast",
    description = "restic backups for a whole fleet, with PostgreSQL as the control plane.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.Provider.class,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done, and all is well",
      "1:something is wrong: a backup or a restore failed, or status, sync or doctor found a problem",
      "2:the command line is wrong",
      "3:the backup or the restore is partial: it is there, but something is missing in it",
      "4:the job is unknown, switched off or already running; the run is not going on; there is no"
          + " such snapshot, or no restore to that place",
      "5:the configuration file is missing or wrong",
      "6:the control plane cannot be reached, or refuses",
      "70:a bug in holdfast",
      "130:cancelled"
    })
public final class Holdfast implements Runnable {

  @Spec private CommandSpec spec;

  private Holdfast(CommandSpec spec) {
    this.spec = spec;
  }

  private Holdfast() {
    this(CommandSpec.create());
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "say what to do, such as status, runs, backup JOB, find PATTERN, restore JOB, doctor");
  }

  public static void main(String[] args) {
    // Libraries ask for the default locale, and it decides how they write digits and capitals.
    Locale.setDefault(Locale.ROOT);
    if (!VersionCommand.answeredAtOnce(args) && !Completion.answeredAtOnce(args)) {
      OptionalInt status = StatusCommand.answeredAtOnce(args);
      System.exit(status.isPresent() ? status.getAsInt() : Commands.of(args).execute(args));
    }
  }

  /** With no commands yet, see {@link Commands}. */
  static CommandLine program() {
    return new CommandLine(new Holdfast());
  }

  /** What holds for all of the program's commands. */
  static CommandLine complete(CommandLine commandLine) {
    commandLine.setExecutionStrategy(new CommandLine.RunLast());
    commandLine.setExecutionExceptionHandler(Failures::handle);
    commandLine.setParameterExceptionHandler(WrongCommandLine::handle);
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    // A job may be called @home; picocli would read its arguments from a file of that name.
    commandLine.setExpandAtFiles(false);
    Examples.addTo(commandLine);
    // What stands behind the first argument is restic's own, options too.
    Optional.ofNullable(commandLine.getSubcommands().get("restic"))
        .map(restic -> restic.getSubcommands().get("exec"))
        .ifPresent(exec -> exec.setStopAtPositional(true));
    return commandLine;
  }
}
