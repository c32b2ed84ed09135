package io.holdfast.agent.report;

import io.holdfast.agent.restic.BackupProgress;
import io.holdfast.agent.run.RunId;
import io.holdfast.agent.run.RunJournal;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.RunRecord.ProofEnded;
import io.holdfast.agent.run.RunRecord.RestoreEnded;
import io.holdfast.agent.run.RunRecord.RestoreRecord;
import io.holdfast.agent.run.RunRecord.RestoreStarted;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunMissed;
import io.holdfast.agent.run.RunRecord.RunStarted;
import io.holdfast.agent.text.Visible;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes runs down in the spool and hands their progress to whoever reports it. */
public final class SpoolJournal implements RunJournal {

  private static final Logger log = LoggerFactory.getLogger(SpoolJournal.class);

  private final Spool spool;
  private final Unwritten unwritten;
  private final Runnable wakeDrain;
  private final ProgressBoard progress;

  /**
   * @param unwritten takes the ends of runs that found no room on the disk
   * @param wakeDrain told after every record, so that it is delivered at once
   */
  public SpoolJournal(
      Spool spool, Unwritten unwritten, ProgressBoard progress, Runnable wakeDrain) {
    this.spool = spool;
    this.unwritten = unwritten;
    this.progress = progress;
    this.wakeDrain = wakeDrain;
  }

  @Override
  public void started(RunStarted started) {
    try {
      spool.add(started);
    } catch (UncheckedIOException e) {
      spool.release(started);
      throw e;
    }
    wakeDrain.run();
  }

  @Override
  public void progress(RunStarted started, BackupProgress latest, Instant at) {
    progress.put(started.id(), report(latest, at));
  }

  private static ProgressReport report(BackupProgress latest, Instant at) {
    return new ProgressReport(
        at,
        Math.round(latest.fraction() * 1000) / 10.0,
        latest.filesDone(),
        boxed(latest.totalFiles()),
        latest.bytesDone(),
        boxed(latest.totalBytes()),
        latest.errorCount(),
        latest.trouble().map(Visible::of));
  }

  @Override
  public boolean finished(RunFinished finished) {
    progress.remove(finished.start().id());
    boolean written = write(finished);
    wakeDrain.run();
    return written;
  }

  private boolean write(RunFinished finished) {
    try {
      spool.add(finished);
      return true;
    } catch (UncheckedIOException e) {
      log.error(
          "{} ({}); it is kept in memory and tried again",
          e.getMessage(),
          String.valueOf(e.getCause()));
      unwritten.add(finished);
      return false;
    }
  }

  @Override
  public void missed(RunMissed missed) {
    spool.add(missed);
    wakeDrain.run();
  }

  @Override
  public void ended(HousekeepingEnded ended) {
    spool.add(ended);
    wakeDrain.run();
  }

  @Override
  public void ended(ProofEnded ended) {
    spool.add(ended);
    wakeDrain.run();
  }

  @Override
  public void restore(RestoreRecord record) {
    if (record instanceof RestoreEnded) {
      progress.remove(new RunId(record.uuid()));
    }
    try {
      spool.add(record);
    } catch (UncheckedIOException e) {
      if (record instanceof RestoreStarted) {
        spool.release(record);
      }
      throw e;
    }
    wakeDrain.run();
  }

  @Override
  public void progress(RestoreStarted started, BackupProgress latest, Instant at) {
    progress.put(new RunId(started.uuid()), report(latest, at));
  }

  private static Optional<Long> boxed(OptionalLong number) {
    return number.isPresent() ? Optional.of(number.getAsLong()) : Optional.empty();
  }
}
