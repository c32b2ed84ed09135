package io.holdfast.agent.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoundedTest {

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Of one byte, of two, of three, and of four, which Java writes as two. */
  @ParameterizedTest
  @ValueSource(strings = {"a", "ü", "日", "💾"})
  void a_long_text_fits_its_bytes_and_ends_with_a_whole_character(String letter) {
    for (int room = 20; room < 32; room++) {
      String text = letter.repeat(100);
      String begin = Bounded.to(room, text);
      String end = Bounded.toEnd(room, text);
      assertThat(bytes(begin)).isBetween(room - 3, room);
      assertThat(bytes(end)).isBetween(room - 3, room);
      assertThat(begin.substring(0, begin.length() - 1).replace(letter, "")).isEmpty();
      assertThat(end.substring(1).replace(letter, "")).isEmpty();
      assertThat(begin).endsWith("…");
      assertThat(end).startsWith("…");
    }
  }

  @Test
  void a_text_that_fits_stays_as_it_is() {
    String text = "日".repeat(10);
    assertThat(Bounded.to(30, text)).isEqualTo(text);
    assertThat(Bounded.toEnd(30, text)).isEqualTo(text);
    assertThat(Bounded.toLetters(10, text)).isEqualTo(text);
  }

  @Test
  void letters_are_counted_as_a_database_counts_them() {
    String cut = Bounded.toLetters(255, "💾".repeat(300));
    assertThat(cut.codePointCount(0, cut.length())).isEqualTo(255);
  }

  @Test
  void of_a_list_the_first_are_shown_and_the_others_counted() {
    assertThat(Bounded.list(List.of("a", "b"))).isEqualTo("a, b");
    assertThat(Bounded.list(IntStream.rangeClosed(1, 140).mapToObj(i -> "/mnt/" + i).toList()))
        .isEqualTo("/mnt/1, /mnt/2, /mnt/3, /mnt/4, /mnt/5 and 135 more");
    assertThat(bytes(Bounded.list(IntStream.range(0, 9).mapToObj(_ -> "ü".repeat(4000)).toList())))
        .isLessThan(1100);
  }
}
