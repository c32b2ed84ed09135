package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What restic answers when it is asked for its snapshots. */
class SnapshotListTest {

  private static List<SnapshotEntry> read(String answer) throws Exception {
    return SnapshotList.read(new ByteArrayInputStream(answer.getBytes(StandardCharsets.UTF_8)));
  }

  private static String snapshot(int number) {
    return String.format(
        Locale.ROOT,
        """
        {"time":"2026-11-01T%02d:%02d:00.123456789+01:00","tree":"%064x","paths":["/srv"],"hostname":"h",\
        "username":"root","tags":["backup:x","n=%d"],"id":"%064x","short_id":"%08x"}\
        """,
        number / 60 % 24,
        number % 60,
        number,
        number,
        number,
        number);
  }

  @Test
  void a_list_is_one_line_of_any_length_and_comes_the_newest_first() throws Exception {
    String answer =
        IntStream.range(0, 1000)
            .mapToObj(SnapshotListTest::snapshot)
            .collect(Collectors.joining(",", "[", "]\n"));
    assertThat(answer.length())
        .as("more than a line may have")
        .isGreaterThan(LineReader.LONGEST_LINE);
    List<SnapshotEntry> read = read(answer);
    assertThat(read).hasSize(1000);
    assertThat(read.getFirst().tags()).contains("n=999");
    assertThat(read.getLast().time()).isEqualTo(Instant.parse("2026-10-31T23:00:00.123456789Z"));
  }

  @Test
  void what_snapshots_have_in_common_is_kept_once_since_the_heap_is_small() throws Exception {
    List<SnapshotEntry> read = read("[" + snapshot(1) + "," + snapshot(2) + "]");
    SnapshotEntry one = read.getFirst();
    SnapshotEntry other = read.getLast();
    assertThat(one.host()).isSameAs(other.host());
    assertThat(one.paths()).isSameAs(other.paths());
    assertThat(one.tags().getFirst()).isSameAs(other.tags().getFirst());
  }

  @Test
  void only_restic_0_17_and_newer_tells_sizes_and_nothing_at_all_is_no_snapshots()
      throws Exception {
    assertThat(read("[" + snapshot(1) + "]").getFirst().bytes()).isEmpty();
    String newer =
        snapshot(1)
            .replace(
                "\"id\"",
                "\"summary\":{\"total_files_processed\":6,\"total_bytes_processed\":25003},\"id\"");
    assertThat(read("[" + newer + "]").getFirst().bytes()).hasValue(25003);
    assertThat(read("[" + newer + "]").getFirst().files()).hasValue(6);
    assertThat(read("[]")).isEmpty();
    assertThat(read("")).isEmpty();
  }

  @Test
  void what_has_no_proper_id_or_time_is_left_out_since_it_would_reach_an_argument_list()
      throws Exception {
    assertThat(read("[{\"id\":\"--target=/\",\"time\":\"2026-11-01T00:00:00Z\"}, {}, 7, null]"))
        .isEmpty();
  }
}
