package io.holdfast.agent.run;

import io.holdfast.agent.text.Bounded;
import io.holdfast.agent.text.Visible;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * What is written down: that a run started, how it ended, that a due time was passed over, how
 * housekeeping or a restore test ended, or what becomes of a restore that a row asked for.
 */
public sealed interface RunRecord {

  /** Bytes of restic's output that a row has room for; it refuses more. */
  int LONGEST_OUTPUT = 65_536;

  /** Bytes of a sentence, or of the name of a file with what became of it. */
  int LONGEST_TEXT = 3000;

  /** Bytes of a directory's name; a system takes fewer. */
  int LONGEST_PATH = 16_384;

  /** Letters of a job's name. */
  int LONGEST_NAME = 255;

  /** Files that a row names. */
  int MOST_FAILURES = 100;

  /** Bytes of each of them. */
  int LONGEST_FAILURE = 900;

  /** The run's name; of a missed run and of housekeeping its own. */
  UUID uuid();

  /** What it is about, for people: the job's name where there is one. */
  String about();

  /**
   * The same without all that is long or comes from elsewhere, for a control plane that has refused
   * it: that something has ended must be known all the same. Empty for a record without an end.
   *
   * @param why it was refused; the record that says more is kept on the machine
   */
  default Optional<RunRecord> cutDown(String why) {
    return Optional.empty();
  }

  private static Verdict refused(Verdict verdict, String why) {
    return new Verdict(
        verdict.outcome(),
        verdict.code(),
        "the control plane has refused the record of how this ended: " + why,
        "The record is kept in spool/refused in the machine's state directory; look there.");
  }

  private static String aboutJob(String name) {
    return "job \"" + Visible.of(name) + "\"";
  }

  private static List<String> bounded(List<String> failures) {
    return failures.stream()
        .limit(MOST_FAILURES)
        .map(failure -> Bounded.to(LONGEST_FAILURE, Visible.of(failure)))
        .toList();
  }

  /**
   * A run has begun; on disk before restic starts.
   *
   * @param jobName kept, since a run outlives its job
   * @param attempt 1 for the first, then counted on
   * @param retryOf the attempt before
   * @param requests the rows of {@code requests} that this run answers
   * @param missed how many due times it makes up for besides its own
   */
  record RunStarted(
      RunId id,
      UUID jobId,
      String jobName,
      String deviceId,
      Instant startedAt,
      TriggeredBy triggeredBy,
      Optional<Instant> scheduledFor,
      List<DueRun.FiredSchedule> schedules,
      int attempt,
      Optional<RunId> retryOf,
      List<UUID> requests,
      int missed)
      implements RunRecord {

    public RunStarted {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(jobId, "jobId");
      Objects.requireNonNull(jobName, "jobName");
      Objects.requireNonNull(deviceId, "deviceId");
      Objects.requireNonNull(startedAt, "startedAt");
      Objects.requireNonNull(triggeredBy, "triggeredBy");
      Objects.requireNonNull(scheduledFor, "scheduledFor");
      Objects.requireNonNull(retryOf, "retryOf");
      schedules = List.copyOf(schedules);
      requests = List.copyOf(requests);
    }

    @Override
    public UUID uuid() {
      return id.value();
    }

    @Override
    public String about() {
      return aboutJob(jobName);
    }
  }

  /**
   * A run has ended.
   *
   * @param start carried along, so that this record alone is enough for a run row
   * @param endedAt never before the start, by the same clock
   * @param duration by the monotonic clock, so that a clock that was set meanwhile does no harm
   * @param verdict the outcome, and why
   * @param provisional whether it may be put right by a later record, since the repository could
   *     not be asked yet
   * @param exitCode restic's, if restic ran
   * @param snapshotId 8 hexadecimal digits from restic 0.14, else 64; empty if there is none
   * @param statistics empty if there is no snapshot, or if restic did not say
   * @param standardOutput head and tail, without progress, secrets and NUL
   * @param standardError head and tail, without secrets and NUL
   * @param errorCount how many files or directories could not be read
   */
  record RunFinished(
      RunStarted start,
      Instant endedAt,
      Duration duration,
      Verdict verdict,
      boolean provisional,
      Optional<Integer> exitCode,
      Optional<String> snapshotId,
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
      Objects.requireNonNull(snapshotId, "snapshotId");
      Objects.requireNonNull(statistics, "statistics");
      standardOutput = Bounded.to(LONGEST_OUTPUT, standardOutput);
      standardError = Bounded.to(LONGEST_OUTPUT, standardError);
    }

    @Override
    public UUID uuid() {
      return start.uuid();
    }

    @Override
    public String about() {
      return start.about();
    }

    @Override
    public Optional<RunRecord> cutDown(String why) {
      return Optional.of(
          new RunFinished(
              start,
              endedAt,
              duration,
              refused(verdict, why),
              false,
              exitCode,
              snapshotId,
              Optional.empty(),
              "",
              "",
              errorCount,
              versions));
    }

    /** The same for good. */
    RunFinished confirmed() {
      return new RunFinished(
          start,
          endedAt,
          duration,
          verdict,
          false,
          exitCode,
          snapshotId,
          statistics,
          standardOutput,
          standardError,
          errorCount,
          versions);
    }
  }

  /**
   * Due times at which no run started, and that none will make up for.
   *
   * @param id the same for the same due time, so that a replay changes nothing
   * @param schedule empty if none was due: somebody had asked
   * @param firstDueAt the first of them
   * @param count how many there were, at least 1
   * @param message one sentence for people
   */
  record RunMissed(
      UUID id,
      UUID jobId,
      String jobName,
      String deviceId,
      Optional<Integer> schedule,
      Instant firstDueAt,
      Instant lastDueAt,
      int count,
      MissedBecause reason,
      String message)
      implements RunRecord {

    public RunMissed {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(jobId, "jobId");
      Objects.requireNonNull(jobName, "jobName");
      Objects.requireNonNull(deviceId, "deviceId");
      Objects.requireNonNull(schedule, "schedule");
      Objects.requireNonNull(firstDueAt, "firstDueAt");
      Objects.requireNonNull(lastDueAt, "lastDueAt");
      Objects.requireNonNull(reason, "reason");
      message = Bounded.to(LONGEST_TEXT, Visible.of(message));
    }

    @Override
    public UUID uuid() {
      return id;
    }

    @Override
    public String about() {
      return aboutJob(jobName);
    }
  }

  /**
   * Something that was done to a repository has ended.
   *
   * @param statistics what came of it, by name; numbers and texts
   * @param standardOutput head and tail, without secrets and NUL
   * @param standardError head and tail, without secrets and NUL
   */
  record HousekeepingEnded(
      HousekeepingRun run,
      Instant endedAt,
      Verdict verdict,
      Optional<Integer> exitCode,
      Map<String, Object> statistics,
      String standardOutput,
      String standardError)
      implements RunRecord {

    public HousekeepingEnded {
      Objects.requireNonNull(run, "run");
      Objects.requireNonNull(endedAt, "endedAt");
      Objects.requireNonNull(verdict, "verdict");
      Objects.requireNonNull(exitCode, "exitCode");
      statistics = Map.copyOf(statistics);
      standardOutput = Bounded.to(LONGEST_OUTPUT, standardOutput);
      standardError = Bounded.to(LONGEST_OUTPUT, standardError);
    }

    @Override
    public UUID uuid() {
      return run.uuid();
    }

    @Override
    public String about() {
      return "housekeeping of kind " + run.kind();
    }

    @Override
    public Optional<RunRecord> cutDown(String why) {
      return Optional.of(
          new HousekeepingEnded(run, endedAt, refused(verdict, why), exitCode, Map.of(), "", ""));
    }
  }

  /**
   * A restore test has ended.
   *
   * @param snapshotId empty if there was none to test
   * @param files how many came back as the repository has them
   * @param withSource how many of those the machine itself still has, unchanged
   * @param failures the files that did not come back as they were, 100 at most
   */
  record ProofEnded(
      UUID uuid,
      UUID jobId,
      String jobName,
      String deviceId,
      Optional<String> snapshotId,
      TriggeredBy triggeredBy,
      Instant startedAt,
      Instant endedAt,
      Verdict verdict,
      int files,
      long bytes,
      int withSource,
      List<String> failures)
      implements RunRecord {

    public ProofEnded {
      Objects.requireNonNull(uuid, "uuid");
      Objects.requireNonNull(jobId, "jobId");
      Objects.requireNonNull(jobName, "jobName");
      Objects.requireNonNull(deviceId, "deviceId");
      Objects.requireNonNull(snapshotId, "snapshotId");
      Objects.requireNonNull(triggeredBy, "triggeredBy");
      Objects.requireNonNull(startedAt, "startedAt");
      Objects.requireNonNull(endedAt, "endedAt");
      Objects.requireNonNull(verdict, "verdict");
      failures = bounded(failures);
    }

    @Override
    public String about() {
      return "a restore test of " + aboutJob(jobName);
    }

    @Override
    public Optional<RunRecord> cutDown(String why) {
      return Optional.of(
          new ProofEnded(
              uuid,
              jobId,
              jobName,
              deviceId,
              snapshotId,
              triggeredBy,
              startedAt,
              endedAt,
              refused(verdict, why),
              files,
              bytes,
              withSource,
              List.of()));
    }
  }

  /** Of a restore that a row asked for; its name is that of the request. */
  sealed interface RestoreRecord extends RunRecord {

    /** Which it is. */
    RestoreStarted start();

    @Override
    default UUID uuid() {
      return start().request();
    }

    @Override
    default String about() {
      return "a restore" + start().job().map(job -> " of " + aboutJob(job)).orElse("");
    }
  }

  /**
   * A restore has begun; on disk before restic writes anything.
   *
   * @param job what the job is called, as far as this device knows
   * @param snapshotId empty if it came to nothing before there was one
   * @param target as it was asked for
   */
  record RestoreStarted(
      UUID request,
      String deviceId,
      Optional<String> job,
      Optional<String> snapshotId,
      String target,
      Instant startedAt)
      implements RestoreRecord {

    public RestoreStarted {
      Objects.requireNonNull(request, "request");
      Objects.requireNonNull(deviceId, "deviceId");
      Objects.requireNonNull(job, "job");
      Objects.requireNonNull(snapshotId, "snapshotId");
      Objects.requireNonNull(target, "target");
      Objects.requireNonNull(startedAt, "startedAt");
      // It stands in the tags of a snapshot, where anybody may have written it.
      job = job.map(name -> Bounded.toLetters(LONGEST_NAME, Visible.of(name)));
      target = Bounded.to(LONGEST_PATH, target);
    }

    @Override
    public RestoreStarted start() {
      return this;
    }
  }

  /**
   * A restore has ended, or was refused.
   *
   * @param start carried along, so that this record alone is enough for a row
   * @param endedAt never before the start
   * @param files how many files and directories came back
   * @param failures the first of what did not, with the reason
   */
  record RestoreEnded(
      RestoreStarted start,
      Instant endedAt,
      Verdict verdict,
      long files,
      long bytes,
      long errorCount,
      List<String> failures)
      implements RestoreRecord {

    public RestoreEnded {
      Objects.requireNonNull(start, "start");
      Objects.requireNonNull(endedAt, "endedAt");
      Objects.requireNonNull(verdict, "verdict");
      failures = bounded(failures);
    }

    @Override
    public Optional<RunRecord> cutDown(String why) {
      return Optional.of(
          new RestoreEnded(
              start, endedAt, refused(verdict, why), files, bytes, errorCount, List.of()));
    }
  }

  /** Which programs took part. */
  record RunVersions(String agent, Optional<String> restic) {}
}
