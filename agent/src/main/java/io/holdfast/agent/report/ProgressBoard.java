package io.holdfast.agent.report;

import io.holdfast.agent.run.RunId;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The newest progress of every run that goes on; older progress is forgotten unread. Safe for many
 * threads.
 */
public final class ProgressBoard {

  private final Map<RunId, ProgressReport> unreported = new LinkedHashMap<>();

  synchronized void put(RunId id, ProgressReport latest) {
    unreported.put(id, latest);
  }

  synchronized void remove(RunId id) {
    unreported.remove(id);
  }

  /** Takes all progress that has come in since the last call. */
  public synchronized Map<RunId, ProgressReport> take() {
    Map<RunId, ProgressReport> taken = Map.copyOf(unreported);
    unreported.clear();
    return taken;
  }
}
