package io.holdfast.agent.run;

import io.holdfast.agent.restic.BackupProgress;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.RunRecord.ProofEnded;
import io.holdfast.agent.run.RunRecord.RestoreRecord;
import io.holdfast.agent.run.RunRecord.RestoreStarted;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunMissed;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.time.Instant;

/** Where a run is written down while it goes on. */
public interface RunJournal {

  /**
   * Writes down that a run begins. When it returns the record survives a crash, and there is room
   * for the record of its end.
   *
   * @throws java.io.UncheckedIOException if it cannot be written; the run must not begin then
   */
  void started(RunStarted started);

  /** Tells how far the run is: a courtesy, which may be dropped. */
  void progress(RunStarted started, BackupProgress progress, Instant at);

  /**
   * Writes down how the run ended.
   *
   * @return whether the record survives a crash by now; else it is kept in memory and tried again
   */
  boolean finished(RunFinished finished);

  /**
   * Writes down that a due time was passed over.
   *
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  void missed(RunMissed missed);

  /**
   * Writes down how housekeeping ended.
   *
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  void ended(HousekeepingEnded ended);

  /**
   * Writes down how a restore test ended.
   *
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  void ended(ProofEnded ended);

  /**
   * Writes down that a restore begins, or how it ended. When it returns the record survives a
   * crash; a start also takes the room for the record of its end.
   *
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  void restore(RestoreRecord record);

  /** Tells how far the restore is: a courtesy, which may be dropped. */
  void progress(RestoreStarted started, BackupProgress progress, Instant at);
}
