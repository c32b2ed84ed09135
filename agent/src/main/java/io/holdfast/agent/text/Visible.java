package io.holdfast.agent.text;

import java.util.Locale;

/**
 * Texts of others as they may be shown: in names of files, in what restic and servers say, and in
 * rows anything may stand, and a terminal or a log would obey some of it instead of showing it.
 */
public final class Visible {

  private Visible() {}

  /** Every control character, line break and turn of direction is written as Java does. */
  public static String of(String text) {
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      if (isHidden(text.codePointAt(i))) {
        return escaped(text);
      }
    }
    return text;
  }

  private static String escaped(String text) {
    StringBuilder shown = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '\n' -> shown.append("\\n");
            case '\t' -> shown.append("\\t");
            case '\r' -> shown.append("\\r");
            default -> {
              if (isHidden(c)) {
                for (char unit : Character.toChars(c)) {
                  shown.append(String.format(Locale.ROOT, "\\u%04x", (int) unit));
                }
              } else {
                shown.appendCodePoint(c);
              }
            }
          }
        });
    return shown.toString();
  }

  private static boolean isHidden(int c) {
    // What is most of every text needs no look into a table.
    return (c < ' ' || c > '~') && (Character.isISOControl(c) || isUnseen(Character.getType(c)));
  }

  /** They turn the writing round, or end the line. */
  private static boolean isUnseen(int type) {
    return type == Character.FORMAT
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR
        || type == Character.SURROGATE;
  }
}
