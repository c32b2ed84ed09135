package io.holdfast.agent.cli;

import io.holdfast.agent.daemon.ManualHousekeeping.Result;
import io.holdfast.agent.maintenance.HousekeepingBook.JobPolicy;
import io.holdfast.agent.restic.ForgetReport;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What came of housekeeping, for the person who asked for it. */
final class HousekeepingShown {

  private HousekeepingShown() {}

  /** What {@code --json} prints of one that was done. */
  private record Ended(
      String kind, String outcome, String code, String message, Map<String, Object> statistics) {}

  /** What {@code --json} prints of one that was not. */
  private record WouldForget(
      String jobName, String policy, ForgetReport snapshots, int passedOver) {}

  /**
   * @return the exit code
   */
  static int show(PrintWriter out, boolean json, Result result) {
    return switch (result) {
      case Result.Declined(String message, String remedy) ->
          throw new CommandFailure(ExitCode.WRONG, message, remedy);
      case Result.Unknown(String message, String remedy) ->
          throw new CommandFailure(ExitCode.JOB, message, remedy);
      case Result.Ended(HousekeepingEnded ended) -> ended(out, json, ended);
      case Result.Shown shown -> shown(out, json, shown);
    };
  }

  private static int ended(PrintWriter out, boolean json, HousekeepingEnded ended) {
    var verdict = ended.verdict();
    if (json) {
      JsonOutput.print(
          out,
          new Ended(
              ended.run().kind(),
              verdict.outcome().word(),
              verdict.code(),
              verdict.sentence(),
              ended.statistics()));
    } else {
      out.println(
          ended.run().kind()
              + ": "
              + Paint.outcome(verdict.outcome().word())
              + (verdict.sentence().isEmpty()
                  ? ""
                  : ": " + verdict.sentence() + ". " + verdict.remedy()));
      if (!ended.statistics().isEmpty()) {
        out.println(
            Visible.of(
                ended.statistics().entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .map(entry -> entry.getKey().replace('_', ' ') + ": " + entry.getValue())
                    .collect(Collectors.joining(", "))));
      }
      out.print(ended.standardOutput());
      out.flush();
    }
    return ExitCode.of(verdict.outcome());
  }

  private static int shown(PrintWriter out, boolean json, Result.Shown shown) {
    JobPolicy job = shown.job();
    String policy = job.policy().orElse("");
    ForgetReport snapshots = shown.snapshots();
    if (json) {
      JsonOutput.print(out, new WouldForget(job.jobName(), policy, snapshots, shown.passedOver()));
      return ExitCode.OK;
    }
    out.printf(
        Locale.ROOT,
        "job \"%s\", policy \"%s\": %d would go, %d would stay%n",
        Visible.of(job.jobName()),
        Visible.of(policy),
        snapshots.removed().size(),
        snapshots.kept().size());
    if (shown.passedOver() > 0) {
      out.printf(
          Locale.ROOT,
          "%d more bear its tag, and do not count: no run is known to have told of them, or they are"
              + " dated in the future%n",
          shown.passedOver());
    }
    Table table = new Table("SNAPSHOT", "MADE", "");
    snapshots
        .removed()
        .forEach(gone -> table.row(brief(gone.id()), Text.time(gone.time()), "goes"));
    snapshots
        .kept()
        .forEach(kept ->
            table.row(
                brief(kept.id()),
                Text.time(kept.time()),
                "stays: " + String.join(", ", kept.rules())));
    table.print(out);
    return ExitCode.OK;
  }

  private static String brief(String id) {
    return id.substring(0, Math.min(8, id.length()));
  }
}
