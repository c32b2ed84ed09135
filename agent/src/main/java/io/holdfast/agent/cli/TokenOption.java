package io.holdfast.agent.cli;

import io.holdfast.agent.config.EnrolmentToken;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * What stands behind {@code --token}: the token itself, or {@code -} for a line of standard input.
 */
record TokenOption(String given) {

  EnrolmentToken read() {
    return EnrolmentToken.parse(given.equals("-") ? standardInput() : given)
        .orElseThrow(() ->
            new CommandFailure(
                ExitCode.USAGE,
                "this is no token, or not all of one",
                "Copy the whole line that 'holdfast enrol-token' printed; it begins with hf1."));
  }

  private static String standardInput() {
    try {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      return Objects.requireNonNullElse(in.readLine(), "");
    } catch (IOException e) {
      throw new UncheckedIOException("the token cannot be read from standard input", e);
    }
  }
}
