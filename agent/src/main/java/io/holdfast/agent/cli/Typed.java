package io.holdfast.agent.cli;

import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a person types, or another program sends, that nobody else is to see. */
final class Typed {

  private Typed() {}

  /** The terminal; empty if input or output is a pipe, a file or nothing. */
  private static Optional<Console> terminal() {
    return Optional.ofNullable(System.console()).filter(Console::isTerminal);
  }

  /** Whether somebody can be asked. */
  static boolean isPossible() {
    return terminal().isPresent();
  }

  /** Asks at the terminal and does not show the answer; empty if there is no terminal. */
  static Optional<String> hidden(String prompt) {
    return terminal().map(console -> answer(console.readPassword("%s: ", prompt)));
  }

  /** Who ends the input in the place of an answer has said nothing. */
  private static String answer(char @Nullable [] typed) {
    return typed == null ? "" : new String(typed);
  }

  /** The same, or the first line of standard input where there is no terminal. */
  static String hiddenOrLine(String prompt) {
    return hidden(prompt).orElseGet(() -> line(prompt));
  }

  private static String line(String what) {
    try {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      return Objects.requireNonNullElse(in.readLine(), "");
    } catch (IOException e) {
      throw new UncheckedIOException(what + " cannot be read from standard input", e);
    }
  }
}
