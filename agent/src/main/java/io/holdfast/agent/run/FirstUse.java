package io.holdfast.agent.run;

import io.holdfast.agent.restic.InitReport;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.RepositoryProbe;
import io.holdfast.agent.restic.Restic;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the repository on its first use. Only called where the setting allows it, and it acts only
 * on a place that is reachable and holds no repository: an unmounted disk must not get a new, empty
 * one.
 */
final class FirstUse {

  private static final Logger log = LoggerFactory.getLogger(FirstUse.class);

  private FirstUse() {}

  /**
   * @return why there is no repository where restic found none, if there should be one
   */
  static Optional<Verdict> fault(Restic restic, Repository repository) throws InterruptedException {
    RepositoryProbe probe = restic.probe(repository);
    return switch (probe.state()) {
      case OPEN, MISSING -> Optional.empty();
      case WRONG_PASSWORD, LOCKED, UNREACHABLE -> Optional.of(unreachable(probe));
    };
  }

  private static Verdict unreachable(RepositoryProbe probe) {
    return Verdict.failed("repository-unreachable", probe.message(), probe.remedy());
  }

  /**
   * @return why there is no repository still, if so
   */
  static Optional<Verdict> initialise(Restic restic, Repository repository)
      throws InterruptedException {
    RepositoryProbe probe = restic.probe(repository);
    return switch (probe.state()) {
      case OPEN -> Optional.empty();
      case MISSING -> {
        log.info("the repository does not exist yet and repository_auto_init allows to make it");
        InitReport report = restic.init(repository);
        yield report.initialised()
            ? Optional.empty()
            : Optional.of(
                Verdict.failed(
                    "repository-init-failed",
                    "the repository could not be initialised: " + report.message(),
                    "Run 'holdfast doctor' on the machine."));
      }
      case WRONG_PASSWORD, LOCKED, UNREACHABLE -> Optional.of(unreachable(probe));
    };
  }
}
