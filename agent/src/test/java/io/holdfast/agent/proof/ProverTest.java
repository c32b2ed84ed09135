package io.holdfast.agent.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.run.Outcome;
import io.holdfast.agent.run.Verdict;
import java.nio.file.InvalidPathException;
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

  /** As when a name of the snapshot is none on this machine: it must not be due again at once. */
  @Test
  void a_test_that_breaks_has_failed_and_says_why() {
    RestoreTest.Result result =
        Prover.within(
            Duration.ofHours(1),
            cancellation,
            _ -> {
              throw new InvalidPathException("\u00fc", "Malformed input");
            });
    assertThat(result.verdict().outcome()).isEqualTo(Outcome.FAILED);
    assertThat(result.verdict().code()).isEqualTo("proof-broken");
    assertThat(result.verdict().sentence())
        .contains("the restore test broke before its end: Malformed input");
  }

  @Test
  void one_that_somebody_has_cancelled_is_no_failure() {
    cancellation.cancel("on this machine");
    RestoreTest.Result result =
        Prover.within(Duration.ofHours(1), cancellation, ProverTest::untilTold);
    assertThat(result.verdict().outcome()).isEqualTo(Outcome.CANCELLED);
  }
}
