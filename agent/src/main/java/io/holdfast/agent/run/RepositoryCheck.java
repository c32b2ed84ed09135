package io.holdfast.agent.run;

import io.holdfast.agent.job.Settings;
import io.holdfast.agent.restic.RepositoryProbe;
import io.holdfast.agent.restic.RepositoryProbe.State;
import io.holdfast.agent.restic.Restic;
import java.util.Optional;

/** Whether the repository of the settings opens. */
public final class RepositoryCheck {

  private RepositoryCheck() {}

  /** What was found; message and remedy are empty if it opens. */
  public record Result(State state, String message, String remedy) {}

  /** Why these settings name no repository, if they name none. */
  public static Optional<Result> missing(Settings settings) {
    return RepositoryAccess.missing(settings)
        .map(missing -> new Result(State.UNREACHABLE, missing.sentence(), missing.remedy()));
  }

  /**
   * @throws InterruptedException if the thread was interrupted
   */
  public static Result of(Restic restic, Settings settings) throws InterruptedException {
    Optional<Result> missing = missing(settings);
    if (missing.isPresent()) {
      return missing.get();
    }
    RepositoryProbe probe = restic.probe(RepositoryAccess.of(settings));
    return new Result(probe.state(), probe.message(), probe.remedy());
  }
}
