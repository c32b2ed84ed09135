package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** A list that could not be read to its end is not taken for a short one. */
class WholeAnswerTest {

  private static WholeAnswer after(ResticProcess.OutputReader reader) {
    WholeAnswer answer = new WholeAnswer(reader);
    answer.read(InputStream.nullInputStream());
    return answer;
  }

  @Test
  void a_list_that_breaks_off_is_an_error_and_not_an_empty_repository() {
    InputStream cut =
        new ByteArrayInputStream("[{\"id\":\"secret".getBytes(StandardCharsets.UTF_8));
    WholeAnswer answer = new WholeAnswer(in -> SnapshotList.read(in, _ -> {}));
    answer.read(cut);
    assertThatThrownBy(() -> answer.check("snapshots"))
        .isInstanceOf(RepositoryUnreadable.class)
        .hasMessageContaining("'restic snapshots' could not be read to its end")
        .hasMessageNotContaining("secret");
  }

  @Test
  void the_pipe_stays_open_since_restic_would_die_of_it_and_leave_its_lock() {
    boolean[] closed = new boolean[1];
    InputStream pipe =
        new ByteArrayInputStream("[{".getBytes(StandardCharsets.UTF_8)) {
          @Override
          public void close() {
            closed[0] = true;
          }
        };
    new WholeAnswer(in -> SnapshotList.read(in, _ -> {})).read(pipe);
    assertThat(closed).containsExactly(false);
  }

  @Test
  void one_that_is_too_long_for_our_memory_says_how_to_have_more() {
    WholeAnswer answer =
        after(_ -> {
          throw new OutOfMemoryError();
        });
    assertThatThrownBy(() -> answer.check("find"))
        .isInstanceOfSatisfying(
            RepositoryUnreadable.class, e -> assertThat(e.remedy()).contains("-Xmx"))
        .hasMessageContaining("memory");
  }

  @Test
  void a_whole_one_is_as_it_is() {
    assertThatCode(() -> after(InputStream::read).check("ls")).doesNotThrowAnyException();
    assertThatThrownBy(() ->
            after(
                    _ -> {
                      throw new IOException("closed");
                    })
                .check("ls"))
        .isInstanceOf(RepositoryUnreadable.class);
  }
}
