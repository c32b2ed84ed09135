package io.holdfast.agent.report;

import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.Told.Word;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
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
    return finished()
        .flatMap(finished ->
            finished
                .snapshotId()
                .map(id ->
                    new Word(
                        finished.start().jobId(),
                        id,
                        finished.start().deviceId(),
                        Optional.of(finished.uuid())))
                .stream())
        .toList();
  }

  /** How the runs ended of which there still are records, the newest first, each once. */
  public List<RunFinished> runs() {
    Map<UUID, RunFinished> last = new LinkedHashMap<>();
    finished().forEach(finished -> last.merge(finished.uuid(), finished, ToldRecords::later));
    return last.values().stream()
        .sorted(Comparator.comparing((RunFinished run) -> run.start().startedAt()).reversed())
        .toList();
  }

  /** What was closed for the time being is put right by what is known for good. */
  private static RunFinished later(RunFinished one, RunFinished other) {
    return other.provisional() ? one : other;
  }

  private Stream<RunFinished> finished() {
    List<Path> files = new ArrayList<>(spool.waiting());
    try {
      files.addAll(spool.delivered().all());
    } catch (IOException e) {
      throw new UncheckedIOException("the delivered records cannot be read", e);
    }
    return files.stream().flatMap(file -> finished(file).stream());
  }

  /** A record may be delivered, or removed, while we read. */
  private static Optional<RunFinished> finished(Path file) {
    if (!file.toString().endsWith(".finished.json")) {
      return Optional.empty();
    }
    try {
      return RecordJson.read(Files.readAllBytes(file)) instanceof RunFinished finished
          ? Optional.of(finished)
          : Optional.empty();
    } catch (IOException e) {
      log.debug("{} is no record any more: {}", file, e.toString());
      return Optional.empty();
    }
  }
}
