package io.holdfast.agent.release;

import java.util.Objects;

/** No restic was installed, and nothing was changed; the remedy says what to do. */
public final class CannotInstall extends Exception {

  private static final long serialVersionUID = 1L;

  private final String remedy;

  CannotInstall(String message, String remedy) {
    super(message);
    this.remedy = remedy;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  public String remedy() {
    return remedy;
  }
}
