package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.ManualCancel;
import io.holdfast.agent.daemon.ManualCancel.Result;
import io.holdfast.agent.run.OpenRun;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast cancel RUN} */
@Command(
    name = "cancel",
    description = {
      "Ends a run that goes on on this device, cleanly, and waits for its end.",
      "Exit code 0: it has ended. 1: it has been asked to, and has not yet. 4: no such run."
    },
    mixinStandardHelpOptions = true)
final class CancelCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "RUN",
      description = "the run's id or the beginning of it, or the name of the job that runs")
  private String run = "";

  @Override
  public Integer call() throws InvalidConfig, InterruptedException {
    try (AgentParts parts = config.parts()) {
      return switch (new ManualCancel(parts).cancel(run)) {
        case Result.Ended(OpenRun ended) -> {
          spec.commandLine()
              .getOut()
              .printf(
                  "run %s of job \"%s\" has ended%n", ended.start().id(), ended.start().jobName());
          yield ExitCode.OK;
        }
        case Result.StillThere(OpenRun still) ->
            throw new CommandFailure(
                ExitCode.WRONG,
                "run " + still.start().id() + " was asked to end and has not done so yet",
                "'holdfast status' shows when it has; the agent's log says what holds it up.");
        case Result.Declined(String message, String remedy) ->
            throw new CommandFailure(ExitCode.JOB, message, remedy);
      };
    }
  }
}
