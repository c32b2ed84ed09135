package io.holdfast.agent.run;

import io.holdfast.agent.job.Job;
import io.holdfast.agent.job.Policy;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.ArgumentCheck;
import io.holdfast.agent.restic.BackupArguments;
import io.holdfast.agent.restic.BackupCommand;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.ResticVersion;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a run needs before restic may start: the repository and the command, or why there is none.
 */
sealed interface Preparation {

  record Ready(Repository repository, BackupCommand command) implements Preparation {}

  record Refused(Verdict verdict) implements Preparation {}

  static Preparation of(
      RunOrder order, RunId id, ResticVersion version, Policy policy, ControlPlaneDump dump) {
    Job job = order.due().job();
    Optional<Verdict> missing =
        RepositoryAccess.missing(order.settings())
            .or(() -> outside(policy, job))
            .or(() -> withinRepository(RepositoryAccess.of(order.settings()), job));
    if (missing.isPresent()) {
      return new Refused(missing.get());
    }
    return switch (BackupArguments.check(job.resticArgs(), version)) {
      case ArgumentCheck.Refused(String message, String remedy) ->
          new Refused(Verdict.failed("restic-args-invalid", message, remedy));
      case ArgumentCheck.Accepted accepted ->
          new Ready(
              RepositoryAccess.of(order.settings()),
              new BackupCommand(
                  order.device().name(),
                  sources(job, dump),
                  job.excludePatterns(),
                  SnapshotTags.of(job, order.device(), id.value()),
                  accepted.arguments()));
    };
  }

  private static List<String> sources(Job job, ControlPlaneDump dump) {
    return switch (job.kind()) {
      case FILES -> job.sourcePaths();
      case CONTROL_PLANE -> List.of(dump.place(job.id()).toString());
    };
  }

  private static Optional<Verdict> withinRepository(Repository repository, Job job) {
    return job.sourcePaths().stream()
        .filter(repository::contains)
        .findFirst()
        .map(source ->
            Verdict.failed(
                "source-in-repository",
                "the source path \""
                    + source
                    + "\" lies in the repository itself, and each backup would hold once more all that"
                    + " the repository holds",
                "Take it out of source_paths; for a second copy of a repository there are copy"
                    + " targets (docs/housekeeping.md)."));
  }

  /** Looked at right before restic reads it: a link may have been laid since the last sync. */
  private static Optional<Verdict> outside(Policy policy, Job job) {
    return policy
        .forbiddenPath(job, RealPlace::of)
        .map(path ->
            Verdict.failed(
                "policy-refused",
                "the source path \""
                    + path
                    + "\" leads by a link to where policy.source_roots does not allow",
                "Remove the link, or change the policy in the configuration file of the machine"
                    + " itself."))
        .or(() -> policy.sourceRoots().flatMap(_ -> exchangeable(job)));
  }

  /** restic follows a link that is laid between our look and its own. */
  private static Optional<Verdict> exchangeable(Job job) {
    return job.sourcePaths().stream()
        .flatMap(
            source -> WayTo.of(RealPlace.of(Path.of(source))).whereOthersMayExchange().stream())
        .findFirst()
        .map(directory ->
            Verdict.failed(
                "policy-refused",
                "others than root may write to "
                    + directory
                    + ", which leads to a source path, and could lay a link there that leads out of"
                    + " policy.source_roots",
                "Take that right away (chown root, chmod go-w), back up a directory above it, or remove"
                    + " policy.source_roots from the configuration file of the machine itself."));
  }
}
