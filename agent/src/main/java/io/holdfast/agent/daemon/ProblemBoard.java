package io.holdfast.agent.daemon;

import io.holdfast.agent.job.Problem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the daemon finds wrong on its own machine while it works; each kind stands there until it is
 * gone. Safe for many threads.
 */
final class ProblemBoard {

  private final Map<String, Problem> problems = new LinkedHashMap<>();
  private final Runnable changed;

  /**
   * @param changed told when a problem comes or goes
   */
  ProblemBoard(Runnable changed) {
    this.changed = changed;
  }

  /** The problem of this kind, or that there is none. */
  void set(String kind, Optional<Problem> problem) {
    synchronized (this) {
      Problem before = problems.get(kind);
      if (Optional.ofNullable(before).equals(problem)) {
        return;
      }
      problem.ifPresentOrElse(found -> problems.put(kind, found), () -> problems.remove(kind));
    }
    changed.run();
  }

  synchronized List<Problem> all() {
    return List.copyOf(problems.values());
  }
}
