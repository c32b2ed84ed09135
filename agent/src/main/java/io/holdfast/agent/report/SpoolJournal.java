package io.holdfast.agent.report;

import io.holdfast.agent.restic.BackupProgress;
import io.holdfast.agent.run.RunJournal;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.time.Instant;

/** Writes runs down in the spool and hands their progress to whoever reports it. */
public final class SpoolJournal implements RunJournal {

  private final Spool spool;
  private final Runnable wakeDrain;
  private final ProgressBoard progress;

  /**
   * @param wakeDrain told after every record, so that it is delivered at once
   */
  public SpoolJournal(Spool spool, ProgressBoard progress, Runnable wakeDrain) {
    this.spool = spool;
    this.progress = progress;
    this.wakeDrain = wakeDrain;
  }

  @Override
  public void started(RunStarted started) {
    spool.add(started);
    wakeDrain.run();
  }

  @Override
  public void progress(RunStarted started, BackupProgress latest, Instant at) {
    progress.put(
        started.id(),
        new ProgressReport(
            at,
            Math.round(latest.fraction() * 1000) / 10.0,
            latest.filesDone(),
            boxed(latest.totalFiles()),
            latest.bytesDone(),
            boxed(latest.totalBytes()),
            latest.errorCount()));
  }

  @Override
  public void finished(RunFinished finished) {
    progress.remove(finished.start().id());
    spool.add(finished);
    wakeDrain.run();
  }

  private static java.util.Optional<Long> boxed(java.util.OptionalLong number) {
    return number.isPresent()
        ? java.util.Optional.of(number.getAsLong())
        : java.util.Optional.empty();
  }
}
