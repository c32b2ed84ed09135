package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.RestoreSource;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.RestoreOrder;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.restore.RestoreWish;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast restore JOB|SNAPSHOT} */
@Command(
    name = "restore",
    description = {
      "Restores a snapshot; Ctrl-C ends it cleanly, and what came back until then stays.",
      "Exit code 0: all came back. 1: failed. 3: partial. 4: no such job or snapshot, or it may not be"
          + " written there. 130: cancelled."
    },
    mixinStandardHelpOptions = true)
final class RestoreCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private RepositoryOptions repository = new RepositoryOptions();
  @Mixin private RestoreOptions options = new RestoreOptions();
  @Mixin private AtOption at = new AtOption();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "JOB|SNAPSHOT",
      description =
          "a job, by its name or id, for its latest; or a snapshot's id or the beginning of it")
  private String what = "";

  @Option(
      names = "--believe",
      description =
          "with --in-place and a snapshot's id, when the control plane cannot be asked: you know that"
              + " it is this machine's own")
  private boolean believe;

  @Override
  public Integer call()
      throws InvalidConfig, ControlPlaneException, CannotRestore, RepositoryUnreadable {
    Logging.quiet();
    RestoreWish wish = options.wish();
    wish.check();
    if (believe && !wish.inPlace()) {
      throw new ParameterException(spec.commandLine(), "--believe goes with --in-place alone");
    }
    Optional<Instant> moment = at.moment();
    try (CancelOnSignal signal = new CancelOnSignal();
        AgentParts parts = config.parts()) {
      RestoreSource source = repository.source(parts, signal, spec.commandLine().getErr());
      SnapshotEntry snapshot = source.choice(source.snapshots()).one(what, moment);
      RestoreOrder order = wish.order(snapshot, source.reader().repository().localPath());
      if (wish.inPlace()) {
        order = source.inPlace(snapshot, order, believe);
      }
      return new RestoreShown(spec.commandLine(), json.wanted())
          .restore(source.reader(), snapshot, order, signal);
    }
  }
}
