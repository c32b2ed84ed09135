package io.holdfast.agent.restic;

import io.holdfast.agent.files.Windows;
import java.util.Optional;

/** What restic takes for a pattern when it restores. */
public final class RestorePattern {

  /** Characters that mean something in a pattern. */
  private static final String SPECIAL = "\\*?[]";

  private RestorePattern() {}

  /** The pattern that means exactly this path, and all below it. */
  public static String literal(String path) {
    StringBuilder pattern = new StringBuilder();
    path.codePoints()
        .forEach(c -> {
          if (SPECIAL.indexOf(c) >= 0) {
            pattern.append('\\');
          }
          pattern.appendCodePoint(c);
        });
    return pattern.toString();
  }

  /** Why restic could not read the pattern, in words that follow "the pattern"; if it cannot. */
  public static Optional<String> fault(String pattern) {
    return fault(pattern, Windows.here());
  }

  static Optional<String> fault(String pattern, boolean windows) {
    for (String component : pattern.split("/", -1)) {
      int i = 0;
      while (i < component.length()) {
        char c = component.charAt(i);
        if (c == '\\' && !windows) {
          if (i + 1 == component.length()) {
            return Optional.of("ends in a backslash, which takes the meaning from what follows");
          }
          i += 2;
        } else if (c == '[') {
          i = endOfClass(component, i + 1, windows);
          if (i < 0) {
            return Optional.of("has a [ without what should follow: characters, and a ]");
          }
        } else {
          i++;
        }
      }
    }
    return Optional.empty();
  }

  /** Behind the ] of a class that begins at {@code from}; negative if it has none. */
  private static int endOfClass(String component, int from, boolean windows) {
    int i = component.startsWith("^", from) ? from + 1 : from;
    for (int ranges = 0; i < component.length(); ranges++) {
      if (component.charAt(i) == ']' && ranges > 0) {
        return i + 1;
      }
      i = endOfCharacter(component, i, windows);
      if (i > 0 && component.startsWith("-", i)) {
        i = endOfCharacter(component, i + 1, windows);
      }
      if (i < 0) {
        return -1;
      }
    }
    return -1;
  }

  private static int endOfCharacter(String component, int from, boolean windows) {
    if (from >= component.length() || "-]".indexOf(component.charAt(from)) >= 0) {
      return -1;
    }
    int end = from + (component.charAt(from) == '\\' && !windows ? 2 : 1);
    return end < component.length() ? end : -1;
  }

  /** Whether this component of a pattern may stand for several names. */
  public static boolean isSpecial(String component) {
    return component.codePoints().anyMatch(c -> SPECIAL.indexOf(c) >= 0);
  }
}
