package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.LocalStatus.Notice;
import io.holdfast.agent.daemon.StatusReport;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code holdfast problems} */
@Command(
    name = "problems",
    description = {
      "Lists what is wrong on this device and what to do about it; also while the database is away.",
      "Exit code 0: nothing, or warnings alone. 1: something is wrong."
    },
    mixinStandardHelpOptions = true)
final class ProblemsCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws InvalidConfig {
    PrintWriter out = spec.commandLine().getOut();
    try (AgentParts parts = config.parts()) {
      List<Notice> problems = StatusReport.of(parts).problems();
      if (json.wanted()) {
        JsonOutput.print(out, problems);
      } else if (problems.isEmpty()) {
        out.println("no problems");
      } else {
        problems.forEach(problem -> StatusShown.print(out, problem));
      }
      out.flush();
      return problems.stream().allMatch(Notice::isWarning) ? ExitCode.OK : ExitCode.WRONG;
    }
  }
}
