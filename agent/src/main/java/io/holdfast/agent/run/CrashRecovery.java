package io.holdfast.agent.run;

import io.holdfast.agent.job.Settings;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.BackupSummary;
import io.holdfast.agent.restic.Orphan;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.restic.SnapshotOfRun;
import io.holdfast.agent.run.OpenRun.Stage;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunVersions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes a run whose agent died in the middle of it: restic is ended if it still lives, the
 * repository is asked whether it holds the snapshot, and the run's end is written down accordingly.
 */
public final class CrashRecovery {

  private static final Logger log = LoggerFactory.getLogger(CrashRecovery.class);

  /** For the question whether there is a snapshot. */
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final OpenRuns openRuns;
  private final RunJournal journal;
  private final ResticProvider provider;
  private final ControlPlaneDump dump;
  private final ContentsCheck contents;
  private final Clock clock;
  private final String agentVersion;

  public CrashRecovery(
      OpenRuns openRuns,
      RunJournal journal,
      ResticProvider provider,
      ControlPlaneDump dump,
      ContentsCheck contents,
      Clock clock,
      String agentVersion) {
    this.openRuns = openRuns;
    this.journal = journal;
    this.provider = provider;
    this.dump = dump;
    this.contents = contents;
    this.clock = clock;
    this.agentVersion = agentVersion;
  }

  /** What came of it. */
  public sealed interface Result {
    /** Its restic lives and cannot be ended: the job must not run. */
    record StillAlive() implements Result {}

    /** The repository could not be asked; the run is closed for the time being. */
    record Provisional(RunFinished finished) implements Result {}

    /** The run's end is written down. */
    record Closed(RunFinished finished) implements Result {}
  }

  /**
   * Sees to it that no earlier run of the job goes on, and closes those that an agent that died has
   * left open. The caller holds the job's lock.
   *
   * @return whether the job may run
   * @throws InterruptedException if the thread was interrupted
   */
  public boolean clear(UUID job, Settings settings) throws InterruptedException {
    for (OpenRun open : openRuns.all()) {
      if (open.start().jobId().equals(job) && lives(open, settings)) {
        return false;
      }
    }
    return true;
  }

  private boolean lives(OpenRun open, Settings settings) throws InterruptedException {
    return switch (open.stage()) {
      case RUNNING, PROVISIONAL -> close(open, settings) instanceof Result.StillAlive;
      case AFTERMATH -> !ended(open);
    };
  }

  private static boolean ended(OpenRun open) throws InterruptedException {
    String tag = SnapshotTags.ofRun(open.start().uuid());
    return Orphan.end(open.dump(), tag) && Orphan.end(open.restic(), tag);
  }

  /**
   * Closes the run. The caller holds its job's lock, so that no living agent carries it out.
   *
   * @param settings how the repository is reached
   * @throws InterruptedException if the thread was interrupted
   */
  public Result close(OpenRun open, Settings settings) throws InterruptedException {
    if (!ended(open)) {
      return new Result.StillAlive();
    }
    dump.remove(open.start().jobId());
    RunFinished finished =
        switch (snapshot(open, settings)) {
          case SnapshotOfRun.Found found -> withSnapshot(open, found);
          case SnapshotOfRun.None _ ->
              open.told().map(RunFinished::confirmed).orElseGet(() -> without(open, false, ""));
          case SnapshotOfRun.Unknown(String why) -> without(open, true, why);
        };
    if (finished.provisional() && open.stage() == Stage.PROVISIONAL) {
      // It is written down already.
      return new Result.Provisional(finished);
    }
    boolean onDisk = journal.finished(finished);
    log.warn(
        "run {} of job \"{}\" was left open; it is closed as {}{}",
        open.start().id(),
        open.start().jobName(),
        finished.verdict().outcome().word(),
        finished.snapshotId().map(id -> " with its snapshot " + id).orElse(""));
    if (finished.provisional()) {
      openRuns.provisional(finished);
      return new Result.Provisional(finished);
    }
    if (onDisk) {
      // restic may have left its lock, even where the agent died before it had written it down.
      openRuns.aftermath(open.start().id());
    }
    return new Result.Closed(finished);
  }

  private SnapshotOfRun snapshot(OpenRun open, Settings settings) throws InterruptedException {
    if (RepositoryAccess.missing(settings).isPresent()) {
      return new SnapshotOfRun.Unknown("the settings name no repository");
    }
    try {
      Restic restic = provider.get();
      return restic.snapshotOf(
          RepositoryAccess.of(settings), SnapshotTags.ofRun(open.start().uuid()), LIMIT);
    } catch (ResticUnavailable e) {
      return new SnapshotOfRun.Unknown(e.getMessage());
    }
  }

  /** restic had done its work; what it could not read is known only as far as it had said so. */
  private RunFinished withSnapshot(OpenRun open, SnapshotOfRun.Found found) {
    Verdict verdict =
        open.itemErrors() || open.told().filter(told -> told.errorCount() > 0).isPresent()
            ? Verdict.partial(
                "source-unreadable",
                "the snapshot is incomplete: some files or directories could not be read, and the"
                    + " agent or restic was ended before all of it was written down",
                "Run the job again.")
            : Verdicts.ofContents(
                    contents.shortfall(
                        open.start(),
                        ContentsCheck.Found.only(found.summary().map(BackupSummary::files))))
                .orElseGet(Verdict::recovered);
    return finished(
        open,
        found.endedAt().or(() -> open.told().map(RunFinished::endedAt)).orElse(open.lastSign()),
        verdict,
        false,
        Optional.of(found));
  }

  private RunFinished without(OpenRun open, boolean provisional, String why) {
    return finished(
        open,
        open.lastSign(),
        Verdict.failed(
            "agent-died",
            "the agent or its machine was ended in the middle of this run, "
                + (provisional
                    ? "and the repository cannot be asked yet whether it holds the snapshot: " + why
                    : "and there is no snapshot"),
            "Look for the cause, such as a power cut or too little memory."),
        provisional,
        Optional.empty());
  }

  private RunFinished finished(
      OpenRun open,
      Instant endedAt,
      Verdict verdict,
      boolean provisional,
      Optional<SnapshotOfRun.Found> found) {
    Instant start = open.start().startedAt();
    Instant end = endedAt.isBefore(start) ? start : endedAt.truncatedTo(ChronoUnit.MICROS);
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    // The clock may have been set back since.
    Instant bounded = end.isAfter(now) && !now.isBefore(start) ? now : end;
    return new RunFinished(
        open.start(),
        bounded,
        Duration.between(start, bounded),
        verdict,
        provisional,
        open.told().flatMap(RunFinished::exitCode),
        found.map(SnapshotOfRun.Found::id),
        found.flatMap(SnapshotOfRun.Found::summary).map(RunStatistics::of),
        open.told().map(RunFinished::standardOutput).orElse(""),
        open.told().map(RunFinished::standardError).orElse(""),
        open.told().map(RunFinished::errorCount).orElse(open.itemErrors() ? 1L : 0L),
        new RunVersions(agentVersion, open.told().flatMap(told -> told.versions().restic())));
  }
}
