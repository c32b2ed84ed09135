package io.holdfast.agent.run;

import java.util.Locale;

/** What made a run happen; the lower-case name stands in {@code runs.triggered_by}. */
public enum TriggeredBy {
  SCHEDULE,
  MANUAL,
  /** A due time that passed while the agent could not run. */
  MISSED,
  /** The attempt before failed. */
  RETRY,
  /** A row of {@code requests}. */
  REQUEST;

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
