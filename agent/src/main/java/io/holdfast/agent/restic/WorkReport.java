package io.holdfast.agent.restic;

import java.time.Duration;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * How a command upon a repository ended.
 *
 * @param exitCode restic's; empty if it did not start
 * @param output head and tail of its standard output, without secrets; empty where an answer was
 *     read from it
 * @param errors head and tail of its standard error, without secrets
 * @param interrupted whether the thread was interrupted meanwhile
 */
public record WorkReport(
    ExitMeaning meaning,
    OptionalInt exitCode,
    String output,
    String errors,
    Duration duration,
    boolean interrupted) {

  public WorkReport {
    Objects.requireNonNull(meaning, "meaning");
    Objects.requireNonNull(exitCode, "exitCode");
    Objects.requireNonNull(output, "output");
    Objects.requireNonNull(errors, "errors");
    Objects.requireNonNull(duration, "duration");
  }

  public boolean complete() {
    return meaning == ExitMeaning.COMPLETE;
  }

  /** The reason in one line, for people. */
  public String reason() {
    return Probes.oneLine(errors);
  }

  /** The same of one whose answer was none. */
  WorkReport unreadable(String why) {
    return new WorkReport(
        ExitMeaning.FAILED, exitCode, output, errors + why + "\n", duration, interrupted);
  }
}
