package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which patterns restic's own reading takes: Go's path/filepath.Match, a component at a time. */
class RestorePatternTest {

  @ParameterizedTest
  @ValueSource(
      strings = {"*.ods", "/srv/**/a", "[ab]", "[^a]*", "[a-z]?", "a]", "\\[a", "[\\]]", "x\\*"})
  void what_restic_can_read_has_no_fault(String pattern) {
    assertThat(RestorePattern.fault(pattern, false)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[a",
        "[",
        "[]",
        "[]a]",
        "[^]",
        "[a-]",
        "[-a]",
        "/srv/[a/b]",
        "a\\",
        "[a\\",
        "x/a\\/y"
      })
  void what_it_cannot_is_told_before_it_is_asked(String pattern) {
    assertThat(RestorePattern.fault(pattern, false)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"C:\\Users\\", "C:\\Users\\*.ods"})
  void on_windows_a_backslash_separates(String pattern) {
    assertThat(RestorePattern.fault(pattern, true)).isEmpty();
  }
}
