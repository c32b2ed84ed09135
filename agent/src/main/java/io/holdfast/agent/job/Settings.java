package io.holdfast.agent.job;

import io.holdfast.agent.location.RepositoryUrl;
import io.holdfast.agent.secret.Secret;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The settings that apply to this device, global values overridden by its own.
 *
 * @param syncInterval how long the agent waits between two syncs, 5 s to 1 day
 * @param push whether it keeps a connection to the control plane open, to hear of changes at once
 * @param maxConcurrentBackups how many runs may go on at once on this device, 1 to 64
 * @param repositoryUrl where restic's repository is; empty until an admin has set one that this
 *     machine may use
 * @param repositoryPassword empty until an admin has set it
 * @param repositoryCacheDir where restic keeps its cache; empty for the agent's own choice
 * @param repositoryAutoInit whether a repository that does not exist yet may be initialised
 * @param repositoryEnvironment variables for the storage back-end, such as {@code
 *     AWS_ACCESS_KEY_ID}
 * @param stalledAfter a restic that shows no progress for so long is ended, 10 s to 1 week
 * @param reportRepositoryKey whether the agent tells by which key it opens the repository
 * @param logLevel how much the agent logs
 */
public record Settings(
    Duration syncInterval,
    boolean push,
    int maxConcurrentBackups,
    Optional<RepositoryUrl> repositoryUrl,
    Optional<Secret> repositoryPassword,
    Optional<String> repositoryCacheDir,
    boolean repositoryAutoInit,
    Map<String, Secret> repositoryEnvironment,
    Duration stalledAfter,
    CatchUp catchUp,
    Housekeeping housekeeping,
    boolean reportRepositoryKey,
    LogLevel logLevel) {

  /**
   * When missed runs are made up for, after the agent's start or the machine's sleep.
   *
   * @param delay 0 to 1 day
   * @param jitter up to so much is added at random, 0 to 1 day
   */
  public record CatchUp(Duration delay, Duration jitter) {
    public CatchUp {
      Objects.requireNonNull(delay, "delay");
      Objects.requireNonNull(jitter, "jitter");
    }
  }

  /**
   * How a housekeeper gets a repository to itself.
   *
   * @param lease how long it stays its own when it gives no sign, 15 s to 1 hour
   * @param patience how long it waits for backups to end, 10 s to 1 day
   */
  public record Housekeeping(Duration lease, Duration patience) {
    public Housekeeping {
      Objects.requireNonNull(lease, "lease");
      Objects.requireNonNull(patience, "patience");
    }
  }

  public Settings {
    Objects.requireNonNull(syncInterval, "syncInterval");
    Objects.requireNonNull(repositoryUrl, "repositoryUrl");
    Objects.requireNonNull(repositoryPassword, "repositoryPassword");
    Objects.requireNonNull(repositoryCacheDir, "repositoryCacheDir");
    Objects.requireNonNull(stalledAfter, "stalledAfter");
    Objects.requireNonNull(catchUp, "catchUp");
    Objects.requireNonNull(housekeeping, "housekeeping");
    Objects.requireNonNull(logLevel, "logLevel");
    repositoryEnvironment = Map.copyOf(repositoryEnvironment);
  }

  /** The same with the repository of others. */
  public Settings withRepositoryOf(Settings others) {
    return new Settings(
        syncInterval,
        push,
        maxConcurrentBackups,
        others.repositoryUrl,
        others.repositoryPassword,
        repositoryCacheDir,
        repositoryAutoInit,
        others.repositoryEnvironment,
        stalledAfter,
        catchUp,
        housekeeping,
        reportRepositoryKey,
        logLevel);
  }
}
