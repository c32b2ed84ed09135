package io.holdfast.agent.maintenance;

import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.secret.Secret;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Which repository it is that a URL leads to. Asked once a day, since somebody may have made a new
 * one in its place, and when the password has changed.
 */
public final class RepositoryIds {

  private static final Duration GOOD_FOR = Duration.ofDays(1);

  private record Known(String id, Secret password, long asked) {}

  private final Map<String, Known> known = new ConcurrentHashMap<>();
  private final Consumer<Repository> opened;

  /**
   * @param opened told of each repository that has opened with its password
   */
  public RepositoryIds(Consumer<Repository> opened) {
    this.opened = opened;
  }

  /**
   * restic's own id.
   *
   * @return empty if the repository cannot be asked, or is not there
   * @throws InterruptedException if the thread was interrupted
   */
  public Optional<String> of(Restic restic, Repository repository) throws InterruptedException {
    String url = repository.url().value();
    Known last = known.get(url);
    if (last != null
        && last.password().equals(repository.password())
        && System.nanoTime() - last.asked() < GOOD_FOR.toNanos()) {
      return Optional.of(last.id());
    }
    Optional<String> id = restic.idOf(repository);
    id.ifPresent(found -> {
      known.put(url, new Known(found, repository.password(), System.nanoTime()));
      opened.accept(repository);
    });
    return id;
  }
}
