package io.holdfast.agent.proof;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;

/** Up to when each job's due proofs have been dealt with; outlives the agent. */
public interface ProofTimes {

  /** By job; empty if nothing is remembered. */
  Map<UUID, Instant> load();

  /**
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  void save(Map<UUID, Instant> times);
}
