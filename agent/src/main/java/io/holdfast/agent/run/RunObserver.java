package io.holdfast.agent.run;

import io.holdfast.agent.restic.BackupProgress;
import io.holdfast.agent.run.RunRecord.RunStarted;

/** Looks on while a run is carried out. */
public interface RunObserver {

  /** The run is written down as started. */
  default void begun(RunStarted started) {}

  /** It waits until a housekeeper has finished with the repository. */
  default void waits() {}

  default void progress(BackupProgress latest) {}
}
