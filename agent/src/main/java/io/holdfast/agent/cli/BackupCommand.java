package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.ManualRun;
import io.holdfast.agent.daemon.ManualRun.Result;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunStatistics;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast backup JOB} */
@Command(
    name = "backup",
    description = {
      "Runs a job now and waits for its end; Ctrl-C cancels it cleanly.",
      "Exit code 0: success. 1: failed. 3: partial. 4: not run. 130: cancelled."
    },
    mixinStandardHelpOptions = true)
final class BackupCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "JOB", description = "the job's name or id")
  private String job = "";

  /** What {@code --json} prints. */
  private record Ended(
      String runUuid,
      String jobName,
      Instant startTime,
      Instant endTime,
      String outcome,
      String code,
      String errorMessage,
      Optional<Integer> exitCode,
      long durationSeconds,
      Optional<String> snapshotId,
      Optional<RunStatistics> statistics,
      boolean delivered) {}

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException, InterruptedException {
    Logging.quiet();
    PrintWriter err = spec.commandLine().getErr();
    ProgressBar bar = new ProgressBar(err, !json.wanted() && ProgressBar.onTerminal());
    try (CancelOnSignal signal = new CancelOnSignal();
        AgentParts parts = config.parts()) {
      Result result =
          new ManualRun(parts)
              .run(
                  job,
                  bar,
                  signal.cancellation(),
                  trouble -> err.println("holdfast: " + Visible.of(trouble)));
      bar.clear();
      return switch (result) {
        case Result.Declined(String message, String remedy) ->
            throw new CommandFailure(ExitCode.JOB, message, remedy);
        case Result.Ran ran -> show(ran);
      };
    }
  }

  private int show(Result.Ran ran) {
    RunFinished finished = ran.finished();
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted()) {
      JsonOutput.print(out, ended(ran));
    } else {
      print(out, finished);
    }
    out.flush();
    ran.undelivered()
        .ifPresent(why ->
            spec.commandLine()
                .getErr()
                .println(
                    "the outcome waits in the spool, and the daemon delivers it: "
                        + why.message()));
    return ExitCode.of(finished.verdict().outcome());
  }

  private static void print(PrintWriter out, RunFinished finished) {
    out.printf(
        "job \"%s\": %s after %s%n",
        Visible.of(finished.start().jobName()),
        Paint.outcome(finished.verdict().outcome().word()),
        Text.rough(finished.duration()));
    finished
        .statistics()
        .ifPresent(s -> {
          out.printf(
              Locale.ROOT,
              "  files  %d new, %d changed, %d unmodified%n",
              s.filesNew(),
              s.filesChanged(),
              s.filesUnmodified());
          out.printf(
              "  data   %s read, %s added%n",
              Text.bytes(s.totalBytesProcessed()), Text.bytes(s.dataAddedBytes()));
        });
    finished.snapshotId().ifPresent(id -> out.printf("  snapshot %s%n", id));
    if (!finished.verdict().sentence().isEmpty()) {
      out.println("  " + finished.verdict().sentence() + ". " + finished.verdict().remedy());
    }
  }

  private static Ended ended(Result.Ran ran) {
    RunFinished finished = ran.finished();
    return new Ended(
        finished.start().id().toString(),
        finished.start().jobName(),
        finished.start().startedAt(),
        finished.endedAt(),
        finished.verdict().outcome().word(),
        finished.verdict().code(),
        finished.verdict().sentence(),
        finished.exitCode(),
        finished.duration().toSeconds(),
        finished.snapshotId(),
        finished.statistics(),
        ran.undelivered().isEmpty());
  }
}
