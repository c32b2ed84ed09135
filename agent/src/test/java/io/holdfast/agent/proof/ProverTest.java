package io.holdfast.agent.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.run.Outcome;
import io.holdfast.agent.run.Verdict;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProverTest {

  private final Cancellation cancellation = new Cancellation();

  /** As a test is that goes on until it is told to end. */
  private static RestoreTest.Result untilTold(Cancellation limited) {
    while (!limited.isCancelled()) {
      Thread.onSpinWait();
    }
    return RestoreTest.Result.without(
        Verdict.cancelled(limited.reason().orElse("")), Optional.of("snapshot"));
  }

  @Test
  void a_test_that_hangs_is_ended_and_has_failed() {
    RestoreTest.Result result =
        Prover.within(Duration.ofMillis(1), cancellation, ProverTest::untilTold);
    assertThat(result.verdict().outcome()).isEqualTo(Outcome.FAILED);
    assertThat(result.verdict().code()).isEqualTo("proof-timeout");
    assertThat(result.snapshotId()).contains("snapshot");
  }

  @Test
  void one_that_somebody_has_cancelled_is_no_failure() {
    cancellation.cancel("on this machine");
    RestoreTest.Result result =
        Prover.within(Duration.ofHours(1), cancellation, ProverTest::untilTold);
    assertThat(result.verdict().outcome()).isEqualTo(Outcome.CANCELLED);
  }
}
