package io.holdfast.agent.daemon;

import io.holdfast.agent.job.Settings;
import io.holdfast.agent.run.RunJournal;
import io.holdfast.agent.sync.DeviceConfig;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The loops around the repositories besides backups: housekeeping, copies, and their keys. */
final class RepositoryLoops {

  private final HousekeepingTurn housekeeping;
  private final CopyTurn copies;
  private final List<Loop> loops;

  /**
   * @param kept the settings that the agent would go by after a restart too
   */
  RepositoryLoops(
      AgentParts parts,
      RunJournal journal,
      Supplier<Optional<DeviceConfig>> config,
      Supplier<Optional<Settings>> kept) {
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
    loops =
        List.of(
            Loop.inDaemon("housekeeping", housekeeping),
            Loop.inDaemon("copies", copies),
            Loop.inDaemon("keys", keys));
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
    loops.forEach(Loop::askToStop);
  }
}
