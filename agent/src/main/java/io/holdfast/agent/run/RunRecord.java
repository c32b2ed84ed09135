package io.holdfast.agent.run;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** What is written down of a run: that it started, and how it ended. */
public sealed interface RunRecord {

  /**
   * The run's start; a finished record carries it too, so that either alone is enough for a run
   * row.
   */
  RunStarted start();

  /**
   * A run has begun; on disk before restic starts.
   *
   * @param jobName kept, since a run outlives its job
   */
  record RunStarted(
      RunId id,
      UUID jobId,
      String jobName,
      String deviceId,
      Instant startedAt,
      TriggeredBy triggeredBy,
      Optional<Instant> scheduledFor,
      List<DueRun.FiredSchedule> schedules)
      implements RunRecord {

    public RunStarted {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(jobId, "jobId");
      Objects.requireNonNull(jobName, "jobName");
      Objects.requireNonNull(deviceId, "deviceId");
      Objects.requireNonNull(startedAt, "startedAt");
      schedules = List.copyOf(schedules);
    }

    @Override
    public RunStarted start() {
      return this;
    }
  }

  /**
   * A run has ended.
   *
   * @param endedAt never before the start, by the same clock
   * @param duration by the monotonic clock, so that a clock that was set meanwhile does no harm
   * @param verdict the outcome, and why
   * @param exitCode restic's, if restic ran
   * @param standardOutput head and tail, without progress, secrets and NUL
   * @param standardError head and tail, without secrets and NUL
   * @param errorCount how many files or directories could not be read
   */
  record RunFinished(
      RunStarted start,
      Instant endedAt,
      Duration duration,
      Verdict verdict,
      Optional<Integer> exitCode,
      Optional<RunStatistics> statistics,
      String standardOutput,
      String standardError,
      long errorCount,
      RunVersions versions)
      implements RunRecord {

    public RunFinished {
      Objects.requireNonNull(start, "start");
      Objects.requireNonNull(endedAt, "endedAt");
      Objects.requireNonNull(duration, "duration");
      Objects.requireNonNull(verdict, "verdict");
      Objects.requireNonNull(exitCode, "exitCode");
      Objects.requireNonNull(statistics, "statistics");
    }
  }

  /** Which programs took part. */
  record RunVersions(String agent, Optional<String> restic) {}
}
