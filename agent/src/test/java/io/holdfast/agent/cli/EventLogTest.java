package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.holdfast.agent.cli.EventLog.Kind;
import org.junit.jupiter.api.Test;

/** What can be said of it without Windows. */
class EventLogTest {

  @Test
  void warnings_and_errors_are_told_and_nothing_else_that_is_logged() {
    assertThat(EventLog.kind(Level.ERROR)).contains(Kind.ERROR);
    assertThat(EventLog.kind(Level.WARN)).contains(Kind.WARNING);
    assertThat(EventLog.kind(Level.INFO)).isEmpty();
  }

  @Test
  void a_text_that_windows_would_not_take_is_cut() {
    assertThat(EventLog.text("a\0b")).isEqualTo("a b");
    assertThat(EventLog.text("x".repeat(EventLog.LONGEST))).hasSize(EventLog.LONGEST);
    assertThat(EventLog.text("x".repeat(40_000))).hasSizeLessThan(31_839).endsWith("x ...");
  }

  @Test
  void where_there_is_no_event_log_nothing_happens() {
    new EventLog().report(Kind.ERROR, "text");
  }
}
