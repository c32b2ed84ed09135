package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TreePathTest {

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "C:\\Users\\me, /C/Users/me",
        "d:/data/x, /d/data/x",
        "C:\\, /C",
        "C:\\Users\\, /C/Users",
        "\\\\nas\\share\\a\\b, /\\\\nas\\share/a/b",
        "\\\\nas\\share, /\\\\nas\\share",
        "/srv/17:2\\x, /srv/17:2\\x",
        "srv, srv",
        "C:x, C:x",
        "*.tmp, *.tmp"
      })
  void a_drive_and_a_share_are_directories_in_a_snapshot(String path, String inTree) {
    assertThat(TreePath.of(path)).isEqualTo(inTree);
  }
}
