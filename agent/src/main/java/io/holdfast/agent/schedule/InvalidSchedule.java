package io.holdfast.agent.schedule;

import java.util.Objects;

/**
 * A schedule cannot be understood; the message says what is wrong with it, the remedy what to
 * write.
 */
public final class InvalidSchedule extends Exception {

  private static final long serialVersionUID = 1L;

  private final String remedy;

  public InvalidSchedule(String message, String remedy) {
    super(Objects.requireNonNull(message, "message"));
    this.remedy = Objects.requireNonNull(remedy, "remedy");
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  public String remedy() {
    return remedy;
  }
}
