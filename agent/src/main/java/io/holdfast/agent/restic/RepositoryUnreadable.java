package io.holdfast.agent.restic;

import java.util.Objects;

/** The repository did not answer what it was asked; says why and what to do, without a secret. */
public final class RepositoryUnreadable extends Exception {

  private static final long serialVersionUID = 1L;

  private final ExitMeaning meaning;
  private final String remedy;

  RepositoryUnreadable(ExitMeaning meaning, String message, String remedy) {
    super(message);
    this.meaning = Objects.requireNonNull(meaning, "meaning");
    this.remedy = Objects.requireNonNull(remedy, "remedy");
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  public ExitMeaning meaning() {
    return meaning;
  }

  public String remedy() {
    return remedy;
  }

  /** The same for one who has no settings to correct. */
  public RepositoryUnreadable withRemedy(String otherRemedy) {
    return new RepositoryUnreadable(meaning, getMessage(), otherRemedy);
  }
}
