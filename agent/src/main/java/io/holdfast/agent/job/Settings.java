package io.holdfast.agent.job;

import io.holdfast.agent.secret.Secret;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The settings that apply to this device, global values overridden by its own.
 *
 * @param syncInterval how long the agent waits between two syncs, 5 s to 1 day
 * @param maxConcurrentBackups how many runs may go on at once on this device, 1 to 64
 * @param repositoryUrl where restic's repository is; empty until an admin has set it
 * @param repositoryPassword empty until an admin has set it
 * @param repositoryCacheDir where restic keeps its cache; empty for the agent's own choice
 * @param repositoryAutoInit whether a repository that does not exist yet may be initialised
 * @param repositoryEnvironment variables for the storage back-end, such as {@code
 *     AWS_ACCESS_KEY_ID}
 */
public record Settings(
    Duration syncInterval,
    int maxConcurrentBackups,
    Optional<Secret> repositoryUrl,
    Optional<Secret> repositoryPassword,
    Optional<String> repositoryCacheDir,
    boolean repositoryAutoInit,
    Map<String, Secret> repositoryEnvironment) {

  public Settings {
    Objects.requireNonNull(syncInterval, "syncInterval");
    Objects.requireNonNull(repositoryUrl, "repositoryUrl");
    Objects.requireNonNull(repositoryPassword, "repositoryPassword");
    Objects.requireNonNull(repositoryCacheDir, "repositoryCacheDir");
    repositoryEnvironment = Map.copyOf(repositoryEnvironment);
  }
}
