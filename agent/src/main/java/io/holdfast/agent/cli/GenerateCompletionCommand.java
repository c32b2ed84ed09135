package io.holdfast.agent.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code holdfast generate-completion} */
@Command(
    name = "generate-completion",
    description = {
      "Prints a completion script for bash and zsh: source <(holdfast generate-completion).",
      "The package has put it in its place already."
    },
    mixinStandardHelpOptions = true)
final class GenerateCompletionCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().getOut().print(Completion.script(spec.root().commandLine()));
    spec.commandLine().getOut().flush();
  }
}
