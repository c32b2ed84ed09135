package io.holdfast.agent.run;

import io.holdfast.agent.job.Job;
import io.holdfast.agent.job.Policy;
import io.holdfast.agent.job.RunLimits;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.BackupCommand;
import io.holdfast.agent.restic.BackupLimits;
import io.holdfast.agent.restic.BackupReport;
import io.holdfast.agent.restic.BackupSummary;
import io.holdfast.agent.restic.BackupWatch;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.ExitMeaning;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.restic.SnapshotOfRun;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import io.holdfast.agent.run.RunRecord.RunVersions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out one run: written down as started, restic, verdict, written down as finished. */
public final class RunExecutor {

  private static final Logger log = LoggerFactory.getLogger(RunExecutor.class);

  /** For the question whether there is a snapshot, and while the agent stops. */
  private static final Duration LOOK = Duration.ofMinutes(1);

  private static final Duration SHORT_LOOK = Duration.ofSeconds(10);

  private final ResticProvider provider;
  private final Policy policy;
  private final RepositoryGate gate;
  private final RunJournal journal;
  private final OpenRuns openRuns;
  private final ControlPlaneDump dump;
  private final ContentsCheck contents;
  private final Clock clock;
  private final RandomGenerator random;
  private final String agentVersion;

  public RunExecutor(
      ResticProvider provider,
      Policy policy,
      RepositoryGate gate,
      RunJournal journal,
      OpenRuns openRuns,
      ControlPlaneDump dump,
      ContentsCheck contents,
      Clock clock,
      RandomGenerator random,
      String agentVersion) {
    this.provider = provider;
    this.policy = policy;
    this.gate = gate;
    this.journal = journal;
    this.openRuns = openRuns;
    this.dump = dump;
    this.contents = contents;
    this.clock = clock;
    this.random = random;
    this.agentVersion = agentVersion;
  }

  /**
   * Runs a job whose lock and whose slot the caller holds. An interrupt of the thread ends the run
   * and leaves the thread's flag up.
   *
   * @return how it ended; it is in the journal already
   * @throws java.io.UncheckedIOException if its start could not be written down; it did not begin
   */
  public RunFinished execute(RunOrder order, RunObserver observer, Cancellation cancellation) {
    RunStarted started = started(order);
    writeDown(started);
    log.info(
        "run {} of job \"{}\" started ({})",
        started.id(),
        started.jobName(),
        started.triggeredBy().word());
    observer.begun(started);
    long begin = System.nanoTime();
    Attempt attempt =
        attemptWithoutFail(
            order, started, observer, cancellation.or(() -> openRuns.askedToEnd(started.id())));
    RunFinished finished = finished(started, attempt, Duration.ofNanos(System.nanoTime() - begin));
    boolean onDisk = journal.finished(finished);
    logEnd(finished);
    contents.remember(
        finished,
        order.due().job().sourcePaths(),
        new ContentsCheck.Found(
            Optional.empty(),
            attempt.report().map(BackupReport::bareSources).orElse(List.of()),
            definition(order.due().job()),
            List::of));
    if (onDisk) {
      settle(finished, attempt);
    }
    if (attempt.interrupted()) {
      Thread.currentThread().interrupt();
    }
    return finished;
  }

  /**
   * First where a crash is found out, then where it is reported: a run is never left open there.
   */
  private void writeDown(RunStarted started) {
    openRuns.open(started);
    try {
      journal.started(started);
    } catch (RuntimeException e) {
      openRuns.close(started.id());
      throw e;
    }
  }

  /** One that was killed may have left its lock, or, in the kernel's arms, itself. */
  private void settle(RunFinished finished, Attempt attempt) {
    RunId run = finished.start().id();
    if (finished.provisional()) {
      openRuns.provisional(finished);
    } else if (attempt.report().filter(BackupReport::wasKilled).isPresent()) {
      openRuns.aftermath(run);
    } else {
      openRuns.close(run);
    }
  }

  private Attempt attemptWithoutFail(
      RunOrder order, RunStarted started, RunObserver observer, Cancellation cancellation) {
    try {
      return attempt(order, started, observer, cancellation);
    } catch (InterruptedException e) {
      return Attempt.without(Verdict.agentStopped(), Optional.empty()).byInterrupt();
    } catch (RuntimeException e) {
      // A bug must not leave the run open for ever.
      log.error("run {} of job \"{}\" broke", started.id(), started.jobName(), e);
      return Attempt.without(
          Verdict.failed(
              "agent-error",
              "the agent itself failed: " + e.getClass().getSimpleName(),
              "Look at the agent's log and report it as a bug."),
          Optional.empty());
    }
  }

  private RunStarted started(RunOrder order) {
    // PostgreSQL keeps microseconds: more would make a record differ from its own row.
    Instant now = clock.instant().truncatedTo(java.time.temporal.ChronoUnit.MICROS);
    DueRun due = order.due();
    return new RunStarted(
        RunId.at(now, random),
        due.job().id(),
        due.job().name(),
        order.device().id(),
        now,
        due.why().triggeredBy(),
        due.why().scheduledFor(),
        due.schedules(),
        due.why().attempt(),
        due.why().retryOf(),
        due.why().requests(),
        due.why().missed());
  }

  /**
   * What came of it: a verdict, restic's report if it ran, what the repository was found to hold,
   * restic's version if it was found.
   */
  private record Attempt(
      Verdict verdict,
      Optional<BackupReport> report,
      SnapshotOfRun snapshot,
      Optional<String> restic,
      boolean interrupted) {

    static Attempt without(Verdict verdict, Optional<String> restic) {
      return new Attempt(verdict, Optional.empty(), new SnapshotOfRun.None(), restic, false);
    }

    static Attempt of(
        BackupReport report,
        SnapshotOfRun snapshot,
        Optional<String> restic,
        Cancellation cancellation,
        Shortfall shortfall) {
      return new Attempt(
          snapshot instanceof SnapshotOfRun.Found
              ? Verdicts.ofFoundSnapshot(report, shortfall)
              : Verdicts.of(report, cancellation, shortfall),
          Optional.of(report),
          snapshot,
          restic,
          report.interrupted());
    }

    Attempt byInterrupt() {
      return new Attempt(verdict, report, snapshot, restic, true);
    }

    Optional<SnapshotOfRun.Found> found() {
      return snapshot instanceof SnapshotOfRun.Found found ? Optional.of(found) : Optional.empty();
    }

    /** One that says by itself that it failed is believed: its repository is often away. */
    boolean isProvisional() {
      return snapshot instanceof SnapshotOfRun.Unknown
          && report.filter(BackupReport::failedByItself).isEmpty();
    }
  }

  private Attempt attempt(
      RunOrder order, RunStarted started, RunObserver observer, Cancellation cancellation)
      throws InterruptedException {
    Restic restic;
    try {
      restic = provider.get();
    } catch (ResticUnavailable e) {
      return Attempt.without(
          Verdict.failed(e.code(), e.getMessage(), e.remedy()), Optional.empty());
    }
    Optional<String> version = Optional.of(restic.version().toString());
    return switch (Preparation.of(order, started.id(), restic.version(), policy, dump)) {
      case Preparation.Refused(Verdict verdict) -> Attempt.without(verdict, version);
      case Preparation.Ready(Repository repository, BackupCommand command) -> {
        BackupWatch watch = watch(order, started, observer, cancellation);
        Backup backup =
            left -> backedUp(restic, repository, command, order, started, observer, left);
        yield switch (order.due().job().kind()) {
          case FILES -> backup.within(watch);
          case CONTROL_PLANE -> dumpedFirst(started, backup, watch, version);
        };
      }
    };
  }

  /** What is done once its sources are there. */
  private interface Backup {
    Attempt within(BackupWatch watch) throws InterruptedException;
  }

  /** Without a whole dump there is nothing to back up; and it never stays behind. */
  private Attempt dumpedFirst(
      RunStarted started, Backup backup, BackupWatch watch, Optional<String> restic)
      throws InterruptedException {
    UUID job = started.jobId();
    long begin = System.nanoTime();
    try {
      return switch (dump.make(job, watch.of(process -> openRuns.dump(started.id(), process)))) {
        case ControlPlaneDump.Result.Made _ ->
            backup.within(watch.after(Duration.ofNanos(System.nanoTime() - begin)));
        case ControlPlaneDump.Result.Failed failed -> Attempt.without(Verdicts.of(failed), restic);
        case ControlPlaneDump.Result.Stopped(ExitMeaning why) ->
            Attempt.without(Verdicts.ofStoppedDump(why, watch.cancellation()), restic);
      };
    } finally {
      dump.remove(job);
    }
  }

  private Attempt backedUp(
      Restic restic,
      Repository repository,
      BackupCommand command,
      RunOrder order,
      RunStarted started,
      RunObserver observer,
      BackupWatch watch)
      throws InterruptedException {
    BackupReport report = admitted(restic, repository, command, watch, started, observer);
    if (report.meaning() == ExitMeaning.NO_REPOSITORY) {
      boolean mayInitialise = order.settings().repositoryAutoInit();
      Optional<Verdict> refused =
          mayInitialise
              ? FirstUse.initialise(restic, repository)
              : FirstUse.fault(restic, repository);
      if (refused.isPresent()) {
        return Attempt.without(refused.get(), Optional.of(restic.version().toString()));
      }
      if (mayInitialise) {
        report = admitted(restic, repository, command, watch, started, observer);
      }
    }
    return judged(restic, repository, report, order.due().job(), started, watch.cancellation());
  }

  private BackupReport admitted(
      Restic restic,
      Repository repository,
      BackupCommand command,
      BackupWatch watch,
      RunStarted started,
      RunObserver observer)
      throws InterruptedException {
    try (RepositoryGate.Pass _ =
        gate.enter(restic, repository, started.uuid(), watch.cancellation(), observer::waits)) {
      return restic.backup(repository, command, watch);
    }
  }

  /** The repository is asked only when restic's own words leave open what it has made. */
  private Attempt judged(
      Restic restic,
      Repository repository,
      BackupReport report,
      Job job,
      RunStarted started,
      Cancellation cancellation) {
    Optional<String> version = Optional.of(restic.version().toString());
    if (!report.leavesDoubt()) {
      return Attempt.of(
          report,
          new SnapshotOfRun.None(),
          version,
          cancellation,
          shortfall(restic, repository, report, new SnapshotOfRun.None(), job, started));
    }
    // Somebody waits for it to end.
    boolean hurry = cancellation.isCancelled() || report.interrupted();
    try {
      SnapshotOfRun snapshot =
          restic.snapshotOf(
              repository, SnapshotTags.ofRun(started.uuid()), hurry ? SHORT_LOOK : LOOK);
      return Attempt.of(
          report,
          snapshot,
          version,
          cancellation,
          shortfall(restic, repository, report, snapshot, job, started));
    } catch (InterruptedException e) {
      return Attempt.of(
              report,
              new SnapshotOfRun.Unknown("the agent was stopped"),
              version,
              cancellation,
              Shortfall.NONE)
          .byInterrupt();
    }
  }

  /** What there is of a snapshot is compared with what the job had before. */
  private Shortfall shortfall(
      Restic restic,
      Repository repository,
      BackupReport report,
      SnapshotOfRun snapshot,
      Job job,
      RunStarted started) {
    Optional<SnapshotOfRun.Found> found =
        snapshot instanceof SnapshotOfRun.Found one ? Optional.of(one) : Optional.empty();
    Optional<BackupSummary> summary =
        report.summary().or(() -> found.flatMap(SnapshotOfRun.Found::summary));
    Optional<String> id =
        report
            .summary()
            .flatMap(BackupSummary::snapshotId)
            .or(() -> found.map(SnapshotOfRun.Found::id));
    return id.isEmpty()
        ? Shortfall.NONE
        : contents.shortfall(
            started,
            new ContentsCheck.Found(
                summary.map(BackupSummary::files),
                report.bareSources(),
                definition(job),
                () ->
                    leavesOut(job)
                        ? restic.notHeld(
                            repository, id.get(), there(job, report.missingSources()), LOOK)
                        : List.of()));
  }

  /** Of a single source path the number of files says enough. */
  private static boolean leavesOut(Job job) {
    return job.sourcePaths().size() > 1
        && (!job.excludePatterns().isEmpty()
            || job.resticArgs().stream().anyMatch(argument -> argument.contains("exclude")));
  }

  private static List<String> there(Job job, List<String> missing) {
    return job.sourcePaths().stream().filter(source -> !missing.contains(source)).toList();
  }

  private static String definition(Job job) {
    return Integer.toHexString(
        List.of(job.sourcePaths(), job.excludePatterns(), job.resticArgs()).hashCode());
  }

  private BackupWatch watch(
      RunOrder order, RunStarted started, RunObserver observer, Cancellation cancellation) {
    RunLimits limits = order.due().job().limits();
    return new BackupWatch(
        progress -> {
          journal.progress(started, progress, clock.instant());
          openRuns.alive(started.id(), progress.errorCount() > 0);
          observer.progress(progress);
        },
        cancellation,
        new BackupLimits(limits.timeout(), order.settings().stalledAfter(), limits.retryLock()),
        process -> openRuns.restic(started.id(), process));
  }

  private RunFinished finished(RunStarted started, Attempt attempt, Duration duration) {
    Instant now = clock.instant().truncatedTo(java.time.temporal.ChronoUnit.MICROS);
    Optional<BackupReport> report = attempt.report();
    return new RunFinished(
        started,
        now.isBefore(started.startedAt()) ? started.startedAt() : now,
        duration,
        attempt.verdict(),
        attempt.isProvisional(),
        report.flatMap(r ->
            r.exitCode().isPresent() ? Optional.of(r.exitCode().getAsInt()) : Optional.empty()),
        report
            .flatMap(BackupReport::summary)
            .flatMap(BackupSummary::snapshotId)
            .or(() -> attempt.found().map(SnapshotOfRun.Found::id)),
        report
            .flatMap(BackupReport::summary)
            .or(() -> attempt.found().flatMap(SnapshotOfRun.Found::summary))
            .map(RunStatistics::of),
        report.map(BackupReport::standardOutput).orElse(""),
        report.map(BackupReport::standardError).orElse(""),
        report.map(r -> r.itemErrorCount() + r.missingSources().size()).orElse(0L),
        new RunVersions(agentVersion, attempt.restic()));
  }

  private static void logEnd(RunFinished finished) {
    Verdict verdict = finished.verdict();
    RunStarted start = finished.start();
    switch (verdict.outcome()) {
      case SUCCESS ->
          log.info(
              "run {} of job \"{}\" succeeded: snapshot {}",
              start.id(),
              start.jobName(),
              finished.snapshotId().orElse("?"));
      case PARTIAL, CANCELLED ->
          log.warn(
              "run {} of job \"{}\" is {}: {}. {}",
              start.id(),
              start.jobName(),
              verdict.outcome().word(),
              verdict.sentence(),
              verdict.remedy());
      case FAILED ->
          log.error(
              "run {} of job \"{}\" failed: {}. {}",
              start.id(),
              start.jobName(),
              verdict.sentence(),
              verdict.remedy());
    }
  }
}
