package io.holdfast.agent.run;

import java.util.Locale;

/** Why a due time was passed over; the lower-case name stands in {@code missed_runs.reason}. */
public enum MissedBecause {
  /** The job's run before had not ended. */
  STILL_RUNNING,
  /** The agent could not run, and the schedule says not to make up for it. */
  AWAY,
  /** Somebody cancelled it while it waited for its turn. */
  CANCELLED;

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
