package io.holdfast.agent.restic;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * restic as a person calls it, on a repository of ours: input, output and terminal are the
 * person's. The password is in a file for as long as restic runs, and on no command line.
 */
public final class ResticByHand {

  /** What a person's own surroundings say of the terminal. */
  private static final List<String> OF_THE_TERMINAL = List.of("TERM", "COLUMNS", "LINES", "USER");

  /** Ctrl-C on a terminal has reached restic too, and a second one would end it at once. */
  private static final int SECONDS_TO_END_BY_ITSELF = 5;

  private static final int LOOK_EVERY_MILLIS = 200;

  private ResticByHand() {}

  /**
   * Runs it to its end.
   *
   * @param reader of the repository that is meant
   * @param cancellation ends it, as a signal to us should
   * @return restic's exit code
   * @throws IOException if it could not be started
   * @throws InterruptedException if the thread was interrupted
   */
  public static int run(RepositoryReader reader, List<String> arguments, Cancellation cancellation)
      throws IOException, InterruptedException {
    Restic restic = reader.restic();
    List<String> command = new ArrayList<>(List.of(restic.path().toString()));
    command.addAll(arguments);
    try (PrivateFiles.Pair files = restic.privateFiles().write(reader.repository())) {
      ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
      Map<String, String> environment = builder.environment();
      Map<String, String> terminal = new LinkedHashMap<>(environment);
      terminal.keySet().retainAll(OF_THE_TERMINAL);
      environment.clear();
      environment.putAll(terminal);
      environment.putAll(ResticEnvironment.of(reader.repository(), files, restic.defaultCache()));
      // As often as restic itself draws it.
      environment.remove("RESTIC_PROGRESS_FPS");
      return awaited(builder.start(), cancellation);
    }
  }

  private static int awaited(Process process, Cancellation cancellation)
      throws InterruptedException {
    while (!process.waitFor(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
      if (cancellation.isCancelled()) {
        if (!process.waitFor(SECONDS_TO_END_BY_ITSELF, TimeUnit.SECONDS)) {
          Interrupt.send(process.toHandle());
        }
        return process.waitFor();
      }
    }
    return process.exitValue();
  }

  /**
   * The variables by which a restic finds the repository, the password among them: for the
   * environment of a shell, and for nobody's eyes.
   */
  public static Map<String, String> environment(RepositoryReader reader) {
    Repository repository = reader.repository();
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("RESTIC_REPOSITORY", repository.url().value());
    environment.put("RESTIC_PASSWORD", repository.password().value());
    environment.put(
        "RESTIC_CACHE_DIR",
        repository.cacheDirectory().orElse(reader.restic().defaultCache()).toString());
    repository.environment().forEach((name, secret) -> environment.put(name, secret.value()));
    return environment;
  }
}
