package io.holdfast.agent.daemon;

import io.holdfast.agent.run.DeviceLocks;
import io.holdfast.agent.run.OpenRun;
import io.holdfast.agent.run.OpenRun.Stage;
import io.holdfast.agent.run.OpenRuns;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Ends a run of this device that whatever process of the agent carries out, and waits for its end.
 * Needs no control plane.
 */
public final class ManualCancel {

  /** restic may take 75 s to end cleanly, and the repository may then be asked what it holds. */
  private static final Duration PATIENCE = Duration.ofMinutes(2).plusSeconds(30);

  private static final Duration LOOK_EVERY = Duration.ofMillis(200);

  private final OpenRuns openRuns;
  private final DeviceLocks locks;

  public ManualCancel(AgentParts parts) {
    this(parts.openRuns(), parts.locks());
  }

  private ManualCancel(OpenRuns openRuns, DeviceLocks locks) {
    this.openRuns = openRuns;
    this.locks = locks;
  }

  /** What came of it. */
  public sealed interface Result {
    /** The run has ended; its outcome is in the spool or in the control plane. */
    record Ended(OpenRun run) implements Result {}

    /** It has been asked to end and has not done so yet. */
    record StillThere(OpenRun run) implements Result {}

    /** Nothing was done. */
    record Declined(String message, String remedy) implements Result {}
  }

  /**
   * @param name a run's id or the beginning of one, or the name of the job whose run is meant
   * @throws InterruptedException if the thread was interrupted while it waited
   */
  public Result cancel(String name) throws InterruptedException {
    List<OpenRun> running =
        openRuns.all().stream().filter(run -> run.stage() == Stage.RUNNING).toList();
    List<OpenRun> meant = running.stream().filter(run -> isMeant(run, name)).toList();
    if (meant.size() != 1) {
      return new Result.Declined(
          meant.isEmpty()
              ? "no run \"" + name + "\" goes on on this device"
              : "\"" + name + "\" is the beginning of " + meant.size() + " runs",
          running.isEmpty()
              ? "None does at all; 'holdfast runs' lists those that have ended."
              : "There are: "
                  + String.join(", ", running.stream().map(ManualCancel::shown).toList())
                  + ".");
    }
    OpenRun run = meant.getFirst();
    if (isAbandoned(run)) {
      return new Result.Declined(
          "the agent that carried out run " + run.start().id() + " has died",
          "The daemon ends what is left of it and closes the run: start the daemon.");
    }
    openRuns.askToEnd(run.start().id(), "on this machine");
    return hasEnded(run) ? new Result.Ended(run) : new Result.StillThere(run);
  }

  private static boolean isMeant(OpenRun run, String name) {
    return run.start().jobName().equals(name)
        || run.start().jobId().toString().equals(name)
        || (!name.isEmpty()
            && run.start().id().toString().startsWith(name.toLowerCase(Locale.ROOT)));
  }

  private static String shown(OpenRun run) {
    return run.start().id() + " (job \"" + run.start().jobName() + "\")";
  }

  /** Its agent would hold the job's lock. */
  private boolean isAbandoned(OpenRun run) {
    return !locks.jobIsHeld(run.start().jobId()) && goesOn(run);
  }

  private boolean hasEnded(OpenRun run) throws InterruptedException {
    long begin = System.nanoTime();
    while (goesOn(run)) {
      if (System.nanoTime() - begin > PATIENCE.toNanos()) {
        return false;
      }
      Thread.sleep(LOOK_EVERY);
    }
    return true;
  }

  private boolean goesOn(OpenRun run) {
    return openRuns.all().stream()
        .anyMatch(
            open -> open.stage() == Stage.RUNNING && open.start().id().equals(run.start().id()));
  }
}
