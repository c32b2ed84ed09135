package io.holdfast.agent.restic;

/**
 * Whether a repository opens.
 *
 * @param message what is wrong and where; empty for {@code OPEN}
 * @param remedy what to do about it; empty for {@code OPEN}
 */
public record RepositoryProbe(State state, String message, String remedy) {

  /** How it stands. */
  public enum State {
    OPEN,
    /** The place can be reached and holds no repository. */
    MISSING,
    WRONG_PASSWORD,
    LOCKED,
    UNREACHABLE
  }
}
