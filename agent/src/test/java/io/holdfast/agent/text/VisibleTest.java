package io.holdfast.agent.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VisibleTest {

  @ParameterizedTest
  @CsvSource({
    "0a, \\n",
    "0d, \\r",
    "09, \\t",
    "00, \\u0000",
    "1b, \\u001b",
    "7f, \\u007f",
    "85, \\u0085",
    "9b, \\u009b",
    "200b, \\u200b",
    "2028, \\u2028",
    "2029, \\u2029",
    "202e, \\u202e",
    "2066, \\u2066",
    "feff, \\ufeff",
    "d800, \\ud800",
    "e0001, \\udb40\\udc01"
  })
  void what_a_terminal_would_obey_is_written_out(String codePoint, String shown) {
    String text = "a" + Character.toString(Integer.parseInt(codePoint, 16)) + "b";
    assertThat(Visible.of(text)).isEqualTo("a" + shown + "b");
    assertThat(Visible.of(Visible.of(text))).as("once").isEqualTo(Visible.of(text));
  }

  @Test
  void nothing_that_is_left_is_a_control_character_or_turns_the_writing() {
    String all =
        IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    assertThat(Visible.of(all).codePoints())
        .noneMatch(Character::isISOControl)
        .noneMatch(c -> Character.getType(c) == Character.FORMAT)
        .noneMatch(c -> Character.getType(c) == Character.LINE_SEPARATOR);
  }

  @Test
  void what_can_be_shown_stays() {
    String text = "/home/jürgen/日本 😀 \\ 'x'";
    assertThat(Visible.of(text)).isSameAs(text);
  }
}
