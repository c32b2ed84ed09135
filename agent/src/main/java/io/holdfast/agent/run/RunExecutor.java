package io.holdfast.agent.run;

import io.holdfast.agent.restic.BackupCommand;
import io.holdfast.agent.restic.BackupReport;
import io.holdfast.agent.restic.BackupSummary;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.ExitMeaning;
import io.holdfast.agent.restic.ProgressListener;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import io.holdfast.agent.run.RunRecord.RunVersions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out one run: written down as started, restic, verdict, written down as finished. */
public final class RunExecutor {

  private static final Logger log = LoggerFactory.getLogger(RunExecutor.class);

  private final ResticProvider provider;
  private final RunJournal journal;
  private final Clock clock;
  private final RandomGenerator random;
  private final String agentVersion;

  public RunExecutor(
      ResticProvider provider,
      RunJournal journal,
      Clock clock,
      RandomGenerator random,
      String agentVersion) {
    this.provider = provider;
    this.journal = journal;
    this.clock = clock;
    this.random = random;
    this.agentVersion = agentVersion;
  }

  /**
   * Runs a job whose lock and whose slot the caller holds.
   *
   * @param listener also told how far the run is
   * @return how it ended; it is in the journal already
   * @throws InterruptedException if the thread was interrupted; the run is in the journal as
   *     cancelled then
   * @throws java.io.UncheckedIOException if the run could not be written down; it did not begin, or
   *     its outcome is only in the log
   */
  public RunFinished execute(RunOrder order, ProgressListener listener, Cancellation cancellation)
      throws InterruptedException {
    RunStarted started = started(order);
    journal.started(started);
    log.info(
        "run {} of job \"{}\" started ({})",
        started.id(),
        started.jobName(),
        started.triggeredBy().word());
    long begin = System.nanoTime();
    boolean interrupted = false;
    Attempt attempt;
    try {
      attempt = attempt(order, started, listener, cancellation);
    } catch (InterruptedException e) {
      interrupted = true;
      attempt =
          Attempt.without(
              Verdict.cancelled("the agent was stopped during the run"), Optional.empty());
    } catch (RuntimeException e) {
      // A bug must not leave the run open for ever.
      log.error("run {} of job \"{}\" broke", started.id(), started.jobName(), e);
      attempt =
          Attempt.without(
              Verdict.failed(
                  "agent-error",
                  "the agent itself failed: " + e.getClass().getSimpleName(),
                  "Look at the agent's log and report it as a bug."),
              Optional.empty());
    }
    RunFinished finished = finished(started, attempt, Duration.ofNanos(System.nanoTime() - begin));
    journal.finished(finished);
    logEnd(finished);
    if (interrupted) {
      throw new InterruptedException();
    }
    return finished;
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
        due.triggeredBy(),
        due.scheduledFor(),
        due.schedules());
  }

  /** What came of it: a verdict, restic's report if it ran, its version if it was found. */
  private record Attempt(Verdict verdict, Optional<BackupReport> report, Optional<String> restic) {
    static Attempt without(Verdict verdict, Optional<String> restic) {
      return new Attempt(verdict, Optional.empty(), restic);
    }
  }

  private Attempt attempt(
      RunOrder order, RunStarted started, ProgressListener listener, Cancellation cancellation)
      throws InterruptedException {
    Restic restic;
    try {
      restic = provider.get();
    } catch (ResticUnavailable e) {
      return Attempt.without(
          Verdict.failed(e.code(), e.getMessage(), e.remedy()), Optional.empty());
    }
    Optional<String> version = Optional.of(restic.version().toString());
    return switch (Preparation.of(order, started.id(), restic.version())) {
      case Preparation.Refused(Verdict verdict) -> Attempt.without(verdict, version);
      case Preparation.Ready(Repository repository, BackupCommand command) -> {
        ProgressListener both =
            progress -> {
              journal.progress(started, progress, clock.instant());
              listener.progress(progress);
            };
        BackupReport report = restic.backup(repository, command, both, cancellation);
        if (report.meaning() == ExitMeaning.NO_REPOSITORY
            && order.settings().repositoryAutoInit()) {
          yield initialiseAndRetry(restic, repository, command, both, cancellation, version);
        }
        yield new Attempt(Verdicts.of(report), Optional.of(report), version);
      }
    };
  }

  private Attempt initialiseAndRetry(
      Restic restic,
      Repository repository,
      BackupCommand command,
      ProgressListener listener,
      Cancellation cancellation,
      Optional<String> version)
      throws InterruptedException {
    Optional<Verdict> refused = FirstUse.initialise(restic, repository);
    if (refused.isPresent()) {
      return Attempt.without(refused.get(), version);
    }
    BackupReport report = restic.backup(repository, command, listener, cancellation);
    return new Attempt(Verdicts.of(report), Optional.of(report), version);
  }

  private RunFinished finished(RunStarted started, Attempt attempt, Duration duration) {
    Instant now = clock.instant().truncatedTo(java.time.temporal.ChronoUnit.MICROS);
    Optional<BackupReport> report = attempt.report();
    return new RunFinished(
        started,
        now.isBefore(started.startedAt()) ? started.startedAt() : now,
        duration,
        attempt.verdict(),
        report.flatMap(r ->
            r.exitCode().isPresent() ? Optional.of(r.exitCode().getAsInt()) : Optional.empty()),
        report.flatMap(BackupReport::summary).flatMap(RunExecutor::statistics),
        report.map(BackupReport::standardOutput).orElse(""),
        report.map(BackupReport::standardError).orElse(""),
        report.map(r -> r.itemErrorCount() + r.missingSources().size()).orElse(0L),
        new RunVersions(agentVersion, attempt.restic()));
  }

  private static Optional<RunStatistics> statistics(BackupSummary summary) {
    return summary
        .snapshotId()
        .map(id ->
            new RunStatistics(
                summary.filesNew(),
                summary.filesChanged(),
                summary.filesUnmodified(),
                summary.dirsNew(),
                summary.dirsChanged(),
                summary.dirsUnmodified(),
                summary.dataAdded(),
                summary.dataAddedPacked().isPresent()
                    ? Optional.of(summary.dataAddedPacked().getAsLong())
                    : Optional.empty(),
                summary.totalFilesProcessed(),
                summary.totalBytesProcessed(),
                id));
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
              finished.statistics().map(RunStatistics::snapshotId).orElse("?"));
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
