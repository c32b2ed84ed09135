package io.holdfast.agent.run;

import io.holdfast.agent.job.Settings;
import io.holdfast.agent.location.RepositoryUrl;
import io.holdfast.agent.restic.BackendEnvironment;
import io.holdfast.agent.restic.Repository;
import java.nio.file.Path;
import java.util.Optional;

/** The repository that a device's settings name. */
public final class RepositoryAccess {

  /** It may refer to a secret that is not there, or be forbidden by the machine's policy. */
  private static final String IF_IT_IS_SET =
      "If it is set, the table problems says what is wrong with it.";

  private RepositoryAccess() {}

  /** The repository of these settings, which must be complete. */
  public static Repository of(Settings settings) {
    RepositoryUrl url = settings.repositoryUrl().orElseThrow();
    return new Repository(
        url.text(),
        settings.repositoryPassword().orElseThrow(),
        settings.repositoryCacheDir().map(Path::of),
        settings.repositoryEnvironment(),
        url.hidden());
  }

  /** Why there is no repository to back up into, as far as the settings tell. */
  public static Optional<Verdict> missing(Settings settings) {
    if (settings.repositoryUrl().isEmpty()) {
      return Optional.of(
          Verdict.failed(
              "repository-url-missing",
              "there is no repository to back up into: the setting repository_url is empty, or this"
                  + " machine cannot use it",
              set("repository_url", "sftp:user@host:/path/to/repo") + IF_IT_IS_SET));
    }
    if (settings.repositoryPassword().isEmpty()) {
      return Optional.of(
          Verdict.failed(
              "repository-password-missing",
              "the setting repository_password is empty, or this machine cannot use it",
              set("repository_password", "...") + IF_IT_IS_SET));
    }
    return BackendEnvironment.refusal(settings.repositoryEnvironment().keySet())
        .map(why ->
            Verdict.failed(
                "repository-environment-invalid",
                "the setting repository_environment is not used: " + why,
                "Name only variables of the storage back-end; docs/restic.md lists them."));
  }

  /** Whether there is a row already or not. */
  private static String set(String key, String value) {
    return "Set it: INSERT INTO settings (key, value) VALUES ('"
        + key
        + "', '"
        + value
        + "') ON CONFLICT (device_id, key) DO UPDATE SET value = excluded.value. ";
  }
}
