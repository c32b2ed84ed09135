package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.job.Problem.Severity;
import io.holdfast.agent.sync.DeviceConfig;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code holdfast sync} */
@Command(
    name = "sync",
    description = {
      "Sends a heartbeat, delivers what waits in the spool, reads the configuration and says what"
          + " is wrong with it.",
      "The daemon does the same by itself; this shows it at once."
    },
    mixinStandardHelpOptions = true)
final class SyncCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  private record Result(
      String deviceId,
      String deviceName,
      boolean enabled,
      List<String> jobs,
      List<String> disabledJobs,
      List<Problem> problems,
      int spoolWaiting) {}

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException {
    try (AgentParts parts = config.parts()) {
      DeviceConfig synced = parts.deviceConfig(parts.configSource().sync(parts.heartbeat()));
      List<Problem> problems = new ArrayList<>(synced.problems());
      problems.addAll(parts.review().problems(synced.plans(), synced.settings()));
      parts.drain().turn().ifPresent(problems::add);
      Result result =
          new Result(
              synced.device().id(),
              synced.device().name(),
              synced.device().enabled(),
              synced.plans().stream().map(plan -> plan.job().name()).toList(),
              synced.disabledJobs(),
              problems,
              parts.spool().waiting().size());
      show(result);
      return problems.stream().anyMatch(p -> p.severity() == Severity.ERROR)
          ? ExitCode.WRONG
          : ExitCode.OK;
    }
  }

  private void show(Result result) {
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted()) {
      JsonOutput.print(out, result);
      return;
    }
    out.printf(
        Locale.ROOT,
        "device \"%s\" (%s) is %s; %d jobs are ready, %d are switched off%n",
        Visible.of(result.deviceName()),
        result.deviceId(),
        result.enabled() ? "enabled" : "paused",
        result.jobs().size(),
        result.disabledJobs().size());
    for (Problem problem : result.problems()) {
      out.println(
          Paint.careful("! ")
              + Visible.of(Pages.named(problem.message() + ". " + problem.remedy())));
    }
  }
}
