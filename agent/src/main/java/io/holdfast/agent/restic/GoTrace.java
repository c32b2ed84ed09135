package io.holdfast.agent.restic;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * restic is written in Go, and where it is at a loss it adds the functions that it was in. They say
 * nothing to whoever runs backups, and hide the sentence before them.
 */
final class GoTrace {

  /** {@code /build/internal/x.go:660 +0x1d}, on a line of its own. */
  private static final Pattern PLACE =
      Pattern.compile("\\s*\\S+\\.(?:go|s):\\d+(?: \\+0x\\w+)?\\s*");

  /** {@code github.com/restic/restic/internal/x.(*T).F(...)}, {@code main.main}. */
  private static final Pattern FUNCTION =
      Pattern.compile(
          "\\s*+(?:created by )?+(?=[\\w/%-]*+\\.)[\\w./%·-]++(?:\\(\\*?[\\w.\\[\\]·,]++\\))?+"
              + "[\\w.·\\[\\]-]*+(?:\\(.*\\))?(?: in goroutine \\d+)?+\\s*");

  private static final Pattern GOROUTINE =
      Pattern.compile("\\s*goroutine \\d+ [^\\[]*+\\[.*\\]:\\s*");

  private GoTrace() {}

  /** The same text without the lines that only name functions and where they stand. */
  static String without(String text) {
    if (!text.contains(".go:")) {
      return text;
    }
    List<String> kept = new ArrayList<>();
    for (String line : text.split("\\R", -1)) {
      if (PLACE.matcher(line).matches()) {
        if (!kept.isEmpty() && FUNCTION.matcher(kept.getLast()).matches()) {
          kept.removeLast();
        }
      } else if (!GOROUTINE.matcher(line).matches()) {
        kept.add(line);
      }
    }
    return String.join("\n", kept);
  }
}
