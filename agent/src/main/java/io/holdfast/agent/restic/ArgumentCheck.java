package io.holdfast.agent.restic;

import java.util.List;

/** Whether additional arguments may be given to restic. */
public sealed interface ArgumentCheck {

  /** All are known to be good. */
  record Accepted(List<String> arguments) implements ArgumentCheck {
    public Accepted {
      arguments = List.copyOf(arguments);
    }
  }

  /** One is not; the message names it. */
  record Refused(String message, String remedy) implements ArgumentCheck {}
}
