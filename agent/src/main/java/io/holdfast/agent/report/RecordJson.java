package io.holdfast.agent.report;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.holdfast.agent.run.RunRecord;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.io.IOException;

/** Run records as the spool's files hold them: one JSON object, named by what it is. */
final class RecordJson {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          // A file that a newer agent wrote is still read after a downgrade.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /** The two kinds; exactly one is there. */
  private record Envelope(
      @com.fasterxml.jackson.annotation.JsonInclude(
              com.fasterxml.jackson.annotation.JsonInclude.Include.NON_NULL)
          @org.jspecify.annotations.Nullable
          RunStarted started,
      @com.fasterxml.jackson.annotation.JsonInclude(
              com.fasterxml.jackson.annotation.JsonInclude.Include.NON_NULL)
          @org.jspecify.annotations.Nullable
          RunFinished finished) {}

  private RecordJson() {}

  static byte[] write(RunRecord record) throws IOException {
    return JSON.writeValueAsBytes(
        switch (record) {
          case RunStarted started -> new Envelope(started, null);
          case RunFinished finished -> new Envelope(null, finished);
        });
  }

  /**
   * @throws IOException if this is no run record, a file cut short among others
   */
  static RunRecord read(byte[] bytes) throws IOException {
    Envelope envelope = JSON.readValue(bytes, Envelope.class);
    if (envelope != null && envelope.started() != null) {
      return envelope.started();
    }
    if (envelope != null && envelope.finished() != null) {
      return envelope.finished();
    }
    throw new IOException("holds neither a started nor a finished run");
  }
}
