package io.holdfast.agent.daemon;

import io.holdfast.agent.job.Settings;
import io.holdfast.agent.run.DeviceLocks;
import io.holdfast.agent.run.RunJournal;
import io.holdfast.agent.sync.DeviceConfig;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The loops around the repositories besides backups: housekeeping, copies, their keys, and restore
 * tests.
 */
final class RepositoryLoops {

  private final HousekeepingTurn housekeeping;
  private final CopyTurn copies;
  private final ProofTurn proof;
  private final List<Loop> loops;

  /**
   * @param kept the settings that the agent would go by after a restart too
   */
  RepositoryLoops(
      AgentParts parts,
      RunJournal journal,
      Supplier<Optional<DeviceConfig>> config,
      Supplier<Optional<Settings>> kept,
      DeviceLocks locks) {
    housekeeping =
        new HousekeepingTurn(
            parts.housekeeper(journal),
            parts.repositoryIds(),
            parts.restic(),
            config,
            parts.clock());
    copies =
        new CopyTurn(
            parts.housekeeper(journal), parts.copyTargets(), parts.restic(), config, parts.clock());
    KeyTurn keys = new KeyTurn(parts.restic(), parts.repositoryIds(), kept, parts.keysUsed());
    proof = new ProofTurn(parts.prover(journal), parts.dueProofs(), locks, config, parts.clock());
    loops =
        List.of(
            Loop.inDaemon("housekeeping", housekeeping),
            Loop.inDaemon("copies", copies),
            Loop.inDaemon("keys", keys),
            Loop.inDaemon("proof", proof));
  }

  List<Loop> loops() {
    return loops;
  }

  void start() {
    loops.forEach(Loop::start);
  }

  void wake() {
    loops.forEach(Loop::wake);
  }

  /** What goes on is ended cleanly. */
  void beginStop() {
    housekeeping.beginStop();
    copies.beginStop();
    proof.beginStop();
    loops.forEach(Loop::askToStop);
  }
}
