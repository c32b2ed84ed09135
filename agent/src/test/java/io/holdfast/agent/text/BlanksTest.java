package io.holdfast.agent.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlanksTest {

  /** All that Go's unicode.IsSpace takes for white space, and the mark of UTF-8. */
  @ParameterizedTest
  @ValueSource(
      ints = {
        0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003,
        0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f,
        0x3000, 0xfeff
      })
  void what_restic_cuts_off_is_seen_before_and_behind(int sign) {
    String blank = Character.toString(sign);
    assertThat(Blanks.isAround(blank + "pass word")).isTrue();
    assertThat(Blanks.isAround("pass word" + blank)).isTrue();
    assertThat(Blanks.isAround("pass" + blank + "word")).isFalse();
    assertThat(Blanks.strip(blank + " pass" + blank + "word" + blank))
        .isEqualTo("pass" + blank + "word");
    assertThat(Blanks.strip(blank + blank)).isEmpty();
  }

  @Test
  void other_signs_belong_to_the_text() {
    assertThat(Blanks.isAround("\u200b-ä\ud83d\ude00")).isFalse();
    assertThat(Blanks.isAround("")).isFalse();
  }
}
