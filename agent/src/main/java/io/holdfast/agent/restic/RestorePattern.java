package io.holdfast.agent.restic;

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

  /** Whether this component of a pattern may stand for several names. */
  public static boolean isSpecial(String component) {
    return component.codePoints().anyMatch(c -> SPECIAL.indexOf(c) >= 0);
  }
}
