package io.holdfast.agent.run;

import io.holdfast.agent.job.RunLimits;
import io.holdfast.agent.run.RunRecord.RunFinished;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Whether a run that came to nothing is tried again, and when: pure. */
public final class Retries {

  private static final Duration LONGEST = Duration.ofHours(6);

  /**
   * What may be otherwise the next time. A wrong password, a repository that is not there, a source
   * that does not exist or arguments that are refused wait for somebody to mend them.
   */
  private static final Set<String> PASSING =
      Set.of(
          "restic-failed",
          "restic-killed",
          "restic-not-started",
          "restic-stalled",
          "run-timeout",
          "no-snapshot",
          "repository-full",
          "repository-locked",
          "repository-unreachable",
          "repository-init-failed",
          "pg-dump-failed",
          "pg-dump-killed",
          "pg-dump-not-started",
          "pg-dump-stalled",
          "agent-died",
          "agent-error");

  private Retries() {}

  /**
   * @param limits of the job, as they are now
   * @param now when the run was found to have ended
   * @return the run that the job is owed; empty if it is not tried again
   */
  public static Optional<Owed> after(
      RunFinished finished, RunLimits limits, Instant now, RandomGenerator random) {
    int attempt = finished.start().attempt();
    if (finished.start().triggeredBy() == TriggeredBy.MANUAL) {
      // The person who started it sees how it ended.
      return Optional.empty();
    }
    if (finished.verdict().code().equals(Verdict.AGENT_STOPPED)) {
      // No failure of the run: it counts as if it had not begun.
      return Optional.of(
          Owed.retry(finished.start(), attempt, now, jittered(limits.retryDelay(), random)));
    }
    if (!PASSING.contains(finished.verdict().code()) || attempt > limits.maxRetries()) {
      return Optional.empty();
    }
    return Optional.of(
        Owed.retry(
            finished.start(), attempt + 1, now, delay(limits.retryDelay(), attempt, random)));
  }

  /** Doubles with each attempt. */
  private static Duration delay(Duration first, int attempt, RandomGenerator random) {
    Duration doubled = first.multipliedBy(1L << Math.min(20, attempt - 1));
    return jittered(doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled, random);
  }

  /** Give or take a fifth, so that what failed together does not come back together. */
  private static Duration jittered(Duration delay, RandomGenerator random) {
    return Duration.ofMillis((long) (delay.toMillis() * random.nextDouble(0.8, 1.2)));
  }
}
