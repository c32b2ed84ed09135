package io.holdfast.agent.testing;

import static io.holdfast.agent.testing.Site.eventually;

import io.holdfast.agent.restic.ProcessIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The restic that a daemon has started for a job, met from outside as the kernel would meet it. */
public final class RunningRestic implements AutoCloseable {

  /** More than restic's own 200 ms, since the machine may be slow. */
  private static final Duration LOCK_CHECKED = Duration.ofSeconds(2);

  private final ProcessHandle process;

  private RunningRestic(ProcessHandle process) {
    this.process = process;
  }

  /** Waits until it is in the middle of its work: it has locked the repository. */
  public static RunningRestic of(Site site, Process daemon, String job) {
    eventually().until(() -> find(daemon, job).isPresent() && isAtWork(site));
    return new RunningRestic(find(daemon, job).orElseThrow());
  }

  private static Optional<ProcessHandle> find(Process daemon, String job) {
    return daemon
        .descendants()
        .filter(process ->
            List.of(process.info().arguments().orElse(new String[0]))
                .contains("--tag=backup_name=" + job))
        .findFirst();
  }

  /**
   * Whether a restic has gone on beyond its lock. In the first 200 ms of it restic 0.14 looks for
   * the locks of others, and if it is interrupted there it leaves its own behind.
   */
  public static boolean isAtWork(Site site) throws IOException {
    for (String lock : locks(site)) {
      Path file = site.repository().resolve("locks").resolve(lock);
      try {
        if (Files.getLastModifiedTime(file)
            .toInstant()
            .isBefore(Instant.now().minus(LOCK_CHECKED))) {
          return true;
        }
      } catch (NoSuchFileException e) {
        // It has ended meanwhile.
      }
    }
    return false;
  }

  /** The names of the locks that lie in the site's repository. */
  public static Set<String> locks(Site site) throws IOException {
    Path locks = site.repository().resolve("locks");
    if (!Files.isDirectory(locks)) {
      return Set.of();
    }
    try (Stream<Path> files = Files.list(locks)) {
      Set<String> names = new TreeSet<>();
      // Before it has its name a lock is a temporary file, which ends in one more number.
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.matches("[0-9a-f]{64}"))
          .forEach(names::add);
      return names;
    }
  }

  public void kill() {
    signal(process, "KILL");
  }

  /** Makes it hang: it does nothing any more, and nothing but SIGKILL and SIGCONT moves it. */
  public void stop() {
    signal(process, "STOP");
  }

  /** After {@link #stop()}. */
  public void goOn() {
    signal(process, "CONT");
  }

  /** One that has ended and waits for its parent to ask is not alive. */
  public boolean isAlive() {
    return ProcessIdentity.of(process).isPresent();
  }

  public static void signal(ProcessHandle process, String name) {
    if (process.isAlive()) {
      Program.run(Map.of(), List.of("kill", "-" + name, Long.toString(process.pid())));
    }
  }

  /** A stopped one would hold up the daemon's stop. */
  @Override
  public void close() {
    kill();
  }
}
