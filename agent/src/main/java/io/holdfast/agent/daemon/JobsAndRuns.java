package io.holdfast.agent.daemon;

import io.holdfast.agent.daemon.LocalStatus.NextRun;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.DeviceReports;
import io.holdfast.agent.postgres.DeviceReports.JobLine;
import io.holdfast.agent.postgres.DeviceReports.RunLine;
import io.holdfast.agent.report.ToldRecords;
import io.holdfast.agent.run.OpenRun;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import io.holdfast.agent.run.RunStatistics;
import io.holdfast.agent.sync.ConfigCache.Cached;
import io.holdfast.agent.sync.ConfigRows.JobRow;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The device's jobs and runs for a command at the machine: as the control plane has them, or, while
 * it is away, as the machine itself still knows them.
 */
public final class JobsAndRuns {

  private final AgentParts parts;
  private final Consumer<String> onTrouble;
  private final DeviceReports reports;

  /**
   * @param onTrouble told that the control plane is away, and what is gone by instead
   */
  public JobsAndRuns(AgentParts parts, Consumer<String> onTrouble) {
    this.parts = parts;
    this.onTrouble = onTrouble;
    reports = new DeviceReports(parts.database(), parts.config().deviceId());
  }

  /** Both as they were known at the same time. */
  public record Known(List<JobLine> jobs, List<RunLine> runs) {
    public Known {
      jobs = List.copyOf(jobs);
      runs = List.copyOf(runs);
    }
  }

  /**
   * @throws ControlPlaneException if the control plane is away, and nothing was ever synced
   */
  public List<JobLine> jobs() throws ControlPlaneException {
    try {
      return reports.jobs();
    } catch (ControlPlaneException e) {
      return ofTheMachine(e, "the last runs that it has records of").jobs();
    }
  }

  /**
   * The newest runs, the newest first.
   *
   * @param job a job's name or id; empty for all
   * @return with the jobs only if there is no run
   * @throws ControlPlaneException if the control plane is away, and nothing was ever synced
   */
  public Known runs(Optional<String> job, int limit) throws ControlPlaneException {
    try {
      List<RunLine> runs = reports.runs(job, limit);
      return new Known(runs.isEmpty() ? reports.jobs() : List.of(), runs);
    } catch (ControlPlaneException e) {
      Known known = ofTheMachine(e, "the records of the last days");
      return new Known(
          known.jobs(),
          known.runs().stream()
              .filter(run -> job.filter(asked -> !isOf(asked, run)).isEmpty())
              .limit(limit)
              .toList());
    }
  }

  private static boolean isOf(String job, RunLine run) {
    return run.jobName().equals(job)
        || run.jobId().map(UUID::toString).filter(job::equalsIgnoreCase).isPresent();
  }

  private Known ofTheMachine(ControlPlaneException away, String runs) throws ControlPlaneException {
    Cached cached = parts.configCache().load().orElseThrow(() -> away);
    onTrouble.accept(
        away.problem().message()
            + "; going by the configuration of "
            + cached.syncedAt()
            + " and "
            + runs);
    List<RunLine> known = runsOnDisk();
    Map<String, Optional<Instant>> next =
        LocalStatus.read(parts.config().stateDirectory())
            .map(LocalStatus::jobs)
            .orElse(List.of())
            .stream()
            .collect(Collectors.toMap(NextRun::job, NextRun::nextRunAt, (one, _) -> one));
    return new Known(
        cached.rows().jobs().stream()
            .map(job -> line(job, next, known))
            .sorted(Comparator.comparing(JobLine::jobName))
            .toList(),
        known);
  }

  private static JobLine line(JobRow job, Map<String, Optional<Instant>> next, List<RunLine> runs) {
    Optional<RunLine> last =
        runs.stream().filter(run -> run.jobId().filter(job.id()::equals).isPresent()).findFirst();
    return new JobLine(
        job.id(),
        job.name(),
        job.enabled(),
        next.getOrDefault(job.name(), Optional.empty()),
        last.map(RunLine::startTime),
        last.map(RunLine::outcome),
        last.flatMap(RunLine::errorMessage),
        last.flatMap(RunLine::snapshotId),
        Optional.empty());
  }

  private List<RunLine> runsOnDisk() {
    Map<UUID, RunLine> ended =
        new ToldRecords(parts.spool())
            .runs().stream()
                .map(JobsAndRuns::line)
                .collect(Collectors.toMap(RunLine::runUuid, Function.identity()));
    Stream<RunLine> running =
        parts.openRuns().all().stream()
            .filter(run -> run.stage() == OpenRun.Stage.RUNNING)
            .map(run -> line(run.start()))
            .filter(run -> !ended.containsKey(run.runUuid()));
    return Stream.concat(running, ended.values().stream())
        .sorted(Comparator.comparing(RunLine::startTime).reversed())
        .toList();
  }

  private static RunLine line(RunStarted start) {
    return new RunLine(
        start.uuid(),
        Optional.of(start.jobId()),
        start.jobName(),
        start.startedAt(),
        Optional.empty(),
        "running",
        start.triggeredBy().word(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static RunLine line(RunFinished run) {
    Optional<RunStatistics> statistics = run.statistics();
    return new RunLine(
        run.uuid(),
        Optional.of(run.start().jobId()),
        run.start().jobName(),
        run.start().startedAt(),
        Optional.of(run.endedAt()),
        run.verdict().outcome().word(),
        run.start().triggeredBy().word(),
        run.snapshotId(),
        statistics.map(RunStatistics::filesNew),
        statistics.map(RunStatistics::filesChanged),
        statistics.map(RunStatistics::filesUnmodified),
        statistics.map(RunStatistics::dataAddedBytes),
        statistics.map(RunStatistics::totalFilesProcessed),
        statistics.map(RunStatistics::totalBytesProcessed),
        Optional.of(run.duration().toSeconds()),
        run.exitCode(),
        Optional.of(run.verdict().sentence()).filter(sentence -> !sentence.isEmpty()));
  }
}
