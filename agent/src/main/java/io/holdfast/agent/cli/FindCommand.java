package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.RestoreSource;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.restore.RestoreWish;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast find PATTERN} */
@Command(
    name = "find",
    description = {
      "Looks for files in the snapshots of this device's jobs, by a name or a path with * and ?,"
          + " and prints the line that restores the newest that it has found.",
      "--json prints one object a line. Exit code 1 if nothing was found."
    },
    mixinStandardHelpOptions = true)
final class FindCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private RepositoryOptions repository = new RepositoryOptions();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "PATTERN", description = "such as '*.conf' or '/srv/*/index.html'")
  private String pattern = "";

  @Option(
      names = {"-j", "--job"},
      paramLabel = "JOB",
      description = "only in the snapshots of this job, by its name or id")
  private @Nullable String job;

  @Option(
      names = {"-a", "--all"},
      description = "in every snapshot of the repository")
  private boolean all;

  @Override
  public Integer call()
      throws InvalidConfig, ControlPlaneException, CannotRestore, RepositoryUnreadable {
    if (pattern.isBlank()) {
      throw new ParameterException(spec.commandLine(), "PATTERN is empty");
    }
    if (all && job != null) {
      throw new ParameterException(spec.commandLine(), "--all and --job cannot both be meant");
    }
    RestoreWish.checkPattern(pattern);
    PrintWriter err = spec.commandLine().getErr();
    try (CancelOnSignal signal = new CancelOnSignal();
        AgentParts parts = config.parts()) {
      RestoreSource source = repository.source(parts, signal, err);
      List<SnapshotEntry> snapshots = source.snapshots();
      FoundShown shown =
          new FoundShown(
              new NodeLines(spec.commandLine().getOut(), json.wanted(), signal),
              snapshots,
              source.owner()::jobOf);
      source.reader().find(pattern, tags(source, snapshots), shown::hit);
      shown.end();
      if (!json.wanted()) {
        err.println(shown.restoreLine().orElseGet(this::nothing));
      }
      return shown.isEmpty() ? ExitCode.WRONG : ExitCode.OK;
    }
  }

  private String nothing() {
    return "holdfast: nothing is called so"
        + (all ? " in any snapshot" : "; --all looks through every snapshot of the repository");
  }

  private List<String> tags(RestoreSource source, List<SnapshotEntry> snapshots)
      throws CannotRestore {
    if (job != null) {
      return List.of(SnapshotTags.ofJob(source.choice(snapshots).job(job).id()));
    }
    return all ? List.of() : source.owner().tags();
  }
}
