package io.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.restic.RestoreOrder.Overwrite;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The parameters of a row, which the database has looked at before. */
class AskedRestoreTest {

  private static final UUID REQUEST = new UUID(1, 1);
  private static final Optional<UUID> JOB = Optional.of(new UUID(1, 2));

  @Test
  void a_row_says_what_and_where_to() throws CannotRestore {
    AskedRestore asked =
        AskedRestore.of(
            REQUEST,
            JOB,
            Optional.of(
                "{\"to\": \"/srv/back/x/..\", \"at\": \"2026-11-01\", \"include\": [\"a\", \"b\"],"
                    + " \"overwrite\": \"if-changed\"}"));
    assertThat(asked.path()).isEqualTo(Path.of("/srv/back"));
    assertThat(asked.target()).isEqualTo("/srv/back/x/..");
    assertThat(asked.what()).isEqualTo(JOB.orElseThrow().toString());
    assertThat(asked.moment(ZonedDateTime.parse("2026-11-05T12:00:00Z")).orElseThrow())
        .isBefore("2026-11-02T00:00:00Z");
    assertThat(asked.wish().includes()).containsExactly("a", "b");
    assertThat(asked.wish().overwrite()).contains(Overwrite.IF_CHANGED);
    assertThat(asked.wish().intoExisting()).isTrue();
    assertThat(asked.wish().inPlace()).isFalse();
  }

  @Test
  void without_overwrite_the_directory_must_be_empty() throws CannotRestore {
    AskedRestore asked =
        AskedRestore.of(
            REQUEST, Optional.empty(), Optional.of("{\"to\": \"/b\", \"snapshot\": \"1a2b\"}"));
    assertThat(asked.wish().intoExisting()).isFalse();
    assertThat(asked.what()).isEqualTo("1a2b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no JSON",
        "[]",
        "{}",
        "{\"to\": \"\"}",
        "{\"to\": 1}",
        "{\"to\": \"relative\"}",
        "{\"to\": \"/a\\u0000b\"}",
        "{\"to\": \"/a\", \"snapshot\": \"1a2b\"}",
        "{\"to\": \"/a\", \"overwrite\": true}",
        "{\"to\": \"/a\", \"overwrite\": \"yes\"}",
        "{\"to\": \"/a\", \"include\": \"x\"}",
        "{\"to\": \"/a\", \"include\": [\"\"]}",
        "{\"to\": \"/a\", \"include\": [\"x\"], \"exclude\": [\"y\"]}"
      })
  void what_the_database_should_have_refused_is_refused_here_too(String parameters) {
    assertThatThrownBy(() -> AskedRestore.of(REQUEST, JOB, Optional.of(parameters)))
        .isInstanceOf(CannotRestore.class)
        .satisfies(e -> assertThat(((CannotRestore) e).remedy()).isNotBlank());
  }
}
