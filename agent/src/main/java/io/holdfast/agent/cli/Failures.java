package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.files.FileFaults;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.release.CannotInstall;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** Every exception of a command becomes a sentence on standard error and an exit code. */
final class Failures {

  private Failures() {}

  static int handle(Exception failure, CommandLine commandLine, ParseResult parsed) {
    return handle(failure, commandLine.getErr());
  }

  /**
   * @return the exit code
   */
  static int handle(Exception failure, PrintWriter err) {
    return switch (failure) {
      case CommandFailure f -> say(err, f.getMessage(), f.remedy(), f.exitCode());
      case InvalidConfig f -> {
        f.findings()
            .forEach(finding -> err.println("holdfast: " + Visible.of(Pages.named(finding))));
        yield ExitCode.CONFIGURATION;
      }
      case ControlPlaneException f ->
          say(err, f.problem().message(), f.problem().remedy(), ExitCode.CONTROL_PLANE);
      case CannotRestore f -> say(err, f.getMessage(), f.remedy(), ExitCode.of(f.kind()));
      case RepositoryUnreadable f ->
          say(err, f.getMessage(), f.remedy(), ExitCode.ofUnreadable(f.meaning()));
      case CannotInstall f -> say(err, f.getMessage(), f.remedy(), ExitCode.WRONG);
      case UncheckedIOException f ->
          say(
              err,
              f.getMessage() + " (" + FileFaults.words(Objects.requireNonNull(f.getCause())) + ")",
              "",
              ExitCode.WRONG);
      case InterruptedException _ -> say(err, "cancelled", "", ExitCode.CANCELLED);
      default -> {
        err.println("holdfast: a bug: please report it with what follows");
        failure.printStackTrace(err);
        yield ExitCode.BUG;
      }
    };
  }

  /** Tells a person what goes otherwise than usual, beside the command's answer. */
  static Consumer<String> told(CommandSpec spec) {
    PrintWriter err = spec.commandLine().getErr();
    return trouble -> err.println("holdfast: " + Visible.of(trouble));
  }

  /** A sentence may name what files, rows, a repository or a server say: anybody's words. */
  private static int say(PrintWriter err, String message, String remedy, int exitCode) {
    err.println("holdfast: " + Visible.of(Pages.named(message)));
    if (!remedy.isEmpty()) {
      err.println("          " + Visible.of(Pages.named(remedy)));
    }
    return exitCode;
  }
}
