package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What can be said of it without Windows. */
class ConsoleBreakTest {

  @Test
  void the_helper_is_our_own_java_and_is_told_whom_to_ask_and_who_must_not_hear_it() {
    assertThat(ConsoleBreak.command("/java", "a.jar", 4711, 42))
        .startsWith("/java/bin/java")
        .containsSequence("-cp", "a.jar", ConsoleBreak.class.getName(), "4711", "42");
  }

  @Test
  void elsewhere_no_console_is_left_and_nobody_is_asked() {
    ConsoleBreak.leaveConsole();
    assertThat(ConsoleBreak.ask(ProcessHandle.current().pid())).isFalse();
  }
}
