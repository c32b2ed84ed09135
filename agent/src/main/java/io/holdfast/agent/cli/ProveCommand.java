package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.ManualProof;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.run.RunRecord.ProofEnded;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast prove JOB} */
@Command(
    name = "prove",
    description = {
      "Restores a sample of a job's newest snapshot to a scratch directory and compares it with"
          + " what the repository says, and with what this machine still has unchanged.",
      "Exit code 0: all came back. 1: something did not."
    },
    mixinStandardHelpOptions = true)
final class ProveCommand implements Callable<Integer> {

  /** As the column verify_files has it. */
  private static final int MOST_FILES = 1000;

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "JOB", description = "the job's name or id")
  private String job = "";

  @Option(
      names = "--files",
      paramLabel = "N",
      description = "how many files, instead of the job's verify_files")
  private @Nullable Integer files;

  /** What {@code --json} prints. */
  private record Proof(
      String jobName,
      String outcome,
      String code,
      String message,
      Optional<String> snapshotId,
      int files,
      long bytes,
      int withSource,
      List<String> failures) {}

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException, InterruptedException {
    if (files != null && (files < 1 || files > MOST_FILES)) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--files is " + files + ", and a sample has 1 to " + MOST_FILES + " files",
          "Write a number within that.");
    }
    Logging.quiet();
    try (CancelOnSignal signal = new CancelOnSignal();
        AgentParts parts = config.parts()) {
      return switch (new ManualProof(parts, signal.cancellation())
          .prove(job, Optional.ofNullable(files))) {
        case ManualProof.Result.Declined(String message, String remedy) ->
            throw new CommandFailure(ExitCode.JOB, message, remedy);
        case ManualProof.Result.Ended(ProofEnded ended) -> show(ended);
      };
    }
  }

  private int show(ProofEnded ended) {
    PrintWriter out = spec.commandLine().getOut();
    var verdict = ended.verdict();
    if (json.wanted()) {
      JsonOutput.print(
          out,
          new Proof(
              ended.jobName(),
              verdict.outcome().word(),
              verdict.code(),
              verdict.sentence(),
              ended.snapshotId(),
              ended.files(),
              ended.bytes(),
              ended.withSource(),
              ended.failures()));
    } else {
      out.printf(
          Locale.ROOT,
          "job \"%s\": %s; %d files (%s) came back%s, %d of them are still the same on this"
              + " machine%n",
          Visible.of(ended.jobName()),
          Paint.outcome(verdict.outcome().word()),
          ended.files(),
          Text.bytes(ended.bytes()),
          ended.snapshotId().map(id -> " from snapshot " + id.substring(0, 8)).orElse(""),
          ended.withSource());
      if (!verdict.sentence().isEmpty()) {
        out.println("  " + verdict.sentence() + ". " + verdict.remedy());
      }
      ended.failures().forEach(file -> out.println("  ! " + file));
    }
    return ExitCode.of(verdict.outcome());
  }
}
