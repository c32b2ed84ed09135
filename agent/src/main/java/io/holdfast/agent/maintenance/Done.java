package io.holdfast.agent.maintenance;

import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.LockHolder;
import io.holdfast.agent.restic.WorkReport;
import io.holdfast.agent.run.Outcome;
import io.holdfast.agent.run.Verdict;
import java.util.Map;
import java.util.Optional;

/**
 * What came of a piece of housekeeping.
 *
 * @param report of the last restic that took part, if one did
 * @param statistics by name; numbers and texts
 */
record Done(Verdict verdict, Optional<WorkReport> report, Map<String, Object> statistics) {

  private static final String LATER = "Nothing: it is tried again within the hour.";

  static Done of(Verdict verdict) {
    return new Done(verdict, Optional.empty(), Map.of());
  }

  static Done success(Optional<WorkReport> report, Map<String, Object> statistics) {
    return new Done(Verdict.success(), report, statistics);
  }

  /** As restic said. */
  static Done of(
      Kind kind, WorkReport report, Cancellation cancellation, Map<String, Object> statistics) {
    return new Done(verdict(kind, report, cancellation), Optional.of(report), statistics);
  }

  private static Verdict verdict(Kind kind, WorkReport report, Cancellation cancellation) {
    return switch (report.meaning()) {
      case COMPLETE -> Verdict.success();
      case CANCELLED -> cancelled(cancellation);
      case LOCKED ->
          Verdict.failed(
              "repository-locked",
              "the repository is locked by another restic process" + LockHolder.in(report.errors()),
              LATER);
      case WRONG_PASSWORD ->
          Verdict.failed(
              "wrong-password",
              "the repository refuses the password in the setting repository_password",
              "Correct the setting.");
      case NO_REPOSITORY ->
          Verdict.failed(
              "no-repository",
              "there is no restic repository at the place that repository_url names",
              "Check the setting and the storage.");
      case TIMED_OUT, STALLED ->
          Verdict.failed("run-timeout", "restic did not come to an end", LATER);
      case NOT_STARTED ->
          Verdict.failed(
              "restic-not-started", "restic could not be started: " + report.reason(), LATER);
      case INCOMPLETE, FAILED ->
          damaged(kind, report)
              ? Verdict.failed(
                  "repository-damaged",
                  "the check found errors in the repository: " + report.reason(),
                  "Read restic_output and restic_errors of this row, and docs/housekeeping.md on"
                      + " what to do. Do not prune before it is mended.")
              : Verdict.failed("restic-failed", "restic failed: " + report.reason(), LATER);
    };
  }

  private static boolean damaged(Kind kind, WorkReport report) {
    return (kind == Kind.CHECK || kind == Kind.CHECK_DATA)
        && (report.errors() + report.output()).contains("contains errors");
  }

  static Verdict cancelled(Cancellation cancellation) {
    String why = cancellation.reason().orElse("since the agent was stopped");
    if (cancellation.isForAgentsStop()) {
      return new Verdict(
          Outcome.CANCELLED,
          "agent-stopped",
          "it was cancelled " + why,
          "Nothing: it is made up for.");
    }
    return why.equals(HeldLease.LOST)
        ? Verdict.failed("lease-lost", "it was ended " + why, "Nothing: it is made up for.")
        : Verdict.cancelled(why);
  }
}
