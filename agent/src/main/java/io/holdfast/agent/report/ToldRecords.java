package io.holdfast.agent.report;

import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.Told.Word;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Of which snapshots this machine's own runs have told, by its records on disk: those that wait,
 * and those that the control plane took lately.
 */
public final class ToldRecords {

  private static final Logger log = LoggerFactory.getLogger(ToldRecords.class);

  private final Spool spool;

  public ToldRecords(Spool spool) {
    this.spool = spool;
  }

  /** All of them, of any job. */
  public List<Word> words() {
    List<Path> files = new ArrayList<>(spool.waiting());
    try {
      files.addAll(spool.delivered().all());
    } catch (IOException e) {
      throw new UncheckedIOException("the delivered records cannot be read", e);
    }
    return files.stream().flatMap(file -> word(file).stream()).toList();
  }

  /** A record may be delivered, or removed, while we read. */
  private static Optional<Word> word(Path file) {
    if (!file.toString().endsWith(".finished.json")) {
      return Optional.empty();
    }
    try {
      return RecordJson.read(Files.readAllBytes(file)) instanceof RunFinished finished
          ? finished
              .snapshotId()
              .map(id ->
                  new Word(
                      finished.start().jobId(),
                      id,
                      finished.start().deviceId(),
                      Optional.of(finished.uuid())))
          : Optional.empty();
    } catch (IOException e) {
      log.debug("{} is no record any more: {}", file, e.toString());
      return Optional.empty();
    }
  }
}
