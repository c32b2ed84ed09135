package io.holdfast.agent.cli;

import io.holdfast.agent.config.EnrolmentToken;

/**
 * What stands behind {@code --token}: the token itself, or {@code -} for a line of standard input,
 * which is asked for at a terminal.
 */
record TokenOption(String given) {

  EnrolmentToken read() {
    String text =
        given.equals("-")
            ? Typed.hiddenOrLine("the token that 'holdfast enrol-token' has printed")
            : given;
    return EnrolmentToken.parse(text)
        .orElseThrow(() ->
            new CommandFailure(
                ExitCode.USAGE,
                "this is no token, or not all of one",
                "Copy the whole line that 'holdfast enrol-token' printed; it begins with hf1."));
  }
}
