package io.holdfast.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RunIdTest {

  @Test
  void names_are_uuids_of_version_7_and_sort_by_their_time() {
    Instant start = Instant.parse("2026-03-10T12:00:00Z");
    Random random = new Random(1);
    assertThat(
            IntStream.range(0, 1000).mapToObj(i -> RunId.at(start.plusMillis(i), random)).toList())
        .isSorted()
        .doesNotHaveDuplicates()
        .allSatisfy(id -> assertThat(id.value().version()).isEqualTo(7))
        .allSatisfy(id -> assertThat(id.value().variant()).isEqualTo(2));
  }
}
