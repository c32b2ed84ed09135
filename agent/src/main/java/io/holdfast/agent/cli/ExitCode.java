package io.holdfast.agent.cli;

import io.holdfast.agent.restic.ExitMeaning;
import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.run.Outcome;

/** The one map of exit codes; {@code holdfast --help} and docs/cli.md list them. */
final class ExitCode {

  static final int OK = 0;
  static final int WRONG = 1;
  static final int USAGE = 2;
  static final int PARTIAL = 3;
  static final int JOB = 4;
  static final int CONFIGURATION = 5;
  static final int CONTROL_PLANE = 6;
  static final int BUG = 70;
  static final int CANCELLED = 130;

  private ExitCode() {}

  static int of(Outcome outcome) {
    return switch (outcome) {
      case SUCCESS -> OK;
      case PARTIAL -> PARTIAL;
      case FAILED -> WRONG;
      case CANCELLED -> CANCELLED;
    };
  }

  static int of(CannotRestore.Kind kind) {
    return switch (kind) {
      case MISSPOKEN -> USAGE;
      case REFUSED -> JOB;
      case UNABLE -> WRONG;
    };
  }

  /** Of a command that reads the repository. */
  static int ofUnreadable(ExitMeaning meaning) {
    return meaning == ExitMeaning.CANCELLED ? CANCELLED : WRONG;
  }
}
