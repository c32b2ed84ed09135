package io.holdfast.agent.restore;

import java.util.Objects;

/** What was asked for is not done, and nothing was written; says why and what to do. */
public final class CannotRestore extends Exception {

  private static final long serialVersionUID = 1L;

  /** Whose fault it is. */
  public enum Kind {
    /** What was asked for makes no sense. */
    MISSPOKEN,
    /** There is no such job or snapshot, or it may not be written there. */
    REFUSED,
    /** The repository or restic cannot serve. */
    UNABLE
  }

  private final Kind kind;
  private final String remedy;

  public CannotRestore(Kind kind, String message, String remedy) {
    super(message);
    this.kind = Objects.requireNonNull(kind, "kind");
    this.remedy = Objects.requireNonNull(remedy, "remedy");
  }

  static CannotRestore misspoken(String message, String remedy) {
    return new CannotRestore(Kind.MISSPOKEN, message, remedy);
  }

  static CannotRestore refused(String message, String remedy) {
    return new CannotRestore(Kind.REFUSED, message, remedy);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  public Kind kind() {
    return kind;
  }

  public String remedy() {
    return remedy;
  }
}
