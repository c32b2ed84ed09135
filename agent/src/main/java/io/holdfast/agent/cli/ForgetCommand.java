package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.ManualHousekeeping;
import io.holdfast.agent.job.ControlPlaneException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast forget JOB} */
@Command(
    name = "forget",
    description = {
      "Applies the retention policy of a job to its snapshots now; only on a housekeeper.",
      "With --dry-run, on any device that may see the job: shows what would go, and why the rest stays."
    },
    mixinStandardHelpOptions = true)
final class ForgetCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "JOB", description = "the job's name or id")
  private String job = "";

  @Option(
      names = {"-n", "--dry-run"},
      description = "show what would be done, and do nothing")
  private boolean dryRun;

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException, InterruptedException {
    Logging.quiet();
    try (CancelOnSignal signal = new CancelOnSignal();
        AgentParts parts = config.parts()) {
      ManualHousekeeping housekeeping = new ManualHousekeeping(parts, signal.cancellation());
      return HousekeepingShown.show(
          spec.commandLine().getOut(),
          json.wanted(),
          dryRun ? housekeeping.wouldForget(job) : housekeeping.forget(job));
    }
  }
}
