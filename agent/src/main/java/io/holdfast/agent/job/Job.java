package io.holdfast.agent.job;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * What to back up: a valid row of {@code backup_jobs}.
 *
 * @param sourcePaths each absolute; at least one for the kind files, none for the others
 * @param excludePatterns restic {@code --exclude} patterns
 * @param userTags further tags; none holds a comma, since restic splits there
 * @param resticArgs as the admin wrote them; checked against the allow-list before restic sees them
 * @param originName what the {@code origin} tag says, if it is not the device's name
 * @param accountId what the {@code account_id} tag says, if there is to be one
 * @param limits how long a run may take and how often it is tried again
 * @param kind what it backs up
 */
public record Job(
    UUID id,
    String name,
    List<String> sourcePaths,
    List<String> excludePatterns,
    List<String> userTags,
    List<String> resticArgs,
    Optional<String> originName,
    Optional<UUID> accountId,
    RunLimits limits,
    JobKind kind) {

  public Job {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(originName, "originName");
    Objects.requireNonNull(accountId, "accountId");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(kind, "kind");
    sourcePaths = List.copyOf(sourcePaths);
    excludePatterns = List.copyOf(excludePatterns);
    userTags = List.copyOf(userTags);
    resticArgs = List.copyOf(resticArgs);
    if (sourcePaths.isEmpty() != (kind != JobKind.FILES)) {
      throw new IllegalArgumentException("a job of files has source paths, and no other has");
    }
  }

  /** One of the kind files. */
  public Job(
      UUID id,
      String name,
      List<String> sourcePaths,
      List<String> excludePatterns,
      List<String> userTags,
      List<String> resticArgs,
      Optional<String> originName,
      Optional<UUID> accountId,
      RunLimits limits) {
    this(
        id,
        name,
        sourcePaths,
        excludePatterns,
        userTags,
        resticArgs,
        originName,
        accountId,
        limits,
        JobKind.FILES);
  }
}
