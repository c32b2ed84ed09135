package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.JobsAndRuns;
import io.holdfast.agent.daemon.JobsAndRuns.Known;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.DeviceReports.JobLine;
import io.holdfast.agent.postgres.DeviceReports.RunLine;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast runs [JOB]} */
@Command(
    name = "runs",
    description = "Lists the newest runs of this device, or of one of its jobs.",
    mixinStandardHelpOptions = true)
final class RunsCommand implements Callable<Integer> {

  private static final int MOST = 10_000;

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(arity = "0..1", paramLabel = "JOB", description = "the job's name or id")
  private @Nullable String job;

  @Option(
      names = {"-n", "--last"},
      paramLabel = "N",
      defaultValue = "20",
      description = "how many runs to list, 1 to " + MOST + " (default: ${DEFAULT-VALUE})")
  private int last;

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException {
    if (last < 1 || last > MOST) {
      throw new ParameterException(
          spec.commandLine(), "--last takes a number from 1 to " + MOST + ", not " + last);
    }
    PrintWriter out = spec.commandLine().getOut();
    try (AgentParts parts = config.parts()) {
      Known known =
          new JobsAndRuns(parts, Failures.told(spec)).runs(Optional.ofNullable(job), last);
      List<RunLine> runs = known.runs();
      if (runs.isEmpty() && job != null) {
        checkJob(job, known.jobs());
      }
      if (json.wanted()) {
        JsonOutput.print(out, runs);
      } else if (runs.isEmpty()) {
        out.println("no runs yet");
      } else {
        print(out, runs);
      }
    }
    return ExitCode.OK;
  }

  /** A job that is gone may still have runs; one that never was is a slip of the hand. */
  private static void checkJob(String asked, List<JobLine> jobs) {
    if (jobs.stream()
        .noneMatch(
            its -> its.jobName().equals(asked) || its.jobId().toString().equalsIgnoreCase(asked))) {
      throw new CommandFailure(
          ExitCode.JOB,
          "this device has no job \"" + asked + "\", and no run of one",
          jobs.isEmpty()
              ? "It has no jobs at all; an admin adds them to the table backup_jobs."
              : "It has: "
                  + jobs.stream().map(JobLine::jobName).collect(Collectors.joining(", "))
                  + ".");
    }
  }

  private static void print(PrintWriter out, List<RunLine> runs) {
    Table table =
        new Table("STARTED", "JOB", "OUTCOME", "BY", "TOOK", "FILES", "ADDED", "SNAPSHOT")
            .coloured(2, Paint::outcome)
            .without(3)
            .without(5);
    for (RunLine run : runs) {
      table.row(
          Text.time(run.startTime()),
          run.jobName(),
          run.outcome(),
          run.triggeredBy(),
          run.durationSeconds().map(seconds -> seconds + " s").orElse("-"),
          run.totalFilesProcessed().map(String::valueOf).orElse("-"),
          run.dataAddedBytes().map(Text::bytes).orElse("-"),
          run.snapshotId().map(id -> id.substring(0, Math.min(8, id.length()))).orElse("-"));
    }
    table.print(out);
    runs.stream()
        .filter(run -> run.errorMessage().isPresent())
        .findFirst()
        .ifPresent(run ->
            out.println(
                System.lineSeparator()
                    + "the newest that is not a success, "
                    + Text.time(run.startTime())
                    + ": "
                    + Visible.of(run.errorMessage().get())));
  }
}
