package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.LocalStatus.NextRun;
import io.holdfast.agent.daemon.LocalStatus.Notice;
import io.holdfast.agent.daemon.StatusReport;
import java.io.PrintWriter;
import java.time.Instant;
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
    try (AgentParts parts = config.parts()) {
      StatusReport report = StatusReport.of(parts);
      if (json.wanted()) {
        JsonOutput.print(spec.commandLine().getOut(), report);
      } else {
        print(report, parts.clock().instant());
      }
      if (!report.connected()) {
        return ExitCode.CONTROL_PLANE;
      }
      return report.attention() ? ExitCode.WRONG : ExitCode.OK;
    }
  }

  private void print(StatusReport report, Instant now) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "device    %s (%s), %s%n",
        Paint.strong(report.deviceName()), report.deviceId(), standing(report));
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
    out.printf("restic    %s%n", report.restic().orElse(Paint.bad("none that can be used")));
    if (report.spoolWaiting() > 0 || report.spoolRefused() > 0) {
      out.printf(
          "spool     %d records wait for the control plane, %d were refused%n",
          report.spoolWaiting(), report.spoolRefused());
    }
    out.println();
    jobs(out, report);
    if (!report.problems().isEmpty()) {
      out.println();
      for (Notice problem : report.problems()) {
        out.println(
            (problem.isWarning() ? Paint.careful("~ ") : Paint.bad("! "))
                + problem.message()
                + ". "
                + problem.remedy());
      }
    }
    out.flush();
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
