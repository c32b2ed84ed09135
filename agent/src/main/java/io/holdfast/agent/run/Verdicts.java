package io.holdfast.agent.run;

import io.holdfast.agent.restic.BackupReport;
import io.holdfast.agent.restic.BackupReport.ItemFailure;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.ExitMeaning;
import io.holdfast.agent.restic.LockHolder;
import io.holdfast.agent.restic.TooManyKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** What restic reported becomes a verdict: pure, and the one place where an outcome is decided. */
final class Verdicts {

  private static final Pattern FULL =
      Pattern.compile(
          "no space left on device|There is not enough space on the disk|quota exceeded",
          Pattern.CASE_INSENSITIVE);

  private Verdicts() {}

  /**
   * @param cancellation by which somebody may have asked for the run's end
   */
  static Verdict of(BackupReport report, Cancellation cancellation) {
    return switch (report.meaning()) {
      case COMPLETE, INCOMPLETE ->
          report.summary().isPresent() ? ofSnapshot(report, Verdict.success()) : noSnapshot(report);
      case CANCELLED ->
          cancellation.isForAgentsStop() || !cancellation.isCancelled()
              ? Verdict.agentStopped()
              : Verdict.cancelled(cancellation.reason().orElse(""));
      case NO_REPOSITORY ->
          Verdict.failed(
              "repository-missing",
              "there is no restic repository at the place that repository_url names",
              "Check repository_url; if the repository is really to be made, run 'restic init' or"
                  + " set repository_auto_init to true.");
      case WRONG_PASSWORD ->
          Verdict.failed(
              "repository-password-wrong",
              "the repository refuses the password in the setting repository_password",
              "Correct the setting repository_password.");
      case LOCKED ->
          Verdict.failed(
              "repository-locked",
              "the repository is locked by another restic process"
                  + LockHolder.in(report.standardError()),
              "Wait until it has ended, or raise retry_lock_seconds of the job; if that host has no"
                  + " such process any more, run 'restic unlock'.");
      case TIMED_OUT ->
          Verdict.failed(
              "run-timeout",
              "the run took longer than timeout_seconds of its job and was ended"
                  + ifSurvived(report)
                  + lastWord(report),
              "Look at the repository's storage and at restic_errors of this run, or raise the"
                  + " limit.");
      case STALLED ->
          Verdict.failed(
              "restic-stalled",
              "restic showed no progress for longer than stalled_after_seconds and was ended"
                  + ifSurvived(report)
                  + lastWord(report),
              "Look for a network mount that is dead among source_paths, and at the repository's"
                  + " storage.");
      case NOT_STARTED ->
          Verdict.failed(
              "restic-not-started",
              "restic could not be started"
                  + report.fatalMessage().map(why -> ": " + why).orElse(""),
              "Look at what the machine is short of.");
      case FAILED -> failed(report);
    };
  }

  /** The repository holds the snapshot, though restic did not live to say so. */
  static Verdict ofFoundSnapshot(BackupReport report) {
    return ofSnapshot(report, Verdict.recovered());
  }

  /** Why there is no dump, and so no snapshot. */
  static Verdict of(ControlPlaneDump.Result.Failed failed) {
    return Verdict.failed(failed.code(), failed.sentence(), failed.remedy());
  }

  /** The dump was ended by us before there was anything to back up. */
  static Verdict ofStoppedDump(ExitMeaning why, Cancellation cancellation) {
    return switch (why) {
      case TIMED_OUT ->
          Verdict.failed(
              "run-timeout",
              "the dump of the control plane took longer than timeout_seconds of its job and was"
                  + " ended",
              "Look at the database, or raise the limit.");
      case STALLED ->
          Verdict.failed(
              "pg-dump-stalled",
              "pg_dump wrote nothing for longer than stalled_after_seconds and was ended",
              "Look for what it waits for: SELECT pid, query, wait_event FROM pg_stat_activity;"
                  + " a table that somebody has locked, or the network.");
      default ->
          cancellation.isForAgentsStop() || !cancellation.isCancelled()
              ? Verdict.agentStopped()
              : Verdict.cancelled(cancellation.reason().orElse(""));
    };
  }

  private static String ifSurvived(BackupReport report) {
    return report.survived()
        ? ", but it hangs in the operating system and could not be ended; the job waits until it"
            + " has"
        : "";
  }

  private static String lastWord(BackupReport report) {
    return report.fatalMessage().map(why -> "; its last complaint was: " + why).orElse("");
  }

  /** A snapshot exists: it is complete, or the sentence says what it lacks. */
  private static Verdict ofSnapshot(BackupReport report, Verdict complete) {
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
    if (lacks.isEmpty() && report.meaning() != ExitMeaning.INCOMPLETE) {
      return complete;
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
            report.fatalMessage().orElse("restic ended as if all were well but named no snapshot"),
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
    if (TooManyKeys.said(report.fatalMessage().orElse(""))) {
      return Verdict.failed(
          "repository-keys-too-many", "the repository" + TooManyKeys.SENTENCE, TooManyKeys.REMEDY);
    }
    if (report.exitCode().orElse(0) > BackupReport.FIRST_SIGNAL) {
      return Verdict.failed(
          "restic-killed",
          "restic was ended from outside by signal "
              + (report.exitCode().getAsInt() - BackupReport.FIRST_SIGNAL)
              + ", so there is no snapshot",
          "Look for the cause, such as too little memory; a lock may be left in the repository:"
              + " 'restic list locks' shows it, and 'restic unlock' removes it once nothing runs.");
    }
    if (FULL.matcher(report.fatalMessage().orElse("") + report.standardError()).find()) {
      return Verdict.failed(
          "repository-full",
          "there was no space left on a device: the repository's, or that of the machine's"
              + " temporary files"
              + report.fatalMessage().map(why -> " (" + why + ")").orElse(""),
          "Make room there.");
    }
    String exit =
        report.exitCode().isPresent() ? " (exit code " + report.exitCode().getAsInt() + ")" : "";
    return Verdict.failed(
        "restic-failed",
        "restic failed" + exit + report.fatalMessage().map(why -> ": " + why).orElse(""),
        "Look at restic_errors of this run.");
  }
}
