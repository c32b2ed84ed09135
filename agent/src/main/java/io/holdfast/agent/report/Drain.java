package io.holdfast.agent.report;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.ControlPlaneException.Kind;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.run.RunRecord;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.RunRecord.ProofEnded;
import io.holdfast.agent.run.RunRecord.RestoreRecord;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunMissed;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Empties the spool into the control plane, the oldest record first. */
public final class Drain {

  private static final Logger log = LoggerFactory.getLogger(Drain.class);

  private final Spool spool;
  private final Unwritten unwritten;
  private final RunSink sink;

  public Drain(Spool spool, Unwritten unwritten, RunSink sink) {
    this.spool = spool;
    this.unwritten = unwritten;
    this.sink = sink;
  }

  /**
   * Delivers what waits. A record that the control plane will never take is set aside, and the rest
   * goes on; if the control plane cannot be reached the rest stays where it is.
   *
   * @return why the spool is not empty, if it is not
   */
  public Optional<Problem> turn() {
    try {
      write();
      for (Path file : spool.waiting()) {
        deliver(file);
      }
      // What found no room on the disk goes straight, after all that has to arrive before it.
      for (RunFinished record : unwritten.all()) {
        unwritten(record);
      }
      return Optional.empty();
    } catch (ControlPlaneException e) {
      return Optional.of(e.problem());
    }
  }

  /** Once there is room again. */
  private void write() {
    for (RunFinished record : unwritten.all()) {
      try {
        spool.add(record);
        unwritten.remove(record);
      } catch (UncheckedIOException e) {
        return;
      }
    }
  }

  private void unwritten(RunFinished record) throws ControlPlaneException {
    try {
      sink.finished(record);
    } catch (ControlPlaneException e) {
      sendCutDown(record, e);
    }
    unwritten.remove(record);
  }

  private void deliver(Path file) throws ControlPlaneException {
    Optional<RunRecord> record = read(file);
    if (record.isEmpty()) {
      return;
    }
    try {
      send(record.get());
      spool.delivered(file);
    } catch (ControlPlaneException e) {
      sendCutDown(record.get(), e);
      spool.setAside(file, e.problem().message());
    }
  }

  private Optional<RunRecord> read(Path file) {
    try {
      return Optional.of(RecordJson.read(Files.readAllBytes(file)));
    } catch (NoSuchFileException e) {
      // Another process has delivered it between our listing and our reading.
      return Optional.empty();
    } catch (IOException e) {
      spool.setAside(file, "the file cannot be read: " + e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * Of a record that will never be taken: what has ended must not be shown as running for ever. One
   * that is refused in this form too is of something that the control plane does not know, or is
   * not ours.
   *
   * @throws ControlPlaneException if the record was not refused, but could not be delivered now
   */
  private void sendCutDown(RunRecord record, ControlPlaneException why)
      throws ControlPlaneException {
    if (why.kind() != Kind.REFUSED) {
      throw why;
    }
    Optional<RunRecord> cutDown = record.cutDown(why.problem().message());
    try {
      if (cutDown.isPresent()) {
        send(cutDown.get());
      }
    } catch (ControlPlaneException e) {
      if (e.kind() != Kind.REFUSED) {
        throw e;
      }
      log.debug("{} is refused in short too: {}", record.about(), e.getMessage());
    }
  }

  private void send(RunRecord record) throws ControlPlaneException {
    switch (record) {
      case RunStarted started -> sink.started(started);
      case RunFinished finished -> sink.finished(finished);
      case RunMissed missed -> sink.missed(missed);
      case HousekeepingEnded ended -> sink.ended(ended);
      case ProofEnded ended -> sink.ended(ended);
      case RestoreRecord restore -> sink.restore(restore);
    }
  }
}
