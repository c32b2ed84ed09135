package io.holdfast.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.daemon.LocalStatus.NextRun;
import io.holdfast.agent.daemon.LocalStatus.Notice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The file that the daemon leaves for {@code holdfast status}. */
class LocalStatusTest {

  private static final Instant NOW = Instant.parse("2026-11-21T10:00:00.123456Z");
  private static final Notice NOTICE =
      new Notice("job a", "code", "warning", "\"ä\" \ud83d\ude00\n\u007f", "Do it.");
  private static final String SMALLEST =
      "{\"pid\":1,\"agent_version\":\"1\",\"started_at\":\"2026-11-21T10:00:00Z\",\"jobs\":[],\"problems\":[]";

  @TempDir Path directory;

  private Optional<LocalStatus> read(String content) throws IOException {
    Files.writeString(directory.resolve("status.json"), content);
    return LocalStatus.read(directory);
  }

  @Test
  void what_the_daemon_writes_is_what_status_reads() {
    LocalStatus full =
        new LocalStatus(
            4_194_304,
            "0.1.0",
            NOW,
            Optional.of(NOW),
            Optional.of(NOTICE),
            Optional.of(false),
            List.of(
                new NextRun("a", Optional.of(NOW)), new NextRun("by hand only", Optional.empty())),
            List.of(NOTICE, NOTICE));
    full.write(directory);
    assertThat(LocalStatus.read(directory)).contains(full);
  }

  @Test
  void a_daemon_that_has_not_synced_yet_says_little() {
    LocalStatus empty =
        new LocalStatus(
            1,
            "0.1.0",
            NOW,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            List.of());
    empty.write(directory);
    assertThat(LocalStatus.read(directory)).contains(empty);
  }

  @Test
  void what_a_newer_agent_has_added_is_passed_over() throws IOException {
    assertThat(read(SMALLEST + ",\"new\":{\"a\":[1.5,null,{}]},\"last_sync_at\":null}"))
        .hasValueSatisfying(status -> assertThat(status.lastSyncAt()).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"pid\":1",
        SMALLEST,
        SMALLEST + ",\"last_sync_at\":\"yesterday\"}",
        SMALLEST + ",\"last_sync_at\":5}",
        SMALLEST + ",\"problems\":[1]}",
        SMALLEST + ",\"jobs\":[{}]}",
        SMALLEST + ",\"pid\":99999999999999999999}"
      })
  void a_file_that_is_no_status_counts_as_none(String content) throws IOException {
    assertThat(read(content)).isEmpty();
  }

  @Test
  void no_file_counts_as_none() {
    assertThat(LocalStatus.read(directory)).isEmpty();
  }
}
