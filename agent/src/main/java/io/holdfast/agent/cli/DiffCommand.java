package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.RestoreSource;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.SnapshotDiff;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.restore.SnapshotChoice;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast diff A B} */
@Command(
    name = "diff",
    description = {
      "Shows how snapshot B differs from A: + added, - removed, M content, U owner, times or"
          + " rights, T type.",
      "--json prints one object a line, the totals last."
    },
    mixinStandardHelpOptions = true)
final class DiffCommand implements Callable<Integer> {

  private static final String EITHER = "its id or the beginning of it, or a job for its latest";

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private RepositoryOptions repository = new RepositoryOptions();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "A", description = EITHER)
  private String first = "";

  @Parameters(index = "1", paramLabel = "B", description = EITHER)
  private String second = "";

  @Override
  public Integer call()
      throws InvalidConfig, ControlPlaneException, CannotRestore, RepositoryUnreadable {
    try (CancelOnSignal signal = new CancelOnSignal();
        AgentParts parts = config.parts()) {
      RestoreSource source = repository.source(parts, signal, spec.commandLine().getErr());
      SnapshotChoice choice = source.choice(source.snapshots());
      SnapshotEntry a = choice.one(first, Optional.empty());
      SnapshotEntry b = choice.one(second, Optional.empty());
      SnapshotDiff.Totals totals = source.reader().diff(a.id(), b.id(), this::print);
      print(totals);
    }
    return ExitCode.OK;
  }

  private void print(SnapshotDiff.Change change) {
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted()) {
      JsonOutput.printLine(out, change);
    } else {
      out.printf("%-2s %s%n", change.modifier(), Visible.of(change.path()));
    }
  }

  private void print(SnapshotDiff.Totals totals) {
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted()) {
      JsonOutput.printLine(out, totals);
    } else {
      out.printf(
          Locale.ROOT,
          "%d files changed; %d files and %d directories added, %d and %d removed%n",
          totals.changedFiles(),
          totals.added().files(),
          totals.added().dirs(),
          totals.removed().files(),
          totals.removed().dirs());
    }
    out.flush();
  }
}
