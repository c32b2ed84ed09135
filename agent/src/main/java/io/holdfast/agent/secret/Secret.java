package io.holdfast.agent.secret;

import java.util.Objects;

/**
 * A value that must not be seen: a password, a token, a URL that carries one. {@link #toString()}
 * prints {@code ***}, so that a secret which slips into a log line or an exception stays one.
 *
 * @param value the secret itself; may be empty, never null
 */
public record Secret(String value) {

  public Secret {
    Objects.requireNonNull(value, "value");
  }

  /** Whether there is nothing to hide: the empty string. */
  public boolean isEmpty() {
    return value.isEmpty();
  }

  @Override
  public String toString() {
    return "***";
  }
}
