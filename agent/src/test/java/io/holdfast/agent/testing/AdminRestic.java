package io.holdfast.agent.testing;

import static io.holdfast.agent.testing.Site.eventually;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** restic in the hands of an admin who works on a site's repository beside the agent. */
public final class AdminRestic {

  /** The tag of snapshots that no run has made. */
  static final String BY_HAND = "by-hand";

  private final Path restic;
  private final Site site;

  public AdminRestic(Path restic, Site site) {
    this.restic = restic;
    this.site = site;
  }

  private Map<String, String> environment() {
    return Map.of(
        "RESTIC_REPOSITORY", site.repository().toString(),
        "RESTIC_PASSWORD", Site.REPOSITORY_PASSWORD,
        "RESTIC_CACHE_DIR", site.directory().resolve("admin-cache").toString());
  }

  private List<String> command(String... arguments) {
    List<String> command = new ArrayList<>(List.of(restic.toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Runs restic to its end, which must be a good one; returns what it wrote. */
  public String run(String... arguments) {
    Program.Result result = Program.run(environment(), command(arguments));
    if (result.exitCode() != 0) {
      throw new AssertionError("restic " + List.of(arguments) + ": " + result.all());
    }
    return result.out();
  }

  /** A snapshot that no run has made. */
  public void backUp(Path source) {
    run("backup", "--tag=" + BY_HAND, "--", source.toString());
  }

  /** A process that holds a lock of the repository and does nothing more. */
  public final class Holder implements AutoCloseable {
    private final Process process;
    private final String lock;

    private Holder(List<String> command) throws IOException {
      Set<String> before = RunningRestic.locks(site);
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().putAll(new HashMap<>(environment()));
      File log = site.directory().resolve("admin-restic.log").toFile();
      builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log));
      builder.redirectInput(new File("/dev/null"));
      process = builder.start();
      eventually()
          .pollInterval(Duration.ofMillis(10))
          .until(() -> !process.isAlive() || !added(before).isEmpty());
      RunningRestic.signal(process.toHandle(), "STOP");
      Set<String> own = added(before);
      if (own.isEmpty()) {
        process.destroyForcibly();
        throw new AssertionError("restic ended before it could be stopped; its log is " + log);
      }
      lock = own.iterator().next();
    }

    private Set<String> added(Set<String> before) throws IOException {
      Set<String> added = new HashSet<>(RunningRestic.locks(site));
      added.removeAll(before);
      return added;
    }

    /** The name of its lock. */
    public String lock() {
      return lock;
    }

    /** Lets it come to its end, and to the removal of its lock. */
    public void goOn() {
      RunningRestic.signal(process.toHandle(), "CONT");
    }

    /** Ends it without leave to remove its lock. */
    public void kill() throws InterruptedException {
      process.destroyForcibly();
      process.waitFor(1, TimeUnit.MINUTES);
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  /**
   * A check that holds the repository for itself, which must hold a MiB: slow enough to be stopped
   * in the middle of it, quick enough to end soon when it goes on.
   */
  public Holder exclusiveLock() throws IOException {
    return new Holder(command("check", "--read-data", "--limit-download=300"));
  }

  /**
   * A backup by a machine of another name that shares the repository with others and lasts for
   * ever.
   */
  public Holder sharedLockOfAnotherHost(Path source) throws IOException {
    List<String> command = new ArrayList<>(List.of("unshare", "--uts"));
    if (!Account.isRoot()) {
      command.addAll(List.of("--user", "--map-root-user"));
    }
    command.addAll(List.of("sh", "-c", "hostname elsewhere && exec \"$@\"", "sh"));
    command.addAll(command("backup", "--limit-upload=10", "--", source.toString()));
    return new Holder(command);
  }
}
