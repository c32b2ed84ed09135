package io.holdfast.agent.run;

import io.holdfast.agent.restic.ProcessIdentity;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * A run that has left something to do, should its agent die now.
 *
 * @param restic its process, once there is one
 * @param told how it was closed for the time being, in the stage {@code PROVISIONAL}
 * @param itemErrors whether restic could not read something, as far as it has said
 * @param lastSign when it was last seen to go on
 * @param dump the pg_dump before restic, if the job is of that kind
 */
public record OpenRun(
    RunStarted start,
    Optional<ProcessIdentity> restic,
    Optional<RunFinished> told,
    boolean itemErrors,
    Stage stage,
    Instant lastSign,
    Optional<ProcessIdentity> dump) {

  /** How far it is on its way to be closed. */
  public enum Stage {
    /** It goes on, or its agent died. */
    RUNNING,
    /** It is written down as failed until the repository can be asked for its snapshot. */
    PROVISIONAL,
    /** Its end is written down; restic was killed, and may have left a lock or itself. */
    AFTERMATH
  }

  public OpenRun {
    Objects.requireNonNull(start, "start");
    Objects.requireNonNull(restic, "restic");
    Objects.requireNonNull(told, "told");
    Objects.requireNonNull(stage, "stage");
    Objects.requireNonNull(lastSign, "lastSign");
    Objects.requireNonNull(dump, "dump");
  }
}
