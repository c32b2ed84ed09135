package io.holdfast.agent.config;

import java.util.Objects;

/** A database URL cannot be understood; the message says why and holds no password. */
public final class InvalidDatabaseUrl extends Exception {

  private static final long serialVersionUID = 1L;

  InvalidDatabaseUrl(String message) {
    super(message);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
