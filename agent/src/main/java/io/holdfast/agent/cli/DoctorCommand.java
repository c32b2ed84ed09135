package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.Doctor;
import io.holdfast.agent.daemon.Doctor.Finding;
import io.holdfast.agent.daemon.Doctor.Grade;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code holdfast doctor} */
@Command(
    name = "doctor",
    description = {
      "Checks configuration, database, schema, clock, restic, repository, jobs and source paths,"
          + " and says what to do about each finding.",
      "Exit code 0: no errors, though there may be warnings. 1: at least one error."
    },
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws InvalidConfig, InterruptedException {
    try (AgentParts parts = config.parts()) {
      List<Finding> findings = new Doctor(parts).examine();
      if (json.wanted()) {
        JsonOutput.print(spec.commandLine().getOut(), findings);
      } else {
        print(spec.commandLine().getOut(), findings);
      }
      return findings.stream().anyMatch(f -> f.grade() == Grade.ERROR)
          ? ExitCode.WRONG
          : ExitCode.OK;
    }
  }

  private static void print(PrintWriter out, List<Finding> findings) {
    for (Finding finding : findings) {
      String grade =
          switch (finding.grade()) {
            case OK -> Paint.good("ok     ");
            case WARNING -> Paint.careful("warning");
            case ERROR -> Paint.bad("error  ");
          };
      out.printf(
          "%s  %s: %s%n",
          grade, Visible.of(finding.check()), Visible.of(Pages.named(finding.message())));
      if (!finding.remedy().isEmpty()) {
        out.printf("         %s%n", Visible.of(Pages.named(finding.remedy())));
      }
    }
    out.flush();
  }
}
