package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.run.Aftermath.Alone;

/**
 * Lets one device of the fleet at a time remove locks from the repository. The lease is held by an
 * open transaction, so it ends with its holder, and it needs the control plane: without it nothing
 * is removed.
 */
public final class UnlockLease implements Alone {

  /** The first half names Holdfast, so that no other program's lock is met. */
  private static final String TAKE = "SELECT pg_try_advisory_xact_lock(1215263844, 1)";

  /** What came of the attempt. */
  private enum Result {
    DONE,
    BUSY,
    INTERRUPTED
  }

  private final Database database;

  public UnlockLease(Database database) {
    this.database = database;
  }

  @Override
  public boolean run(Step step) throws InterruptedException {
    try {
      Result result =
          database.call(handle ->
              handle.createQuery(TAKE).mapTo(Boolean.class).one() ? take(step) : Result.BUSY);
      if (result == Result.INTERRUPTED) {
        throw new InterruptedException();
      }
      return result == Result.DONE;
    } catch (ControlPlaneException e) {
      return false;
    }
  }

  private static Result take(Step step) {
    try {
      step.take();
      return Result.DONE;
    } catch (InterruptedException e) {
      return Result.INTERRUPTED;
    }
  }
}
