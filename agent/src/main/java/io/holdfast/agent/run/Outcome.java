package io.holdfast.agent.run;

import java.util.Locale;

/** How a run ended; the lower-case name stands in {@code runs.outcome}. */
public enum Outcome {
  /** A snapshot holds all that the job names. */
  SUCCESS,
  /** A snapshot exists, but something could not be read or a source path is missing. */
  PARTIAL,
  /** There is no snapshot. */
  FAILED,
  /** Somebody stopped it; there is no snapshot. */
  CANCELLED;

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The seed schema's own word, for {@code runs.status}: whatever is not complete has failed. */
  public String status() {
    return this == PARTIAL ? FAILED.word() : word();
  }
}
