package io.holdfast.agent.run;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * One run that a job is owed: it was due, is to be tried again, or was asked for. A job is owed one
 * run at most, however many reasons there are.
 *
 * @param scheduledFor the earliest due time; empty if somebody asked
 * @param schedules those that fired
 * @param notBefore when it may start
 * @param delay how far ahead that was when it was decided, so that a clock that is set back does
 *     not put it off
 * @param attempt 1 for the first
 * @param retryOf the attempt before
 * @param requests the rows of {@code requests} that ask for it
 * @param missed how many due times it makes up for besides its own
 */
public record Owed(
    UUID jobId,
    TriggeredBy triggeredBy,
    Optional<Instant> scheduledFor,
    List<Integer> schedules,
    Instant notBefore,
    Duration delay,
    int attempt,
    Optional<RunId> retryOf,
    List<UUID> requests,
    int missed) {

  public Owed {
    Objects.requireNonNull(jobId, "jobId");
    Objects.requireNonNull(triggeredBy, "triggeredBy");
    Objects.requireNonNull(scheduledFor, "scheduledFor");
    Objects.requireNonNull(notBefore, "notBefore");
    Objects.requireNonNull(delay, "delay");
    Objects.requireNonNull(retryOf, "retryOf");
    schedules = List.copyOf(schedules);
    requests = List.copyOf(requests);
  }

  static Owed manual(UUID jobId, Instant now) {
    return new Owed(
        jobId,
        TriggeredBy.MANUAL,
        Optional.empty(),
        List.of(),
        now,
        Duration.ZERO,
        1,
        Optional.empty(),
        List.of(),
        0);
  }

  public static Owed requested(UUID jobId, UUID request, Instant now) {
    return new Owed(
        jobId,
        TriggeredBy.REQUEST,
        Optional.empty(),
        List.of(),
        now,
        Duration.ZERO,
        1,
        Optional.empty(),
        List.of(request),
        0);
  }

  /** Due at its time, or, after the delay, for a time that was missed. */
  static Owed due(
      UUID jobId,
      TriggeredBy why,
      int schedule,
      Instant first,
      int missed,
      Instant now,
      Duration delay) {
    return new Owed(
        jobId,
        why,
        Optional.of(first),
        List.of(schedule),
        now.plus(delay),
        delay,
        1,
        Optional.empty(),
        List.of(),
        missed);
  }

  /** The attempt after a run that came to nothing. */
  static Owed retry(RunRecord.RunStarted failed, int attempt, Instant now, Duration delay) {
    return new Owed(
        failed.jobId(),
        TriggeredBy.RETRY,
        failed.scheduledFor(),
        failed.schedules().stream().map(DueRun.FiredSchedule::id).toList(),
        now.plus(delay),
        delay,
        attempt,
        Optional.of(failed.id()),
        List.of(),
        failed.missed());
  }

  /** This and another reason for the same job: what is due now, or was asked for, goes first. */
  Owed and(Owed other) {
    boolean otherFirst = other.rank() < rank();
    Owed leading = otherFirst ? other : this;
    Owed joining = otherFirst ? this : other;
    return new Owed(
        jobId,
        leading.triggeredBy,
        Stream.of(leading, joining)
            // The time of an attempt that failed is not that of the run that takes its place.
            .filter(run -> run.equals(leading) || run.retryOf.isEmpty())
            .flatMap(run -> run.scheduledFor.stream())
            .min(Instant::compareTo),
        Stream.concat(schedules.stream(), other.schedules.stream()).distinct().toList(),
        leading.notBefore,
        leading.delay,
        leading.attempt,
        leading.retryOf,
        Stream.concat(requests.stream(), other.requests.stream()).distinct().toList(),
        leading.missed + joining.missed + (leading.isForATime() && joining.isForATime() ? 1 : 0));
  }

  private boolean isForATime() {
    return scheduledFor.isPresent() && retryOf.isEmpty();
  }

  private int rank() {
    return switch (triggeredBy) {
      case MANUAL, REQUEST -> 0;
      case SCHEDULE -> 1;
      case RETRY -> 2;
      case MISSED -> 3;
    };
  }

  Owed at(TriggeredBy why, Instant start, Duration newDelay) {
    return new Owed(
        jobId, why, scheduledFor, schedules, start, newDelay, attempt, retryOf, requests, missed);
  }
}
