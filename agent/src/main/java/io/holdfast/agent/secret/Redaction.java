package io.holdfast.agent.secret;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Takes secrets out of texts before they are logged or stored: every known secret, wherever it
 * stands, and the password part of anything that looks like {@code scheme://user:password@host}.
 */
public final class Redaction {

  /**
   * Shorter secrets are not searched for: hiding every "a" would destroy the text and hide nothing.
   */
  static final int SHORTEST_SEARCHED = 4;

  private static final Pattern URL_PASSWORD =
      // Up to the last @, as Go reads it. Every part is bounded: a line without an end must not
      // take
      // time without an end.
      Pattern.compile(
          "(?<head>[A-Za-z][A-Za-z0-9+.-]{0,20}+://[^\\s/:\"']{0,255}+:)[^\\s/\"']{1,1023}(?=@)");

  private final List<String> known;

  private Redaction(List<String> known) {
    this.known = known;
  }

  /** A redaction of URL passwords only. */
  public static Redaction none() {
    return new Redaction(List.of());
  }

  /**
   * A redaction of the given secrets; those shorter than {@value #SHORTEST_SEARCHED} are passed
   * over.
   */
  public static Redaction of(Collection<Secret> secrets) {
    return new Redaction(
        secrets.stream()
            .map(Secret::value)
            .filter(value -> value.length() >= SHORTEST_SEARCHED)
            .distinct()
            // The longest first: one secret may be part of another.
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList());
  }

  /** The text with every secret replaced by {@code ***}. */
  public String redact(String text) {
    String redacted = text;
    for (String secret : known) {
      redacted = redacted.replace(secret, "***");
    }
    return URL_PASSWORD.matcher(redacted).replaceAll("${head}***");
  }
}
