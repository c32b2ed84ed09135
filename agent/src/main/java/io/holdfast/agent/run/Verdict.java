package io.holdfast.agent.run;

import java.util.Objects;

/**
 * How a run ended, and why.
 *
 * @param code stable, lower-case, for scripts: {@code ok}, {@code wrong-password}, {@code
 *     source-missing}
 * @param sentence what went wrong and where, without any secret; empty for a success
 * @param remedy what to do about it; empty for a success
 */
public record Verdict(Outcome outcome, String code, String sentence, String remedy) {

  public Verdict {
    Objects.requireNonNull(outcome, "outcome");
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(sentence, "sentence");
    Objects.requireNonNull(remedy, "remedy");
  }

  public static Verdict success() {
    return new Verdict(Outcome.SUCCESS, "ok", "", "");
  }

  public static Verdict partial(String code, String sentence, String remedy) {
    return new Verdict(Outcome.PARTIAL, code, sentence, remedy);
  }

  public static Verdict failed(String code, String sentence, String remedy) {
    return new Verdict(Outcome.FAILED, code, sentence, remedy);
  }

  public static Verdict cancelled(String sentence) {
    return new Verdict(
        Outcome.CANCELLED, "cancelled", sentence, "Run the job again when it suits.");
  }
}
