package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Whether a reader waits for its pipe, or has something else to do. */
class UnhurriedStreamTest {

  @Test
  void a_reader_that_is_busy_with_what_it_has_read_does_not_count_as_waiting() throws Exception {
    try (PipedOutputStream writer = new PipedOutputStream();
        UnhurriedStream stream = new UnhurriedStream(new PipedInputStream(writer))) {
      writer.write(1);
      assertThat(stream.read()).isEqualTo(1);
      assertThat(stream.waitsForMore()).isEqualTo(Duration.ZERO);
      Thread reader =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  var _ = stream.read(new byte[10]);
                } catch (java.io.IOException e) {
                  throw new AssertionError(e);
                }
              });
      Awaitility.await().until(() -> stream.waitsForMore().isPositive());
      writer.write(2);
      writer.flush();
      reader.join();
      assertThat(stream.waitsForMore()).isEqualTo(Duration.ZERO);
    }
  }
}
