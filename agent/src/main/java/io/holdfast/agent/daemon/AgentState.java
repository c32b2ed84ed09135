package io.holdfast.agent.daemon;

import io.holdfast.agent.job.Problem;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.sync.DeviceConfig;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What the daemon knows at the moment, shared by its loops. Safe for many threads. */
final class AgentState {

  /** One consistent view. */
  record View(
      Optional<DeviceConfig> config,
      List<Problem> problems,
      Optional<Instant> lastSyncAt,
      Optional<Problem> syncFailure) {}

  private volatile View view =
      new View(Optional.empty(), List.of(), Optional.empty(), Optional.empty());
  private final Runnable changed;

  /**
   * @param changed told after every change
   */
  AgentState(Runnable changed) {
    this.changed = changed;
  }

  View view() {
    return view;
  }

  /** Begins with what was synced by an earlier life of the agent. */
  void resume(DeviceConfig config, Instant syncedAt) {
    view =
        new View(Optional.of(config), config.problems(), Optional.of(syncedAt), view.syncFailure());
  }

  void synced(DeviceConfig config, List<Problem> problems, Instant at) {
    view = new View(Optional.of(config), List.copyOf(problems), Optional.of(at), Optional.empty());
    changed.run();
  }

  /** The device makes nothing by itself from now on. */
  synchronized void paused(DeviceConfig config) {
    view = new View(Optional.of(config), view.problems(), view.lastSyncAt(), view.syncFailure());
    changed.run();
  }

  /** The configuration that was synced last goes on to hold. */
  synchronized void syncFailed(Problem why) {
    view = new View(view.config(), view.problems(), view.lastSyncAt(), Optional.of(why));
    changed.run();
  }

  /** What may become due: nothing on a device that is paused, or that never synced. */
  List<JobPlan> activePlans() {
    return view.config()
        .filter(config -> config.device().enabled())
        .map(DeviceConfig::plans)
        .orElse(List.of());
  }
}
