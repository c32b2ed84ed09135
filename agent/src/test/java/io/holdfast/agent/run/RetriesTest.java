package io.holdfast.agent.run;

import static io.holdfast.agent.testing.Records.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.job.RunLimits;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import io.holdfast.agent.testing.Records;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetriesTest {

  private static final RunLimits LIMITS =
      new RunLimits(3, Duration.ofSeconds(60), Optional.empty(), Duration.ofMinutes(5));
  private static final RandomGenerator RANDOM = new Random(1);

  private static RunStarted attempt(int attempt, TriggeredBy why) {
    RunStarted first = Records.started(1);
    return new RunStarted(
        first.id(),
        first.jobId(),
        first.jobName(),
        first.deviceId(),
        first.startedAt(),
        why,
        first.scheduledFor(),
        first.schedules(),
        attempt,
        first.retryOf(),
        first.requests(),
        first.missed());
  }

  private static RunFinished failed(int attempt, String code) {
    return Records.finished(
        attempt(attempt, TriggeredBy.SCHEDULE), Verdict.failed(code, "it failed", "Mend it."));
  }

  private static Optional<Owed> after(RunFinished finished) {
    return Retries.after(finished, LIMITS, NOON, RANDOM);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "restic-failed",
        "restic-killed",
        "restic-stalled",
        "run-timeout",
        "repository-locked",
        "repository-full",
        "agent-died"
      })
  void what_may_pass_is_tried_again(String code) {
    assertThat(after(failed(1, code)))
        .hasValueSatisfying(retry -> {
          assertThat(retry.triggeredBy()).isEqualTo(TriggeredBy.RETRY);
          assertThat(retry.attempt()).isEqualTo(2);
          assertThat(retry.retryOf()).contains(Records.started(1).id());
          assertThat(retry.scheduledFor()).isEqualTo(Records.started(1).scheduledFor());
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "repository-password-wrong",
        "repository-missing",
        "source-missing",
        "bad-configuration",
        "a-code-of-the-future"
      })
  void what_somebody_has_to_mend_is_not(String code) {
    assertThat(after(failed(1, code))).isEmpty();
  }

  @Test
  void a_success_a_partial_run_and_a_cancelled_one_are_not_tried_again() {
    RunStarted start = attempt(1, TriggeredBy.SCHEDULE);
    for (Verdict verdict :
        List.of(
            Verdict.success(),
            Verdict.partial("source-unreadable", "some", "Let."),
            Verdict.cancelled("on this machine"))) {
      assertThat(after(Records.finished(start, verdict))).as("%s", verdict).isEmpty();
    }
  }

  @Test
  void a_person_who_started_a_run_by_hand_decides_for_himself() {
    assertThat(
            after(
                Records.finished(
                    attempt(1, TriggeredBy.MANUAL),
                    Verdict.failed("restic-failed", "it failed", "Look."))))
        .isEmpty();
  }

  @Test
  void the_last_retry_is_the_last() {
    assertThat(after(failed(3, "restic-failed")).map(Owed::attempt)).contains(4);
    assertThat(after(failed(4, "restic-failed"))).isEmpty();
  }

  @Test
  void a_run_that_the_agents_stop_has_ended_costs_no_attempt() {
    RunFinished stopped =
        Records.finished(attempt(4, TriggeredBy.SCHEDULE), Verdict.agentStopped());
    assertThat(after(stopped).map(Owed::attempt)).contains(4);
  }

  @Test
  void the_wait_doubles_give_or_take_a_fifth_and_is_six_hours_at_most() {
    RunLimits many = new RunLimits(20, Duration.ofSeconds(60), Optional.empty(), Duration.ZERO);
    for (int attempt = 1; attempt <= 20; attempt++) {
      long nominal = Math.min(60_000L << (attempt - 1), Duration.ofHours(6).toMillis());
      for (int i = 0; i < 50; i++) {
        Owed retry =
            Retries.after(failed(attempt, "restic-failed"), many, NOON, RANDOM).orElseThrow();
        assertThat(retry.delay().toMillis())
            .as("attempt %d", attempt)
            .isBetween(nominal * 8 / 10, nominal * 12 / 10);
        assertThat(retry.notBefore()).isEqualTo(NOON.plus(retry.delay()));
      }
    }
  }
}
