package io.holdfast.agent.cli;

import picocli.CommandLine.Help.Ansi;

/** Colours, on a terminal only and not where NO_COLOR forbids them. */
final class Paint {

  private static final boolean ON = Ansi.AUTO.enabled() && System.getenv("NO_COLOR") == null;

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
    // How far it is may stand behind it.
    return switch (outcome.replaceFirst(" .*", "")) {
      case "success" -> good(outcome);
      case "partial", "cancelled", "running" -> careful(outcome);
      case "failed" -> bad(outcome);
      default -> outcome;
    };
  }

  private static String painted(String code, String text) {
    return ON ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
