package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.BackupProgress;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The line that shows how far a backup or a restore is. */
class ProgressBarTest {

  private static final long MIB = 1 << 20;

  private static String drawn(int columns, BackupProgress progress) {
    StringWriter text = new StringWriter();
    AtomicLong now = new AtomicLong();
    ProgressBar bar = new ProgressBar(new PrintWriter(text), true, () -> columns, now::get);
    now.set(10_000_000_000L);
    bar.progress(progress);
    return text.toString();
  }

  private static BackupProgress half(OptionalLong secondsRemaining) {
    return new BackupProgress(
        0.5,
        1200,
        OptionalLong.of(2400),
        100 * MIB,
        OptionalLong.of(200 * MIB),
        1,
        secondsRemaining,
        List.of("/srv/www/a/very/long/path/to/a/file/that\u001b[2J/does/not/fit.ods"),
        Optional.empty());
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 30, 40, 60, 69, 79, 80, 100, 132, 200})
  void it_leaves_the_last_column_free_whatever_the_terminal(int columns) {
    String line = drawn(columns, half(OptionalLong.empty())).replace("\r\u001b[2K", "");
    assertThat(line.length()).isLessThan(columns);
    assertThat(line).contains("50.0 %").doesNotContain("\u001b", "\n");
  }

  @Test
  void what_matters_most_is_shown_longest() {
    assertThat(drawn(45, half(OptionalLong.empty())))
        .contains("1 error", "100.0 MiB of 200.0 MiB")
        .doesNotContain("files");
    assertThat(drawn(80, half(OptionalLong.empty()))).contains("10 s left", "10.0 MiB/s");
    assertThat(drawn(200, half(OptionalLong.empty())))
        .contains("[###############               ]", "1200 of 2400 files")
        .endsWith("/does/not/fit.ods");
    assertThat(drawn(132, half(OptionalLong.of(300)))).contains("5 min left");
  }

  @Test
  void where_there_is_no_terminal_it_is_silent() {
    StringWriter text = new StringWriter();
    ProgressBar bar = new ProgressBar(new PrintWriter(text), false, () -> 80, () -> 0L);
    bar.progress(half(OptionalLong.empty()));
    bar.clear();
    assertThat(text.toString()).isEmpty();
  }
}
