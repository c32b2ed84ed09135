package io.holdfast.agent.text;

import java.util.Collection;
import java.util.stream.Collectors;

/**
 * Texts cut to the room that there is for them, counted as databases and disks do: in bytes of
 * UTF-8. A character is kept as a whole or not at all.
 */
public final class Bounded {

  /** Elements of a list that a sentence shows. */
  private static final int SHOWN = 5;

  /** Bytes of each of them. */
  private static final int LONGEST_ELEMENT = 200;

  private static final String CUT = "…";

  private Bounded() {}

  /** The text, or its beginning and a sign that something is missing: never more than the bytes. */
  public static String to(int bytes, String text) {
    if (fits(text, bytes)) {
      return text;
    }
    return text.substring(0, end(text, bytes - size(CUT.codePointAt(0)))) + CUT;
  }

  /** The end of it instead. */
  public static String toEnd(int bytes, String text) {
    if (fits(text, bytes)) {
      return text;
    }
    int start = text.length();
    int taken = size(CUT.codePointAt(0));
    while (start > 0) {
      int c = text.codePointBefore(start);
      taken += size(c);
      if (taken > bytes) {
        break;
      }
      start -= Character.charCount(c);
    }
    return CUT + text.substring(start);
  }

  /** The beginning of so many letters, as a column of type varchar counts them. */
  public static String toLetters(int letters, String text) {
    return text.codePointCount(0, text.length()) <= letters
        ? text
        : text.substring(0, text.offsetByCodePoints(0, letters - 1)) + CUT;
  }

  /** The first few, each cut to what a line holds, and how many more there are. */
  public static String list(Collection<String> elements) {
    String first =
        elements.stream()
            .limit(SHOWN)
            .map(element -> to(LONGEST_ELEMENT, element))
            .collect(Collectors.joining(", "));
    return elements.size() > SHOWN ? first + " and " + (elements.size() - SHOWN) + " more" : first;
  }

  private static boolean fits(String text, int bytes) {
    // No unit of a string takes more than three bytes.
    return text.length() <= bytes / 3 || end(text, bytes) == text.length();
  }

  /** How much of the text fits into so many bytes. */
  private static int end(String text, int bytes) {
    int taken = 0;
    int end = 0;
    while (end < text.length()) {
      int c = text.codePointAt(end);
      taken += size(c);
      if (taken > bytes) {
        break;
      }
      end += Character.charCount(c);
    }
    return end;
  }

  private static int size(int c) {
    if (c < 0x80) {
      return 1;
    }
    if (c < 0x800) {
      return 2;
    }
    return c < 0x10000 ? 3 : 4;
  }
}
