package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code holdfast status} */
@Command(
    name = "status",
    description = {
      "Tells at a glance how this machine stands: device, connection, last sync, every job, what is wrong.",
      "Exit code 0: all is well. 1: something needs attention. 6: the control plane cannot be asked."
    },
    mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws InvalidConfig {
    return StatusShown.show(config, json.wanted(), spec.commandLine().getOut());
  }

  /**
   * The exit code of {@code holdfast status} with nothing behind it; empty for any other command
   * line. What watches a machine asks for it often, and picocli would take as long as the answer.
   */
  static OptionalInt answeredAtOnce(String[] args) {
    if (args.length != 1 || !args[0].equals("status")) {
      return OptionalInt.empty();
    }
    PrintWriter out = writer(System.out);
    try {
      return OptionalInt.of(StatusShown.show(new ConfigOption(), false, out));
    } catch (InvalidConfig | RuntimeException e) {
      return OptionalInt.of(Failures.handle(e, writer(System.err)));
    }
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, stream.charset()), true);
  }
}
