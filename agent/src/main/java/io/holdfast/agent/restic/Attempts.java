package io.holdfast.agent.restic;

import io.holdfast.agent.secret.Redaction;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tells a person why nothing seems to happen: restic tries for up to 15 minutes what its storage
 * refuses it. Each kind of trouble is told once.
 */
final class Attempts {

  private static final Pattern REPEATED =
      Pattern.compile("(\\w++)\\(?<?(\\w*+).* returned error, retrying after [0-9.a-zµ]+: (.*)");

  private final Redaction redaction;
  private final Consumer<String> troubles;
  private final Set<String> told = new HashSet<>();

  Attempts(Redaction redaction, Consumer<String> troubles) {
    this.redaction = redaction;
    this.troubles = troubles;
  }

  void line(String line) {
    Matcher repeated = REPEATED.matcher(line);
    if (repeated.matches() && told.add(repeated.group(1) + repeated.group(2))) {
      troubles.accept(
          "restic tries again: "
              + redaction.redact(repeated.group(3))
              + (repeated.group(2).equals("lock")
                  ? " (it wants to lock the repository; --no-lock reads one that cannot be written)"
                  : ""));
    }
  }
}
