package io.holdfast.agent.cli;

import java.util.Objects;

/**
 * A command cannot do what was asked; not a bug, so the user sees a sentence and no stack trace.
 */
final class CommandFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int exitCode;
  private final String remedy;

  CommandFailure(int exitCode, String message, String remedy) {
    super(Objects.requireNonNull(message, "message"));
    this.exitCode = exitCode;
    this.remedy = remedy;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  int exitCode() {
    return exitCode;
  }

  String remedy() {
    return remedy;
  }
}
