package io.holdfast.agent.restic;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A restic whose agent has died: found again, and ended before its job may run a second time. */
public final class Orphan {

  private static final Logger log = LoggerFactory.getLogger(Orphan.class);
  private static final Duration AFTER_KILL = Duration.ofSeconds(10);
  private static final long LOOK_EVERY_MILLIS = 50;

  private Orphan() {}

  /**
   * Ends the restic of a run, if it still lives: asks first, and forces it when its time is up.
   *
   * @param known the process as it was written down when it started; empty if the agent died before
   *     that
   * @param runTag the tag of its snapshot, which stands in its arguments; finds a process that was
   *     not written down, where the system shows arguments
   * @return whether none lives now
   * @throws InterruptedException if the thread was interrupted
   */
  public static boolean end(Optional<ProcessIdentity> known, String runTag)
      throws InterruptedException {
    return end(known, runTag, ResticProcess.GRACE);
  }

  static boolean end(Optional<ProcessIdentity> known, String runTag, Duration grace)
      throws InterruptedException {
    Optional<ProcessHandle> orphan =
        known.flatMap(ProcessIdentity::process).or(() -> withTag(runTag));
    if (orphan.isEmpty()) {
      return true;
    }
    ProcessHandle process = orphan.get();
    log.warn("process {} of a run whose agent has died still lives and is ended", process.pid());
    new BehindWrapper(List.of("--tag=" + runTag)).restics(process).forEach(Interrupt::send);
    if (!ended(process, grace)) {
      ResticProcess.kill(process);
    }
    return ended(process, AFTER_KILL);
  }

  private static boolean ended(ProcessHandle process, Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (ProcessIdentity.of(process).isPresent()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      Thread.sleep(LOOK_EVERY_MILLIS);
    }
    return true;
  }

  private static Optional<ProcessHandle> withTag(String runTag) {
    String argument = "--tag=" + runTag;
    return ProcessHandle.allProcesses()
        .filter(process ->
            process.info().arguments().stream().flatMap(Stream::of).anyMatch(argument::equals))
        .findFirst();
  }
}
