package io.holdfast.agent.cli;

import io.holdfast.agent.daemon.RecoverySource;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.RestoreOrder;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.restore.CannotRestore.Kind;
import io.holdfast.agent.restore.InPlace;
import io.holdfast.agent.restore.RepositoryContents;
import io.holdfast.agent.restore.RepositoryContents.JobLine;
import io.holdfast.agent.restore.RestoreWish;
import io.holdfast.agent.restore.SnapshotChoice;
import io.holdfast.agent.run.Told;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code holdfast recover} */
@Command(
    name = "recover",
    description = {
      "For a machine that is new: needs the repository and its password, no configuration file and"
          + " no database. Lists whose snapshots are there, or restores one with --restore.",
      "Credentials of the storage come from the environment, such as AWS_ACCESS_KEY_ID."
    },
    mixinStandardHelpOptions = true)
final class RecoverCommand implements Callable<Integer> {

  @Mixin private RepositoryByHand repository = new RepositoryByHand();
  @Mixin private RestoreOptions options = new RestoreOptions();
  @Mixin private AtOption at = new AtOption();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--restore",
      paramLabel = "ID|JOB",
      description =
          "the snapshot's id or the beginning of it; or a job, by its id or name, for its latest")
  private @Nullable String restore;

  @Option(
      names = "--restic",
      paramLabel = "FILE",
      description = "the restic to use, if it is not in the PATH")
  private @Nullable Path restic;

  @Override
  public Integer call() throws CannotRestore, RepositoryUnreadable {
    Logging.quiet();
    RestoreWish wish = options.wish();
    Optional<Instant> moment = at.moment();
    if (restore != null) {
      wish.check();
    } else if (moment.isPresent() || !options.isUntouched()) {
      throw new ParameterException(spec.commandLine(), "--restore must say what to restore");
    }
    // While the password is asked for there is nothing to end cleanly: Ctrl-C just ends us.
    RecoverySource.Known known = repository.known(Optional.ofNullable(restic));
    try {
      return recovered(known, wish, moment);
    } catch (RepositoryUnreadable e) {
      throw inWordsForOneWithoutSettings(e);
    }
  }

  private static RepositoryUnreadable inWordsForOneWithoutSettings(RepositoryUnreadable e) {
    return switch (e.meaning()) {
      case WRONG_PASSWORD -> e.withRemedy("Give the password that the repository has.");
      case NO_REPOSITORY -> e.withRemedy("Check --repository; nothing is made here.");
      // An answer that could not be read to its end is no matter of settings.
      case LOCKED, CANCELLED, INCOMPLETE -> e;
      default ->
          e.withRemedy("Check --repository, the storage and its credentials in the environment.");
    };
  }

  private int recovered(RecoverySource.Known known, RestoreWish wish, Optional<Instant> moment)
      throws CannotRestore, RepositoryUnreadable {
    try (CancelOnSignal signal = new CancelOnSignal();
        RecoverySource source =
            RecoverySource.open(
                known,
                signal.cancellation(),
                trouble ->
                    spec.commandLine().getErr().println("holdfast: " + Visible.of(trouble)))) {
      List<SnapshotEntry> snapshots = source.reader().snapshots();
      if (restore == null) {
        show(RepositoryContents.of(snapshots));
        return ExitCode.OK;
      }
      SnapshotEntry snapshot = chosen(restore, snapshots, moment);
      RestoreOrder order = wish.order(snapshot, source.reader().repository().localPath());
      if (wish.inPlace()) {
        order = inPlace(restore, snapshot).bounded(order, source.reader());
      }
      return new RestoreShown(spec.commandLine(), json.wanted())
          .restore(source.reader(), snapshot, order, signal);
    }
  }

  /** Without a control plane only the person can vouch for a snapshot, and must name the one. */
  private static InPlace inPlace(String what, SnapshotEntry snapshot) throws CannotRestore {
    if (!snapshot.id().startsWith(what.toLowerCase(Locale.ROOT))) {
      throw new CannotRestore(
          Kind.REFUSED,
          "nobody can say here which snapshots are really those of job \"" + what + "\"",
          "Its newest is "
              + snapshot.id()
              + " of "
              + Text.time(snapshot.time())
              + ", host \""
              + snapshot.host()
              + "\": restore it with --to and look at it, or name it by its id.");
    }
    return new InPlace(snapshot.paths());
  }

  private static SnapshotEntry chosen(
      String what, List<SnapshotEntry> snapshots, Optional<Instant> moment) throws CannotRestore {
    Instant now = Clock.systemUTC().instant();
    return new SnapshotChoice(
            RepositoryContents.jobs(snapshots),
            snapshots,
            snapshot -> Told.isInTime(snapshot, now),
            "the repository",
            ZoneId.systemDefault())
        .one(what, moment);
  }

  private void show(List<JobLine> jobs) {
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted()) {
      JsonOutput.print(out, jobs);
      return;
    }
    if (jobs.isEmpty()) {
      out.println("the repository holds no snapshot");
    } else {
      table(jobs).print(out);
      out.println();
      out.println(
          "'holdfast recover"
              + repository.spoken()
              + " --restore ID --to DIR' restores a snapshot; a job's id, its latest.");
    }
    out.flush();
  }

  private static Table table(List<JobLine> jobs) {
    Table table =
        new Table("DEVICE", "HOST", "JOB", "SNAPSHOTS", "NEWEST", "ID", "SIZE", "JOB ID")
            .without(7)
            .without(1)
            .without(6);
    for (JobLine job : jobs) {
      table.row(
          Visible.of(job.deviceId().orElse("-")),
          Visible.of(job.host()),
          Visible.of(job.jobName().orElseGet(() -> String.join(" ", job.paths()))),
          String.valueOf(job.snapshots()),
          Text.time(job.newestAt()),
          job.newestId().substring(0, 8),
          Text.bytes(job.newestBytes()),
          job.jobId().map(Object::toString).orElse("-"));
    }
    return table;
  }
}
