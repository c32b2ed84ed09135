package io.holdfast.agent.cli;

import io.holdfast.agent.text.Visible;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import picocli.CommandLine.Help.Ansi;

/** Colours, on a terminal only and not where NO_COLOR forbids them. */
final class Paint {

  private static final boolean ON = Ansi.AUTO.enabled() && System.getenv("NO_COLOR") == null;

  private static final Pattern COLOUR = Pattern.compile("\u001b\\[[0-9]*m");

  private Paint() {}

  static String good(String text) {
    return painted("32", text);
  }

  static String careful(String text) {
    return painted("33", text);
  }

  static String bad(String text) {
    return painted("31", text);
  }

  static String strong(String text) {
    return painted("1", text);
  }

  /** The outcome in its colour. */
  static String outcome(String outcome) {
    return switch (outcome) {
      case "success" -> good(outcome);
      case "partial", "cancelled", "running" -> careful(outcome);
      case "failed" -> bad(outcome);
      default -> outcome;
    };
  }

  /** The text as {@link Visible} has it, but for colours, which do no harm. */
  static String visible(String text) {
    StringBuilder shown = new StringBuilder();
    int end = 0;
    for (MatchResult colour : COLOUR.matcher(text).results().toList()) {
      shown.append(Visible.of(text.substring(end, colour.start()))).append(colour.group());
      end = colour.end();
    }
    return shown.append(Visible.of(text.substring(end))).toString();
  }

  /** The text without colours. */
  static String without(String text) {
    return COLOUR.matcher(text).replaceAll("");
  }

  private static String painted(String code, String text) {
    return ON ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
