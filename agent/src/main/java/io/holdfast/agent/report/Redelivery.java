package io.holdfast.agent.report;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.RunRecord.ProofEnded;
import io.holdfast.agent.run.RunRecord.RestoreEnded;
import io.holdfast.agent.run.RunRecord.RestoreStarted;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunMissed;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers again what the control plane had accepted and has no more. A standby that takes over
 * lacks the last seconds of its primary, and a database that was restored lacks more.
 */
public final class Redelivery {

  private static final Logger log = LoggerFactory.getLogger(Redelivery.class);

  private final Spool spool;
  private final RunSink sink;

  public Redelivery(Spool spool, RunSink sink) {
    this.spool = spool;
    this.sink = sink;
  }

  /**
   * Compares once: to be called when the control plane's server is not the one it was.
   *
   * @return how many records wait in the spool again
   * @throws ControlPlaneException if the control plane could not be asked
   */
  public int check() throws ControlPlaneException {
    try {
      spool.delivered().tidy();
      Map<Path, UUID> kept = new LinkedHashMap<>();
      for (Path file : spool.delivered().all()) {
        read(file, kept);
      }
      Set<UUID> known = sink.known(new ArrayList<>(Set.copyOf(kept.values())));
      List<Path> lost =
          kept.entrySet().stream()
              .filter(record -> !known.contains(record.getValue()))
              .map(Map.Entry::getKey)
              .toList();
      for (Path file : lost) {
        spool.restore(file);
      }
      if (!lost.isEmpty()) {
        log.warn("the control plane has lost {} records, which are delivered again", lost.size());
      }
      return lost.size();
    } catch (IOException e) {
      throw new UncheckedIOException("the delivered records cannot be read", e);
    }
  }

  private static void read(Path file, Map<Path, UUID> kept) {
    try {
      switch (RecordJson.read(Files.readAllBytes(file))) {
        // The record of its end is enough.
        case RunStarted _, RestoreStarted _ -> {}
        case RunFinished finished -> kept.put(file, finished.uuid());
        case RunMissed missed -> kept.put(file, missed.uuid());
        case HousekeepingEnded ended -> kept.put(file, ended.uuid());
        case ProofEnded ended -> kept.put(file, ended.uuid());
        case RestoreEnded ended -> kept.put(file, ended.uuid());
      }
    } catch (IOException e) {
      log.debug("{} is no record any more: {}", file, e.toString());
    }
  }
}
