package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.run.Aftermath.Alone;

/**
 * Lets one device of the fleet at a time remove stale locks from the repository. The control plane
 * gives the lease out for five minutes, and without it nothing is removed.
 */
public final class UnlockLease implements Alone {

  private final Database database;
  private final String deviceId;

  public UnlockLease(Database database, String deviceId) {
    this.database = database;
    this.deviceId = deviceId;
  }

  @Override
  public boolean run(Step step) throws InterruptedException {
    try {
      boolean ours =
          database.call(handle ->
              handle
                  .select("SELECT holdfast.unlock_begins(?)", deviceId)
                  .mapTo(Boolean.class)
                  .one());
      if (!ours) {
        return false;
      }
    } catch (ControlPlaneException e) {
      return false;
    }
    try {
      step.take();
    } finally {
      release();
    }
    return true;
  }

  private void release() {
    try {
      database.call(handle -> handle.execute("SELECT holdfast.unlock_ends(?)", deviceId));
    } catch (ControlPlaneException e) {
      // It ends by itself.
    }
  }
}
