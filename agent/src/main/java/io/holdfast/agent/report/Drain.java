package io.holdfast.agent.report;

import io.holdfast.agent.job.ControlPlaneException;
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

/** Empties the spool into the control plane, the oldest record first. */
public final class Drain {

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
        sink.finished(record);
        unwritten.remove(record);
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

  private void deliver(Path file) throws ControlPlaneException {
    try {
      send(RecordJson.read(Files.readAllBytes(file)));
      spool.delivered(file);
    } catch (NoSuchFileException e) {
      // Another process has delivered it between our listing and our reading.
    } catch (IOException e) {
      spool.setAside(file, "the file cannot be read: " + e.getMessage());
    } catch (ControlPlaneException e) {
      if (e.kind() != ControlPlaneException.Kind.REFUSED) {
        throw e;
      }
      spool.setAside(file, e.problem().message());
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
