package io.holdfast.agent.daemon;

import io.holdfast.agent.job.Problem;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs each problem once when it comes and once when it is gone, however often it is found. */
final class ProblemLog {

  private static final Logger log = LoggerFactory.getLogger(ProblemLog.class);

  private Set<Problem> known = Set.of();

  synchronized void now(List<Problem> problems) {
    Set<Problem> found = new LinkedHashSet<>(problems);
    for (Problem problem : found) {
      if (!known.contains(problem)) {
        log.warn("{}. {}", problem.message(), problem.remedy());
      }
    }
    for (Problem problem : known) {
      if (found.stream()
          .noneMatch(
              p -> p.code().equals(problem.code()) && p.subject().equals(problem.subject()))) {
        log.info("no longer a problem: {}", problem.message());
      }
    }
    known = found;
  }
}
