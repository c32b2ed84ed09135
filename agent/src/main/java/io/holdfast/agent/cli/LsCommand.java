package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.RestoreSource;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restic.TreePath;
import io.holdfast.agent.restore.CannotRestore;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast ls SNAPSHOT [PATH]} */
@Command(
    name = "ls",
    description = {
      "Lists what a snapshot holds: PATH and what lies in it, or what was backed up.",
      "--json prints one object a line."
    },
    mixinStandardHelpOptions = true)
final class LsCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private RepositoryOptions repository = new RepositoryOptions();
  @Mixin private JsonOutput json = new JsonOutput();
  @Mixin private AtOption at = new AtOption();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "0",
      paramLabel = "SNAPSHOT",
      description = "its id or the beginning of it, or a job for its latest")
  private String snapshot = "";

  @Parameters(index = "1", arity = "0..1", paramLabel = "PATH", description = "from the root on")
  private @Nullable String path;

  @Option(
      names = {"-R", "--recursive"},
      description = "also what lies in the directories below")
  private boolean recursive;

  @Override
  public Integer call()
      throws InvalidConfig, ControlPlaneException, CannotRestore, RepositoryUnreadable {
    Optional<String> place = Optional.ofNullable(path).map(TreePath::of);
    if (place.filter(known -> !known.startsWith("/")).isPresent()) {
      throw new ParameterException(
          spec.commandLine(),
          "PATH begins with a /: as the snapshot has it, not as a relative one");
    }
    try (CancelOnSignal signal = new CancelOnSignal();
        AgentParts parts = config.parts()) {
      RestoreSource source = repository.source(parts, signal, spec.commandLine().getErr());
      SnapshotEntry chosen = source.choice(source.snapshots()).one(snapshot, at.moment());
      NodeLines lines = new NodeLines(spec.commandLine().getOut(), json.wanted(), signal);
      List<String> paths =
          place.map(List::of).orElseGet(() -> chosen.paths().stream().map(TreePath::of).toList());
      source
          .reader()
          .list(
              chosen.id(), recursive && path == null ? List.of() : paths, recursive, lines::print);
      lines.end();
      if (lines.printed() == 0) {
        throw new CommandFailure(
            ExitCode.JOB,
            "snapshot " + chosen.shortId() + " holds no " + paths.getFirst(),
            "'holdfast ls " + chosen.shortId() + " /' begins at the root.");
      }
    }
    return ExitCode.OK;
  }
}
