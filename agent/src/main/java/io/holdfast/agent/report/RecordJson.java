package io.holdfast.agent.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.holdfast.agent.files.FileJson;
import io.holdfast.agent.run.RunRecord;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.RunRecord.ProofEnded;
import io.holdfast.agent.run.RunRecord.RestoreEnded;
import io.holdfast.agent.run.RunRecord.RestoreStarted;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunMissed;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;

/** Run records as the spool's files hold them: one JSON object, named by what it is. */
final class RecordJson {

  /** The kinds; exactly one is there. */
  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  private record Envelope(
      Optional<RunStarted> started,
      Optional<RunFinished> finished,
      Optional<RunMissed> missed,
      Optional<HousekeepingEnded> housekeeping,
      Optional<ProofEnded> proof,
      Optional<RestoreStarted> restoreStarted,
      Optional<RestoreEnded> restoreEnded) {

    static Envelope of(RunRecord record) {
      return new Envelope(
          only(RunStarted.class, record),
          only(RunFinished.class, record),
          only(RunMissed.class, record),
          only(HousekeepingEnded.class, record),
          only(ProofEnded.class, record),
          only(RestoreStarted.class, record),
          only(RestoreEnded.class, record));
    }

    private static <T> Optional<T> only(Class<T> kind, RunRecord record) {
      return Optional.of(record).filter(kind::isInstance).map(kind::cast);
    }
  }

  private RecordJson() {}

  static byte[] write(RunRecord record) throws IOException {
    return FileJson.JSON.writeValueAsBytes(Envelope.of(record));
  }

  /**
   * @throws IOException if this is no run record, a file cut short among others
   */
  static RunRecord read(byte[] bytes) throws IOException {
    Envelope envelope = FileJson.read(bytes, Envelope.class);
    return Stream.of(
            envelope.started(),
            envelope.finished(),
            envelope.missed(),
            envelope.housekeeping(),
            envelope.proof(),
            envelope.restoreStarted(),
            envelope.restoreEnded())
        .flatMap(record -> record.stream().map(RunRecord.class::cast))
        .findFirst()
        .orElseThrow(() -> new IOException("holds no record of a run"));
  }
}
