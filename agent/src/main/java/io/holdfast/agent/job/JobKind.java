package io.holdfast.agent.job;

import java.util.Optional;
import java.util.stream.Stream;

/** What a job backs up; the word stands in {@code backup_jobs.kind}. */
public enum JobKind {
  /** Its source paths. */
  FILES("files"),
  /** A dump of the control plane's own database. */
  CONTROL_PLANE("control-plane");

  private final String word;

  JobKind(String word) {
    this.word = word;
  }

  public String word() {
    return word;
  }

  /** Empty for a word that only a newer agent knows. */
  public static Optional<JobKind> of(String word) {
    return Stream.of(values()).filter(kind -> kind.word.equals(word)).findFirst();
  }
}
