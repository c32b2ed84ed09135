package io.holdfast.agent.run;

import io.holdfast.agent.job.Job;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.ArgumentCheck;
import io.holdfast.agent.restic.BackendEnvironment;
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

  static Preparation of(RunOrder order, RunId id, ResticVersion version, ControlPlaneDump dump) {
    Optional<Verdict> missing = missing(order.settings());
    if (missing.isPresent()) {
      return new Refused(missing.get());
    }
    Job job = order.due().job();
    return switch (BackupArguments.check(job.resticArgs(), version)) {
      case ArgumentCheck.Refused(String message, String remedy) ->
          new Refused(Verdict.failed("restic-args-invalid", message, remedy));
      case ArgumentCheck.Accepted accepted ->
          new Ready(
              repository(order.settings()),
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
              "the setting repository_url is empty, so there is no repository to back up into",
              "Set it: UPDATE settings SET value = 'sftp:user@host:/path/to/repo' WHERE key ="
                  + " 'repository_url'."));
    }
    if (settings.repositoryPassword().isEmpty()) {
      return Optional.of(
          Verdict.failed(
              "repository-password-missing",
              "the setting repository_password is empty",
              "Set it: UPDATE settings SET value = '...' WHERE key = 'repository_password'."));
    }
    return BackendEnvironment.refusal(settings.repositoryEnvironment().keySet())
        .map(why ->
            Verdict.failed(
                "repository-environment-invalid",
                "the setting repository_environment is not used: " + why,
                "Name only variables of the storage back-end; docs/restic.md lists them."));
  }
}
