package io.holdfast.agent.report;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.run.RunRecord;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** Empties the spool into the control plane, the oldest record first. */
public final class Drain {

  private final Spool spool;
  private final RunSink sink;

  public Drain(Spool spool, RunSink sink) {
    this.spool = spool;
    this.sink = sink;
  }

  /**
   * Delivers what waits. A record that the control plane will never take is set aside, and the rest
   * goes on; if the control plane cannot be reached the rest stays where it is.
   *
   * @return why the spool is not empty, if it is not
   */
  public Optional<Problem> turn() {
    for (Path file : spool.waiting()) {
      try {
        deliver(file);
        spool.remove(file);
      } catch (NoSuchFileException e) {
        // Another process has delivered it between our listing and our reading.
      } catch (IOException e) {
        spool.setAside(file, "the file cannot be read: " + e.getMessage());
      } catch (ControlPlaneException e) {
        switch (e.kind()) {
          case REFUSED -> spool.setAside(file, e.problem().message());
          case UNAVAILABLE, MISCONFIGURED -> {
            return Optional.of(e.problem());
          }
        }
      }
    }
    return Optional.empty();
  }

  private void deliver(Path file) throws IOException, ControlPlaneException {
    RunRecord record = RecordJson.read(Files.readAllBytes(file));
    switch (record) {
      case RunStarted started -> sink.started(started);
      case RunFinished finished -> sink.finished(finished);
    }
  }
}
