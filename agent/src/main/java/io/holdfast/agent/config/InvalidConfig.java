package io.holdfast.agent.config;

import java.util.List;
import java.util.Objects;

/** The configuration cannot be used; the message holds everything that was found, a line each. */
public final class InvalidConfig extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient List<String> findings;

  InvalidConfig(List<String> findings) {
    super(String.join(System.lineSeparator(), findings));
    this.findings = List.copyOf(findings);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /** Each says where, what is wrong and what to do; none holds a secret. */
  public List<String> findings() {
    return findings;
  }
}
