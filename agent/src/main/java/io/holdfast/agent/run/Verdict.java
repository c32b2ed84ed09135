package io.holdfast.agent.run;

import io.holdfast.agent.text.Bounded;
import io.holdfast.agent.text.Visible;
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

  static final String AGENT_STOPPED = "agent-stopped";

  /** Bytes. A row has room for 8192 of both together, and refuses more. */
  static final int LONGEST_SENTENCE = 3000;

  static final int LONGEST_REMEDY = 1000;

  public Verdict {
    Objects.requireNonNull(outcome, "outcome");
    Objects.requireNonNull(code, "code");
    sentence = Bounded.to(LONGEST_SENTENCE, Visible.of(sentence));
    remedy = Bounded.to(LONGEST_REMEDY, Visible.of(remedy));
  }

  public static Verdict success() {
    return new Verdict(Outcome.SUCCESS, Verdicts.OK, "", "");
  }

  /** A success that nobody was there to see. */
  static Verdict recovered() {
    return new Verdict(Outcome.SUCCESS, Verdicts.RECOVERED, "", "");
  }

  public static Verdict partial(String code, String sentence, String remedy) {
    return new Verdict(Outcome.PARTIAL, code, sentence, remedy);
  }

  public static Verdict failed(String code, String sentence, String remedy) {
    return new Verdict(Outcome.FAILED, code, sentence, remedy);
  }

  /**
   * @param why goes on with "the run was cancelled"
   */
  public static Verdict cancelled(String why) {
    return new Verdict(
        Outcome.CANCELLED,
        "cancelled",
        "the run was cancelled " + why,
        "Run the job again when it suits.");
  }

  static Verdict agentStopped() {
    return new Verdict(
        Outcome.CANCELLED,
        AGENT_STOPPED,
        "the agent was stopped during the run",
        "Nothing: it is made up for when the agent runs again.");
  }
}
