package io.holdfast.agent.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Fuzz;
import io.holdfast.agent.testing.Records;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A file of the spool that was damaged is a record or none. */
class RecordFuzzTest {

  @Test
  void records_of_runs() throws Exception {
    Fuzz.bytes(
        "spool",
        List.of(
            RecordJson.write(Records.started(1)),
            RecordJson.write(Records.finished(Records.started(1))),
            RecordJson.write(Records.missed(1)),
            RecordJson.write(Records.housekeeping(1)),
            RecordJson.write(Records.proof(1)),
            RecordJson.write(Records.restoreStarted(1)),
            RecordJson.write(Records.restoreEnded(1))),
        List.of(IOException.class),
        input -> assertThat(RecordJson.read(input).uuid()).isNotNull());
  }
}
