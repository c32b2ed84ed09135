package io.holdfast.agent.job;

import java.util.Objects;

/**
 * The control plane could not be asked or told; {@link #problem()} says why in words for people.
 */
public final class ControlPlaneException extends Exception {

  private static final long serialVersionUID = 1L;

  /** What the caller can do about it. */
  public enum Kind {
    /** Nothing now; the same call may succeed later. */
    UNAVAILABLE,
    /** Nothing until somebody mends the credentials, the rights or the schema. */
    MISCONFIGURED,
    /**
     * The control plane will never take just this record; keep it aside and go on with the rest.
     */
    REFUSED
  }

  private final Kind kind;
  private final transient Problem problem;

  public ControlPlaneException(Kind kind, Problem problem, Throwable cause) {
    super(problem.message(), cause);
    this.kind = Objects.requireNonNull(kind, "kind");
    this.problem = problem;
  }

  /** For a fault that we found ourselves, not the database. */
  public ControlPlaneException(Kind kind, Problem problem) {
    super(problem.message());
    this.kind = Objects.requireNonNull(kind, "kind");
    this.problem = problem;
  }

  public Kind kind() {
    return kind;
  }

  public Problem problem() {
    return problem;
  }
}
