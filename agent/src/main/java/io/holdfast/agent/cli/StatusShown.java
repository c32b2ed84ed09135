package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.LocalStatus.NextRun;
import io.holdfast.agent.daemon.LocalStatus.Notice;
import io.holdfast.agent.daemon.StatusReport;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Locale;

/** How this machine stands, for the person or the program that asked. */
final class StatusShown {

  private StatusShown() {}

  /**
   * @return the exit code
   */
  static int show(ConfigOption config, boolean json, PrintWriter out) throws InvalidConfig {
    try (AgentParts parts = config.parts()) {
      StatusReport report = StatusReport.of(parts);
      if (json) {
        JsonOutput.print(out, report);
      } else {
        print(out, report, parts.clock().instant());
      }
      if (!report.connected()) {
        return ExitCode.CONTROL_PLANE;
      }
      return report.attention() ? ExitCode.WRONG : ExitCode.OK;
    }
  }

  private static void print(PrintWriter out, StatusReport report, Instant now) {
    out.printf(
        "device    %s (%s), %s%n",
        Paint.strong(Visible.of(report.deviceName())), report.deviceId(), standing(report));
    out.printf(
        "database  %s, %s%n",
        report.database(),
        report.connected() ? Paint.good("connected") : Paint.bad("not reachable"));
    out.printf(
        "daemon    %s; last sync %s%n",
        report.daemonRuns()
            ? Paint.good("running") + report.daemonPid().map(pid -> " (pid " + pid + ")").orElse("")
            : Paint.bad("not running"),
        report.lastSyncAt().map(at -> Text.relative(at, now)).orElse("never"));
    out.printf("times     in %s%n", ZoneId.systemDefault());
    out.printf("restic    %s%n", report.restic().orElse(Paint.bad("none that can be used")));
    if (report.spoolWaiting() > 0 || report.spoolRefused() > 0) {
      out.printf(
          Locale.ROOT,
          "spool     %d records wait for the control plane, %d were refused%n",
          report.spoolWaiting(),
          report.spoolRefused());
    }
    out.println();
    jobs(out, report);
    if (!report.problems().isEmpty()) {
      out.println();
      report.problems().forEach(problem -> print(out, problem));
    }
    out.flush();
  }

  static void print(PrintWriter out, Notice problem) {
    out.println(
        (problem.isWarning() ? Paint.careful("~ ") : Paint.bad("! "))
            + Visible.of(Pages.named(problem.message() + ". " + problem.remedy())));
  }

  private static String standing(StatusReport report) {
    if (report.connected() && !report.registered()) {
      return Paint.careful("not registered yet");
    }
    return report.enabled() ? "enabled" : Paint.careful("paused by an admin");
  }

  private static void jobs(PrintWriter out, StatusReport report) {
    if (!report.connected()) {
      Table table = new Table("JOB", "NEXT RUN (as last synced)");
      for (NextRun job : report.lastKnownNextRuns()) {
        table.row(job.job(), Text.time(job.nextRunAt()));
      }
      table.print(out);
    } else if (report.jobs().isEmpty()) {
      out.println("no jobs; an admin adds them to the table backup_jobs");
    } else {
      JobsCommand.table(report.jobs()).print(out);
    }
  }
}
