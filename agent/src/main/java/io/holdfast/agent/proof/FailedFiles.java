package io.holdfast.agent.proof;

import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * The files that the last test of each job found wrong; outlives the agent. They are tested again
 * each time, since a sample that happens to miss them would say that all is well.
 */
public interface FailedFiles {

  /** Their paths in the snapshot; empty if nothing is remembered. */
  Set<String> of(UUID job);

  /** Replaces what is remembered of the job; an empty list forgets it. */
  void remember(UUID job, List<String> files);
}
