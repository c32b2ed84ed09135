package io.holdfast.agent.restic;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The environment of a restic: little of ours, and where it finds the repository. */
final class ResticEnvironment {

  /** restic's own default is up to 60 a second. */
  private static final String PROGRESS_FPS = "1";

  /** What a program needs of our environment to work at all; the second line is for Windows. */
  private static final List<String> INHERITED =
      List.of(
          "PATH",
          "HOME",
          "TMPDIR",
          "SSH_AUTH_SOCK",
          "SystemRoot",
          "LOCALAPPDATA",
          "USERPROFILE",
          "TMP",
          "TEMP",
          "ProgramData");

  private ResticEnvironment() {}

  /** For a command on one repository. */
  static Map<String, String> of(Repository repository, PrivateFiles.Pair files, Path defaultCache) {
    Map<String, String> environment = new HashMap<>();
    for (String name : INHERITED) {
      String value = System.getenv(name);
      if (value != null) {
        environment.put(name, value);
      }
    }
    repository.environment().forEach((name, secret) -> environment.put(name, secret.value()));
    environment.put("LANG", "C.UTF-8");
    environment.put("RESTIC_REPOSITORY_FILE", files.repository().toString());
    environment.put("RESTIC_PASSWORD_FILE", files.password().toString());
    environment.put(
        "RESTIC_CACHE_DIR", repository.cacheDirectory().orElse(defaultCache).toString());
    environment.put("RESTIC_PROGRESS_FPS", PROGRESS_FPS);
    return environment;
  }

  /** Where to read; the caller has seen to it that the two need no contrary variables. */
  static void addSource(Map<String, String> environment, Repository from, PrivateFiles.Pair files) {
    from.environment().forEach((name, secret) -> environment.put(name, secret.value()));
    environment.put("RESTIC_FROM_REPOSITORY_FILE", files.repository().toString());
    environment.put("RESTIC_FROM_PASSWORD_FILE", files.password().toString());
  }
}
