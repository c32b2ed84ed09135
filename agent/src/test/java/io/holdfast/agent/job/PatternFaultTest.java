package io.holdfast.agent.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PatternFaultTest {

  /** The database is held to the same by PatternsIT, and restic by ExcludePatternsIT. */
  private static final Path VECTORS =
      Path.of("../migrations/src/test/resources/exclude-patterns.tsv");

  record Vector(String onUnix, String onWindows, String pattern) {}

  private static List<Vector> vectors() throws IOException {
    return Files.readAllLines(VECTORS).stream()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split("\t", -1))
        .map(part -> new Vector(part[0], part[1], part[2].translateEscapes()))
        .toList();
  }

  private static String fault(String pattern, boolean windows) {
    return PatternFault.of(pattern, windows).map(PatternFault::word).orElse("-");
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void what_is_wrong_with_a_pattern_is_found(Vector vector) {
    assertThat(fault(vector.pattern(), false)).as("on Unix").isEqualTo(vector.onUnix());
    assertThat(fault(vector.pattern(), true)).as("on Windows").isEqualTo(vector.onWindows());
  }

  @Test
  void a_pattern_longer_than_any_path_is_refused() {
    assertThat(fault("*" + "ü".repeat(2048), false)).isEqualTo("long");
    assertThat(fault("ü".repeat(2048), false)).isEqualTo("-");
  }

  @Test
  void every_fault_is_among_the_vectors_and_says_what_to_do() throws IOException {
    assertThat(
            vectors().stream()
                .flatMap(vector -> Stream.of(vector.onUnix(), vector.onWindows()))
                .collect(Collectors.toSet()))
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(Stream.of("-"), Stream.of(PatternFault.values()).map(PatternFault::word))
                .filter(word -> !word.equals("long"))
                .toList());
    for (PatternFault fault : PatternFault.values()) {
      assertThat(fault.why()).isNotBlank();
      assertThat(fault.remedy()).endsWith(".");
    }
  }
}
