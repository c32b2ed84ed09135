package io.holdfast.agent.job;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** How much the agent logs, the least first. */
public enum LogLevel {
  ERROR,
  WARN,
  INFO,
  DEBUG;

  /** All of them, as the setting has them. */
  public static List<String> words() {
    return Stream.of(values()).map(LogLevel::word).toList();
  }

  public static Optional<LogLevel> of(String word) {
    return Stream.of(values()).filter(level -> level.word().equals(word)).findFirst();
  }

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
