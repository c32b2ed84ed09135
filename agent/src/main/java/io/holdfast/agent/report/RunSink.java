package io.holdfast.agent.report;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.run.RunId;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.RunRecord.ProofEnded;
import io.holdfast.agent.run.RunRecord.RestoreRecord;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunMissed;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * The control plane, as far as a device writes its runs there. Each call may be repeated: a replay
 * changes nothing.
 */
public interface RunSink {

  /**
   * Writes the run row of a run that has begun, and when its schedules fired.
   *
   * @throws ControlPlaneException if it could not be written; its kind says whether it ever can
   */
  void started(RunStarted started) throws ControlPlaneException;

  /**
   * Writes how the run ended; makes the row if its start never arrived. A row that has ended stays
   * as it is.
   *
   * @throws ControlPlaneException if it could not be written; its kind says whether it ever can
   */
  void finished(RunFinished finished) throws ControlPlaneException;

  /**
   * Writes down a due time that was passed over.
   *
   * @throws ControlPlaneException if it could not be written; its kind says whether it ever can
   */
  void missed(RunMissed missed) throws ControlPlaneException;

  /**
   * Writes down how housekeeping ended; makes the row if its start never arrived.
   *
   * @throws ControlPlaneException if it could not be written; its kind says whether it ever can
   */
  void ended(HousekeepingEnded ended) throws ControlPlaneException;

  /**
   * Writes down how a restore test ended.
   *
   * @throws ControlPlaneException if it could not be written; its kind says whether it ever can
   */
  void ended(ProofEnded ended) throws ControlPlaneException;

  /**
   * Writes down that a restore has begun, or how it ended, and answers who asked for it. A row that
   * has ended stays as it is.
   *
   * @throws ControlPlaneException if it could not be written; its kind says whether it ever can
   */
  void restore(RestoreRecord record) throws ControlPlaneException;

  /**
   * Which of these runs, missed runs, housekeeping runs and restores the control plane has; of a
   * run also how it ended.
   *
   * @throws ControlPlaneException if it could not be asked
   */
  Set<UUID> known(List<UUID> records) throws ControlPlaneException;

  /**
   * Shows on the row how far the run or the restore is; has no effect on one that has ended.
   *
   * @throws ControlPlaneException if it could not be written
   */
  void progress(RunId id, ProgressReport progress) throws ControlPlaneException;
}
