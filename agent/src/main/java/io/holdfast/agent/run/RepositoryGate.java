package io.holdfast.agent.run;

import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.Restic;
import java.util.UUID;

/** Keeps backups out of a repository while a housekeeper needs it for himself. */
public interface RepositoryGate {

  /**
   * Waits until a backup may begin. Without the control plane nobody can say so, and it may: then
   * restic's own locks alone keep the two apart.
   *
   * @param waits told once, if it has to wait
   * @return to be closed when the backup has ended; also given if the cancellation ended the wait
   * @throws InterruptedException if the thread was interrupted
   */
  Pass enter(
      Restic restic, Repository repository, UUID run, Cancellation cancellation, Runnable waits)
      throws InterruptedException;

  /** The leave to be in the repository. */
  interface Pass extends AutoCloseable {
    @Override
    void close();
  }
}
