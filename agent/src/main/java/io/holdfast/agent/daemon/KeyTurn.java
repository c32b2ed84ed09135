package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.maintenance.RepositoryIds;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.RepositoryKeys;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.run.RepositoryAccess;
import io.holdfast.agent.run.ResticProvider;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * While a password is rotated: opens the repository with the password that would be used now, and
 * tells by which of its keys it opened.
 */
final class KeyTurn implements Loop.Turn {

  private static final Logger log = LoggerFactory.getLogger(KeyTurn.class);

  private static final Duration RETRY = Duration.ofMinutes(1);

  /** What the control plane is told. */
  interface Told {
    void keyUsed(String repositoryId, String keyId) throws ControlPlaneException;
  }

  private final ResticProvider provider;
  private final RepositoryIds ids;
  private final Supplier<Optional<Settings>> settings;
  private final Told told;
  private Optional<Repository> last = Optional.empty();

  /**
   * @param settings those that are kept on disk too: else the agent might go by the old ones after
   *     a restart
   */
  KeyTurn(
      ResticProvider provider,
      RepositoryIds ids,
      Supplier<Optional<Settings>> settings,
      Told told) {
    this.provider = provider;
    this.ids = ids;
    this.settings = settings;
    this.told = told;
  }

  @Override
  public Duration take() throws InterruptedException {
    Optional<Repository> now =
        settings
            .get()
            .filter(Settings::reportRepositoryKey)
            .filter(known -> RepositoryAccess.missing(known).isEmpty())
            .map(RepositoryAccess::of);
    if (now.isEmpty()) {
      last = Optional.empty();
      return Loop.UNTIL_WOKEN;
    }
    if (now.equals(last)) {
      return Loop.UNTIL_WOKEN;
    }
    return tell(now.get()) ? Loop.UNTIL_WOKEN : RETRY;
  }

  private boolean tell(Repository repository) throws InterruptedException {
    try {
      Optional<RepositoryKeys.Key> key = new RepositoryKeys(provider.get()).current(repository);
      Optional<String> id = ids.of(provider.get(), repository);
      if (key.isEmpty() || id.isEmpty()) {
        return false;
      }
      told.keyUsed(id.get(), key.get().id());
      last = Optional.of(repository);
      return true;
    } catch (ControlPlaneException | ResticUnavailable e) {
      log.debug("by which key the repository opens is told later: {}", e.getMessage());
      return false;
    }
  }
}
