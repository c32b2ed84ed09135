package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.RestoreSource;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.restore.JobRef;
import io.holdfast.agent.restore.SnapshotOwner;
import io.holdfast.agent.run.Told;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast snapshots [JOB]} */
@Command(
    name = "snapshots",
    description = {
      "Lists the snapshots of this device's jobs, or of one of them, the newest first.",
      "TOLD is NO where no run has told of a snapshot that bears the tags of this device: it does not count."
    },
    mixinStandardHelpOptions = true)
final class SnapshotsCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private RepositoryOptions repository = new RepositoryOptions();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(arity = "0..1", paramLabel = "JOB", description = "the job's name or id")
  private @Nullable String job;

  @Option(
      names = {"-a", "--all"},
      description = "every snapshot of the repository, whoever has made it")
  private boolean all;

  /** What {@code --json} prints. */
  private record Line(
      String id,
      String shortId,
      Instant time,
      Optional<String> jobName,
      Optional<UUID> jobId,
      Optional<String> deviceId,
      String host,
      OptionalLong files,
      OptionalLong bytes,
      List<String> paths,
      List<String> tags,
      Optional<Boolean> told) {}

  @Override
  public Integer call()
      throws InvalidConfig, ControlPlaneException, CannotRestore, RepositoryUnreadable {
    if (all && job != null) {
      throw new ParameterException(spec.commandLine(), "--all and JOB cannot both be meant");
    }
    try (CancelOnSignal signal = new CancelOnSignal();
        AgentParts parts = config.parts()) {
      RestoreSource source = repository.source(parts, signal, spec.commandLine().getErr());
      List<SnapshotEntry> snapshots = wanted(source);
      PrintWriter out = spec.commandLine().getOut();
      if (json.wanted()) {
        Function<SnapshotEntry, Optional<Boolean>> told = told(source, snapshots);
        JsonOutput.print(
            out,
            snapshots.stream()
                .map(snapshot -> line(source.owner(), snapshot, told.apply(snapshot)))
                .toList());
      } else if (snapshots.isEmpty()) {
        out.println("no snapshots yet");
      } else {
        print(out, source.owner(), snapshots, told(source, snapshots));
      }
      out.flush();
    }
    return ExitCode.OK;
  }

  private List<SnapshotEntry> wanted(RestoreSource source)
      throws CannotRestore, RepositoryUnreadable {
    List<SnapshotEntry> snapshots = source.snapshots();
    if (job != null) {
      JobRef wanted = source.choice(snapshots).job(job);
      return snapshots.stream()
          .filter(s -> SnapshotTags.jobIn(s.tags()).filter(wanted.id()::equals).isPresent())
          .toList();
    }
    return all ? snapshots : snapshots.stream().filter(source.owner()::owns).toList();
  }

  /**
   * Whether each counts: a run has told of it. Empty where this machine cannot know: of other
   * devices' jobs, and of what its own records do not tell while the control plane is away.
   */
  private static Function<SnapshotEntry, Optional<Boolean>> told(
      RestoreSource source, List<SnapshotEntry> snapshots) {
    Told told = source.toldOf(snapshots);
    Instant now = source.clock().instant();
    return snapshot -> {
      if (told.counts(snapshot, now)) {
        return Optional.of(true);
      }
      return told.controlPlaneAsked() && source.owner().owns(snapshot)
          ? Optional.of(false)
          : Optional.empty();
    };
  }

  private static Line line(SnapshotOwner owner, SnapshotEntry snapshot, Optional<Boolean> told) {
    return new Line(
        snapshot.id(),
        snapshot.shortId(),
        snapshot.time(),
        owner.jobOf(snapshot),
        SnapshotTags.jobIn(snapshot.tags()),
        SnapshotTags.deviceIn(snapshot.tags()),
        snapshot.host(),
        snapshot.files(),
        snapshot.bytes(),
        snapshot.paths(),
        snapshot.tags(),
        told);
  }

  private static void print(
      PrintWriter out,
      SnapshotOwner owner,
      List<SnapshotEntry> snapshots,
      Function<SnapshotEntry, Optional<Boolean>> told) {
    Table table =
        new Table("TIME", "ID", "JOB", "HOST", "SIZE", "FILES", "TOLD").without(3).without(5);
    for (SnapshotEntry snapshot : snapshots) {
      table.row(
          Text.time(snapshot.time()),
          snapshot.shortId(),
          Visible.of(owner.jobOf(snapshot).orElse("-")),
          Visible.of(snapshot.host()),
          Text.bytes(snapshot.bytes()),
          snapshot.files().isPresent() ? String.valueOf(snapshot.files().getAsLong()) : "-",
          told.apply(snapshot).map(known -> known ? "yes" : "NO").orElse("-"));
    }
    table.print(out);
  }
}
