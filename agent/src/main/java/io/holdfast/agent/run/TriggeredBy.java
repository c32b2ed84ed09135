package io.holdfast.agent.run;

import java.util.Locale;

/** What made a run happen; the lower-case name stands in {@code runs.triggered_by}. */
public enum TriggeredBy {
  SCHEDULE,
  MANUAL;

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
