package io.holdfast.agent.run;

import io.holdfast.agent.job.Job;
import io.holdfast.agent.job.Policy;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.ArgumentCheck;
import io.holdfast.agent.restic.BackendEnvironment;
import io.holdfast.agent.restic.BackupArguments;
import io.holdfast.agent.restic.BackupCommand;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.ResticVersion;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a run needs before restic may start: the repository and the command, or why there is none.
 */
sealed interface Preparation {

  /** It may refer to a secret that is not there, or be forbidden by the machine's policy. */
  String IF_IT_IS_SET = "If it is set, the table problems says what is wrong with it.";

  record Ready(Repository repository, BackupCommand command) implements Preparation {}

  record Refused(Verdict verdict) implements Preparation {}

  static Preparation of(RunOrder order, RunId id, ResticVersion version, Policy policy) {
    Job job = order.due().job();
    Optional<Verdict> missing = missing(order.settings()).or(() -> outside(policy, job));
    if (missing.isPresent()) {
      return new Refused(missing.get());
    }
    return switch (BackupArguments.check(job.resticArgs(), version)) {
      case ArgumentCheck.Refused(String message, String remedy) ->
          new Refused(Verdict.failed("restic-args-invalid", message, remedy));
      case ArgumentCheck.Accepted accepted ->
          new Ready(
              repository(order.settings()),
              new BackupCommand(
                  order.device().name(),
                  job.sourcePaths(),
                  job.excludePatterns(),
                  SnapshotTags.of(job, order.device(), id.value()),
                  accepted.arguments()));
    };
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
                    + " itself."));
  }

  /** The repository of these settings, which must be complete. */
  static Repository repository(Settings settings) {
    return new Repository(
        settings.repositoryUrl().orElseThrow(),
        settings.repositoryPassword().orElseThrow(),
        settings.repositoryCacheDir().map(Path::of),
        settings.repositoryEnvironment());
  }

  /** Why there is no repository to back up into, as far as the settings tell. */
  static Optional<Verdict> missing(Settings settings) {
    if (settings.repositoryUrl().isEmpty()) {
      return Optional.of(
          Verdict.failed(
              "repository-url-missing",
              "there is no repository to back up into: the setting repository_url is empty, or this"
                  + " machine cannot use it",
              "Set it: UPDATE settings SET value = 'sftp:user@host:/path/to/repo' WHERE key ="
                  + " 'repository_url'. "
                  + IF_IT_IS_SET));
    }
    if (settings.repositoryPassword().isEmpty()) {
      return Optional.of(
          Verdict.failed(
              "repository-password-missing",
              "the setting repository_password is empty, or this machine cannot use it",
              "Set it: UPDATE settings SET value = '...' WHERE key = 'repository_password'. "
                  + IF_IT_IS_SET));
    }
    return BackendEnvironment.refusal(settings.repositoryEnvironment().keySet())
        .map(why ->
            Verdict.failed(
                "repository-environment-invalid",
                "the setting repository_environment is not used: " + why,
                "Name only variables of the storage back-end; docs/restic.md lists them."));
  }
}
