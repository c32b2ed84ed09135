package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.JobsAndRuns;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.DeviceReports.JobLine;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code holdfast jobs} */
@Command(
    name = "jobs",
    description = "Lists the jobs of this device, switched-off ones too.",
    mixinStandardHelpOptions = true)
final class JobsCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException {
    PrintWriter out = spec.commandLine().getOut();
    try (AgentParts parts = config.parts()) {
      List<JobLine> jobs = new JobsAndRuns(parts, Failures.told(spec)).jobs();
      if (json.wanted()) {
        JsonOutput.print(out, jobs);
      } else if (jobs.isEmpty()) {
        out.println("this device has no jobs; an admin adds them to the table backup_jobs");
      } else {
        table(jobs).print(out);
      }
    }
    return ExitCode.OK;
  }

  static Table table(List<JobLine> jobs) {
    Table table =
        new Table("JOB", "LAST RUN", "OUTCOME", "NEXT RUN", "ID")
            .coloured(2, Paint::outcome)
            .without(4);
    for (JobLine job : jobs) {
      table.row(
          job.jobName(),
          Text.time(job.lastRunStart()),
          job.lastRunOutcome().orElse("never ran")
              + job.percentDone().map(percent -> " " + Math.round(percent) + " %").orElse(""),
          job.jobEnabled() ? Text.time(job.nextRunAt()) : "switched off",
          job.jobId().toString());
    }
    return table;
  }
}
