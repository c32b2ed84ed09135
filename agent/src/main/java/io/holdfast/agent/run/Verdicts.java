package io.holdfast.agent.run;

import io.holdfast.agent.restic.BackupReport;
import io.holdfast.agent.restic.BackupReport.ItemFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What restic reported becomes a verdict: pure, and the one place where an outcome is decided. */
final class Verdicts {

  /** A process that signal n ends has the exit code 128 + n. */
  private static final int FIRST_SIGNAL = 128;

  private Verdicts() {}

  static Verdict of(BackupReport report) {
    return switch (report.meaning()) {
      case COMPLETE, INCOMPLETE ->
          report.summary().isPresent() ? ofSnapshot(report) : noSnapshot(report);
      case CANCELLED ->
          Verdict.cancelled(
              report.interrupted()
                  ? "the agent was stopped during the run"
                  : "the run was cancelled before restic had written a snapshot");
      case NO_REPOSITORY ->
          Verdict.failed(
              "repository-missing",
              "there is no restic repository at the place that repository_url names",
              "Check repository_url; if the repository is really to be made, run 'restic init' or set"
                  + " repository_auto_init to true.");
      case WRONG_PASSWORD ->
          Verdict.failed(
              "repository-password-wrong",
              "the repository refuses the password in the setting repository_password",
              "Correct the setting repository_password.");
      case LOCKED ->
          Verdict.failed(
              "repository-locked",
              "the repository is locked by another restic process",
              "Wait until it has ended; if 'restic list locks' shows a lock that nobody holds, run"
                  + " 'restic unlock'.");
      case TIMED_OUT ->
          Verdict.failed(
              "restic-timeout",
              "restic did not end within its time limit and was stopped",
              "Look at the repository's storage and at restic_errors of this run.");
      case NOT_STARTED, FAILED -> failed(report);
    };
  }

  /** A snapshot exists: it is complete, or the sentence says what it lacks. */
  private static Verdict ofSnapshot(BackupReport report) {
    List<String> lacks = new ArrayList<>();
    if (!report.missingSources().isEmpty()) {
      lacks.add(
          (report.missingSources().size() == 1 ? "the source path " : "the source paths ")
              + String.join(", ", report.missingSources())
              + (report.missingSources().size() == 1 ? " does not exist" : " do not exist"));
    }
    if (report.itemErrorCount() > 0) {
      lacks.add(unreadable(report));
    }
    if (lacks.isEmpty() && report.meaning() == io.holdfast.agent.restic.ExitMeaning.COMPLETE) {
      return Verdict.success();
    }
    if (lacks.isEmpty()) {
      lacks.add("restic says that some source data could not be read");
    }
    return Verdict.partial(
        report.missingSources().isEmpty() ? "source-unreadable" : "source-missing",
        "the snapshot is incomplete: " + String.join("; ", lacks),
        report.missingSources().isEmpty()
            ? "Let the agent read these files, or exclude them."
            : "Correct source_paths, or mount what is missing.");
  }

  private static String unreadable(BackupReport report) {
    String first =
        report.firstItemErrors().isEmpty()
            ? ""
            : ", the first " + described(report.firstItemErrors().getFirst());
    return String.format(
        Locale.ROOT,
        "%d %s could not be read%s",
        report.itemErrorCount(),
        report.itemErrorCount() == 1 ? "file or directory" : "files or directories",
        first);
  }

  private static String described(ItemFailure failure) {
    return failure.message().isBlank() || failure.message().contains(failure.item())
        ? failure.item()
        : failure.item() + " (" + failure.message() + ")";
  }

  private static Verdict noSnapshot(BackupReport report) {
    return report.exitCode().orElse(-1) == 0
        ? Verdict.failed(
            "no-snapshot",
            "restic ended as if all were well but named no snapshot",
            "Look at restic_output and restic_errors of this run.")
        : failed(report);
  }

  private static Verdict failed(BackupReport report) {
    if (!report.missingSources().isEmpty()
        && report.fatalMessage().orElse("").contains("do not exist")) {
      return Verdict.failed(
          "source-missing",
          "none of the source paths exists: " + String.join(", ", report.missingSources()),
          "Correct source_paths, or mount what is missing.");
    }
    if (report.exitCode().orElse(0) > FIRST_SIGNAL) {
      return Verdict.failed(
          "restic-killed",
          "restic was ended from outside by signal "
              + (report.exitCode().getAsInt() - FIRST_SIGNAL)
              + ", so there is no snapshot",
          "Look for the cause, such as too little memory; a lock may be left in the repository:"
              + " 'restic list locks' shows it, and 'restic unlock' removes it once nothing runs.");
    }
    String exit =
        report.exitCode().isPresent() ? " (exit code " + report.exitCode().getAsInt() + ")" : "";
    return Verdict.failed(
        "restic-failed",
        "restic failed" + exit + report.fatalMessage().map(why -> ": " + why).orElse(""),
        "Look at restic_errors of this run.");
  }
}
