package io.holdfast.agent.restic;

import java.util.Objects;

/** There is no restic that can be used; the message says why, the remedy what to do. */
public final class ResticUnavailable extends Exception {

  private static final long serialVersionUID = 1L;

  private final String code;
  private final String remedy;

  ResticUnavailable(String code, String message, String remedy) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /** {@code restic-missing}, {@code restic-unusable} or {@code restic-too-old}. */
  public String code() {
    return code;
  }

  public String remedy() {
    return remedy;
  }
}
