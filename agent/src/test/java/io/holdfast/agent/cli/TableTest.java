package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables on terminals of any width. */
class TableTest {

  private static Table table() {
    Table table = new Table("JOB", "LAST RUN", "OUTCOME", "NEXT RUN", "ID").without(4);
    table.row("website", "2026-11-30 02:00:00", "success", "2026-12-01 02:00:00", "0".repeat(36));
    table.row(
        "a job with quite a long name, as some have it", "-", "never ran", "-", "1".repeat(36));
    return table;
  }

  private static List<String> lines(int room) {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    table().print(out, room);
    out.flush();
    return text.toString().lines().toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 80, 100, 120})
  void no_line_is_longer_than_the_terminal(int room) {
    assertThat(lines(room))
        .hasSize(3)
        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(room));
  }

  @Test
  void what_can_be_done_without_goes_first_and_then_the_longest_cells_are_cut() {
    assertThat(lines(80).getFirst()).endsWith("NEXT RUN").doesNotContain("ID");
    assertThat(lines(80).get(1)).startsWith("website ").contains("2026-11-30 02:00:00  success");
    assertThat(lines(80).get(2)).contains("…  -");
    assertThat(lines(Integer.MAX_VALUE).get(2))
        .contains("as some have it")
        .endsWith("1".repeat(36));
  }

  @Test
  void where_nothing_fits_it_is_still_a_table() {
    assertThat(lines(10)).hasSize(3);
  }
}
