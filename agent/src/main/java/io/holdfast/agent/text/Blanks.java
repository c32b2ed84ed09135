package io.holdfast.agent.text;

/**
 * What stands around a text and cannot be seen: all of Unicode's white space, as restic cuts it off
 * a password, and the mark that some editors put before UTF-8.
 */
public final class Blanks {

  private static final char MARK = '\uFEFF';
  private static final char NEXT_LINE = '\u0085';

  private Blanks() {}

  /** The text without them. */
  public static String strip(String text) {
    int begin = 0;
    int end = text.length();
    while (begin < end && isBlank(text.charAt(begin))) {
      begin++;
    }
    while (end > begin && isBlank(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(begin, end);
  }

  /** Whether there are any. */
  public static boolean isAround(String text) {
    return strip(text).length() != text.length();
  }

  /** None of them takes more than one unit of UTF-16. */
  private static boolean isBlank(char c) {
    return Character.isSpaceChar(c) || Character.isWhitespace(c) || c == NEXT_LINE || c == MARK;
  }
}
