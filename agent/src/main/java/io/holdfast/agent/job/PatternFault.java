package io.holdfast.agent.job;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What is wrong with a pattern of {@code exclude_patterns}. The database refuses such a pattern as
 * it is typed; exclude-patterns.tsv holds both to the same answers.
 */
public enum PatternFault {
  EMPTY("is empty", "Leave it out."),
  LINES("is several lines in one element", "Write one pattern per element."),
  CONTROL("has control characters in it", "Write ? in the place of each."),
  LONG("is longer than 4096 bytes", "No path is that long: write the beginning and *."),
  BLANKS("begins or ends with a blank", "Write it without; a blank that is meant is written ?."),
  /** By the rules of Go's filepath.Match. */
  BROKEN(
      "is refused by restic: a bracket is not closed or empty, or a backslash stands at the end of a"
          + " name",
      "Close it, as in [a-z], or write ? for the character."),
  COMMENT("looks like a comment", "Leave it out."),
  HOME(
      "begins with \"~\", in whose place nobody puts a directory here",
      "Write the directory, such as /home/*/.cache."),
  VARIABLE(
      "names a variable, in whose place nobody puts its value here",
      "Write what it stands for, such as /home/*/.cache."),
  BRACES("has braces, which restic does not know", "Write one pattern for each."),
  COMMAS("looks like several patterns in one element", "Write one pattern per element.");

  /** No path is longer, and no program takes much more in one argument. */
  private static final int LONGEST = 4096;

  private static final int NOWHERE = -1;

  private static final Pattern HOME_DIRECTORY = Pattern.compile("^!?~([/\\\\]|$)");
  private static final Pattern NAMED_VARIABLE =
      Pattern.compile(
          "(^!?|[/\\\\])(\\$\\{[A-Za-z_]"
              + "|\\$(HOME|USER|USERNAME|USERPROFILE|LOGNAME|TMP|TEMP|TMPDIR|PWD|APPDATA|LOCALAPPDATA"
              + "|XDG_[A-Z_]+)([/\\\\]|$)"
              + "|%[A-Za-z_][A-Za-z0-9_()]*%([/\\\\]|$))");
  private static final Pattern CLASS = Pattern.compile("\\[[^\\]]*+(?:\\]|$)");
  private static final Pattern ALTERNATIVES = Pattern.compile("\\{[^{}/]*,[^{}]*\\}");
  private static final Pattern LISTED = Pattern.compile(", *[*/!.~]|^\\*\\.[A-Za-z0-9]+,");

  private final String why;
  private final String remedy;

  PatternFault(String why, String remedy) {
    this.why = why;
    this.remedy = remedy;
  }

  /** Goes on with "the pattern ...". */
  public String why() {
    return why;
  }

  public String remedy() {
    return remedy;
  }

  /** What the database calls it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What is wrong with it, if anything is. */
  public static Optional<PatternFault> of(String pattern, boolean windows) {
    if (pattern.chars().allMatch(c -> c == ' ')) {
      return Optional.of(EMPTY);
    } else if (pattern.contains("\n") || pattern.contains("\r")) {
      return Optional.of(LINES);
    } else if (pattern.chars().anyMatch(c -> c < ' ' || c == '\u007f')) {
      return Optional.of(CONTROL);
    } else if (pattern.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
      return Optional.of(LONG);
    } else if (pattern.startsWith(" ") || pattern.endsWith(" ")) {
      return Optional.of(BLANKS);
    } else if (isBroken(pattern, windows)) {
      return Optional.of(BROKEN);
    }
    return withoutEffect(pattern);
  }

  /** restic takes it, and it matches nothing that was meant. */
  private static Optional<PatternFault> withoutEffect(String pattern) {
    String plain = CLASS.matcher(pattern).replaceAll("");
    if (pattern.matches("#+ .*")) {
      return Optional.of(COMMENT);
    } else if (HOME_DIRECTORY.matcher(pattern).find()) {
      return Optional.of(HOME);
    } else if (NAMED_VARIABLE.matcher(pattern).find()) {
      return Optional.of(VARIABLE);
    } else if (ALTERNATIVES.matcher(plain).find()) {
      return Optional.of(BRACES);
    }
    return LISTED.matcher(plain).find() ? Optional.of(COMMAS) : Optional.empty();
  }

  /** restic splits a pattern at its slashes, on Windows at backslashes too, before it looks. */
  private static boolean isBroken(String pattern, boolean windows) {
    int at = 0;
    while (at < pattern.length()) {
      at =
          switch (pattern.charAt(at)) {
            case '[' -> behindClass(pattern, at + 1, windows);
            case '\\' -> windows ? at + 1 : behindEscaped(pattern, at + 1);
            default -> at + 1;
          };
      if (at == NOWHERE) {
        return true;
      }
    }
    return false;
  }

  private static int behindClass(String pattern, int begin, boolean windows) {
    int at = begin < pattern.length() && pattern.charAt(begin) == '^' ? begin + 1 : begin;
    do {
      at = behindOne(pattern, at, windows);
      if (at != NOWHERE && at < pattern.length() && pattern.charAt(at) == '-') {
        at = behindOne(pattern, at + 1, windows);
      }
      if (at == NOWHERE) {
        return NOWHERE;
      }
    } while (at >= pattern.length() || pattern.charAt(at) != ']');
    return at + 1;
  }

  /** One character of a class. */
  private static int behindOne(String pattern, int at, boolean windows) {
    if (at >= pattern.length()) {
      return NOWHERE;
    }
    return switch (pattern.charAt(at)) {
      case '-', ']', '/' -> NOWHERE;
      case '\\' -> windows ? NOWHERE : behindEscaped(pattern, at + 1);
      default -> at + 1;
    };
  }

  private static int behindEscaped(String pattern, int at) {
    return at < pattern.length() && pattern.charAt(at) != '/' ? at + 1 : NOWHERE;
  }
}
