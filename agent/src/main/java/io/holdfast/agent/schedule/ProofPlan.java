package io.holdfast.agent.schedule;

import java.util.Objects;

/**
 * When a sample of a job's newest snapshot is restored and compared.
 *
 * @param files in a sample, 1 to 1000
 * @param bytes that a sample takes at most
 */
public record ProofPlan(Timing timing, int files, long bytes) {

  public ProofPlan {
    Objects.requireNonNull(timing, "timing");
  }
}
