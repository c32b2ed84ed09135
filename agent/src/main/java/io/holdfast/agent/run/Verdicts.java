package io.holdfast.agent.run;

import io.holdfast.agent.restic.BackupReport;
import io.holdfast.agent.restic.BackupReport.ItemFailure;
import io.holdfast.agent.restic.BareSource;
import io.holdfast.agent.restic.BareSource.Kind;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.ExitMeaning;
import io.holdfast.agent.restic.LockHolder;
import io.holdfast.agent.restic.TooManyKeys;
import io.holdfast.agent.text.Bounded;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What restic reported becomes a verdict: pure, and the one place where an outcome is decided. */
final class Verdicts {

  private static final Pattern FULL =
      Pattern.compile(
          "no space left on device|There is not enough space on the disk|quota exceeded",
          Pattern.CASE_INSENSITIVE);

  static final String OK = "ok";
  static final String RECOVERED = "recovered";
  static final String UNREADABLE = "source-unreadable";
  private static final String MISSING = "source-missing";
  private static final String EMPTY = "source-empty";
  private static final String SHRUNKEN = "source-shrunken";

  /** Bytes of the name of a file within a sentence. */
  private static final int LONGEST_ITEM = 600;

  private static final Pattern GLOB = Pattern.compile("[*?\\[]");
  private static final Pattern DENIED =
      Pattern.compile(
          "permission denied|operation not permitted|access is denied", Pattern.CASE_INSENSITIVE);
  private static final Pattern DISK =
      Pattern.compile(
          "input/output error|stale file handle|stale NFS file handle|structure needs cleaning"
              + "|transport endpoint is not connected|cyclic redundancy check",
          Pattern.CASE_INSENSITIVE);

  /** The system's own limit for the arguments of a program. */
  private static final Pattern TOO_LONG =
      Pattern.compile("argument list too long|error[=: ]+(?:7|206)\\b", Pattern.CASE_INSENSITIVE);

  private static final Pattern BROKEN_PATTERN =
      Pattern.compile("--(?:i?exclude|exclude-[a-z-]+): invalid pattern\\(s\\) provided:");

  private static final String BRING_BACK = "Mount or bring back what is missing.";

  private Verdicts() {}

  /**
   * @param cancellation by which somebody may have asked for the run's end
   * @param shortfall what the snapshot, if there is one, holds less than it should
   */
  static Verdict of(BackupReport report, Cancellation cancellation, Shortfall shortfall) {
    return switch (report.meaning()) {
      case COMPLETE, INCOMPLETE ->
          report.summary().isPresent()
              ? ofSnapshot(report, shortfall, Verdict.success())
              : noSnapshot(report);
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
          TOO_LONG.matcher(report.fatalMessage().orElse("")).find()
              ? tooManyArguments()
              : Verdict.failed(
                  "restic-not-started",
                  "restic could not be started"
                      + report.fatalMessage().map(why -> ": " + why).orElse(""),
                  "Look at what the machine is short of.");
      case FAILED -> failed(report);
    };
  }

  /** The repository holds the snapshot, though restic did not live to say so. */
  static Verdict ofFoundSnapshot(BackupReport report, Shortfall shortfall) {
    return ofSnapshot(report, shortfall, Verdict.recovered());
  }

  /** The same of a run whose agent died with what it knew of the sources. */
  static Optional<Verdict> ofContents(Shortfall shortfall) {
    if (shortfall.isEmpty()) {
      return Optional.of(
          Verdict.partial(
              EMPTY,
              "the snapshot is incomplete: it holds no file at all"
                  + shortfall.before().map(Verdicts::before).orElse(""),
              BRING_BACK));
    }
    return shrunken(shortfall)
        .map(lacks ->
            Verdict.partial(
                SHRUNKEN, "the snapshot is incomplete: " + lacks, bringBack(shortfall)));
  }

  /** What is in the job's row does not fit into one command. */
  private static Verdict tooManyArguments() {
    return Verdict.failed(
        "arguments-too-long",
        "restic could not be started: exclude_patterns and source_paths of the job are longer than"
            + " what this system passes on to a program",
        "Write fewer or shorter ones: a directory above many source paths, or a pattern such as"
            + " /srv/**/*.tmp for many that are excluded.");
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
  private static Verdict ofSnapshot(BackupReport report, Shortfall shortfall, Verdict complete) {
    List<String> lacks = new ArrayList<>();
    missing(report).ifPresent(lacks::add);
    List<String> held = held(report, shortfall);
    lacks.addAll(held);
    shrunken(shortfall).ifPresent(lacks::add);
    if (report.itemErrorCount() > 0) {
      lacks.add(unreadable(report));
    }
    if (lacks.isEmpty() && report.meaning() != ExitMeaning.INCOMPLETE) {
      return complete;
    }
    if (lacks.isEmpty()) {
      lacks.add("restic says that some source data could not be read");
    }
    String sentence = "the snapshot is incomplete: " + String.join("; ", lacks);
    if (!report.missingSources().isEmpty()) {
      return Verdict.partial(MISSING, sentence, remedyOfMissing(report));
    }
    if (!held.isEmpty()) {
      return Verdict.partial(EMPTY, sentence, remedyOfEmpty(report, shortfall));
    }
    if (shrunken(shortfall).isPresent()) {
      return Verdict.partial(SHRUNKEN, sentence, bringBack(shortfall));
    }
    return Verdict.partial(UNREADABLE, sentence, remedyOfUnreadable(report));
  }

  private static Optional<String> missing(BackupReport report) {
    return switch (report.missingSources().size()) {
      case 0 -> Optional.empty();
      case 1 ->
          Optional.of(
              "the source path " + Bounded.list(report.missingSources()) + " does not exist");
      default ->
          Optional.of(
              "the source paths " + Bounded.list(report.missingSources()) + " do not exist");
    };
  }

  /** What should have held files, and did not. */
  private static List<String> held(BackupReport report, Shortfall shortfall) {
    List<String> held = new ArrayList<>();
    for (Kind kind : List.of(Kind.LINK, Kind.SPECIAL)) {
      List<String> paths = bare(report, kind);
      if (!paths.isEmpty()) {
        held.add("of the source paths, " + Bounded.list(paths) + " is " + kind.words());
      }
    }
    if (!shortfall.emptied().isEmpty()) {
      held.add(
          "below "
              + Bounded.list(shortfall.emptied())
              + " there is nothing, and the last good run found files there");
    }
    if (!shortfall.leftOut().isEmpty()) {
      held.add(
          "it does not hold "
              + Bounded.list(shortfall.leftOut())
              + ", which is there and is left out by a pattern");
    }
    if (shortfall.isEmpty() && report.itemErrorCount() == 0) {
      held.add("it holds no file at all" + shortfall.before().map(Verdicts::before).orElse(""));
    }
    return held;
  }

  private static List<String> bare(BackupReport report, Kind kind) {
    return report.bareSources().stream()
        .filter(source -> source.kind() == kind)
        .map(BareSource::path)
        .toList();
  }

  private static Optional<String> shrunken(Shortfall shortfall) {
    return shortfall
        .before()
        .filter(_ -> !shortfall.isEmpty())
        .map(before ->
            "it holds "
                + shortfall.files().map(files -> Long.toString(files)).orElse("?")
                + (shortfall.files().filter(files -> files == 1).isPresent() ? " file" : " files")
                + before(before));
  }

  private static String before(long files) {
    return ", and the last good one held " + files;
  }

  private static String remedyOfMissing(BackupReport report) {
    return report.missingSources().stream().anyMatch(path -> GLOB.matcher(path).find())
        ? "Write source paths as they are: *, ? and [ stand for themselves there. Name the directory"
            + " above, and leave out what is not wanted by exclude_patterns."
        : "Correct source_paths, or mount what is missing.";
  }

  private static String remedyOfEmpty(BackupReport report, Shortfall shortfall) {
    if (report.bareSources().stream().anyMatch(source -> source.kind() == Kind.LINK)) {
      return "Name in source_paths what the link leads to.";
    }
    if (report.bareSources().stream().anyMatch(source -> source.kind() == Kind.SPECIAL)) {
      return "Name a file or a directory in source_paths.";
    }
    if (!shortfall.leftOut().isEmpty()) {
      return "Look at exclude_patterns and restic_args of the job.";
    }
    if (!shortfall.isEmpty()) {
      return bringBack(shortfall);
    }
    return report.bareSources().isEmpty()
        ? "Look at exclude_patterns and restic_args of the job, which may leave everything out, and"
            + " whether a disk is not mounted."
        : BRING_BACK;
  }

  private static String bringBack(Shortfall shortfall) {
    return BRING_BACK
        + shortfall
            .job()
            .map(job ->
                " If it is meant, an admin says so: SELECT holdfast.accept_contents('"
                    + job
                    + "'); then later runs are compared with the next.")
            .orElse("");
  }

  private static String unreadable(BackupReport report) {
    Optional<ItemFailure> worst = worst(report);
    return String.format(
        Locale.ROOT,
        "%d %s could not be read%s",
        report.itemErrorCount(),
        report.itemErrorCount() == 1 ? "file or directory" : "files or directories",
        worst
            .map(item ->
                (worst.equals(report.firstItemErrors().stream().findFirst())
                        ? ", the first "
                        : ", among them ")
                    + described(item))
            .orElse(""));
  }

  /** Of a disk that fails nobody must learn behind a file that may not be read. */
  private static Optional<ItemFailure> worst(BackupReport report) {
    return report.firstItemErrors().stream()
        .filter(item -> DISK.matcher(item.message()).find())
        .findFirst()
        .or(() -> report.firstItemErrors().stream().findFirst());
  }

  private static String described(ItemFailure failure) {
    String item = Bounded.to(LONGEST_ITEM, failure.item());
    String reason = reason(failure);
    return reason.isBlank() ? item : item + " (" + Bounded.toEnd(LONGEST_ITEM, reason) + ")";
  }

  /** restic's message names the file once more. */
  private static String reason(ItemFailure failure) {
    int at = failure.item().isEmpty() ? -1 : failure.message().lastIndexOf(failure.item());
    return at < 0
        ? failure.message()
        : failure
            .message()
            .substring(at + failure.item().length())
            .replaceFirst("^[\"']?:", "")
            .strip();
  }

  private static String remedyOfUnreadable(BackupReport report) {
    String reasons =
        report.firstItemErrors().stream()
            .map(ItemFailure::message)
            .collect(Collectors.joining("\n"));
    if (DISK.matcher(reasons).find()) {
      return "Look at the disk or the network mount that the files are on (dmesg, smartctl), and"
          + " keep the snapshots that still hold them.";
    }
    return DENIED.matcher(reasons).find() || reasons.isBlank()
        ? "Let the agent read these files, or exclude them."
        : "Look at restic_errors of this run; let the agent read these files, or exclude them.";
  }

  private static Verdict noSnapshot(BackupReport report) {
    return report.exitCode().orElse(-1) == 0
        ? Verdict.failed(
            "no-snapshot",
            report.fatalMessage().orElse("restic ended as if all were well but named no snapshot"),
            "Look at restic_output and restic_errors of this run.")
        : failed(report);
  }

  /** restic 0.14 names the patterns in lines of their own. */
  private static String brokenPattern(BackupReport report) {
    String said = report.fatalMessage().orElse("");
    if (!said.endsWith(":")) {
      return said;
    }
    return said
        + " "
        + report
            .standardError()
            .lines()
            .dropWhile(line -> !BROKEN_PATTERN.matcher(line).find())
            .skip(1)
            .takeWhile(line -> !line.isBlank())
            .limit(3)
            .collect(Collectors.joining(", "));
  }

  private static Verdict failed(BackupReport report) {
    if (!report.missingSources().isEmpty()
        && report.fatalMessage().orElse("").contains("do not exist")) {
      return Verdict.failed(
          MISSING,
          "none of the source paths exists: " + Bounded.list(report.missingSources()),
          remedyOfMissing(report));
    }
    if (BROKEN_PATTERN.matcher(report.fatalMessage().orElse("")).find()) {
      return Verdict.failed(
          "exclude-invalid",
          "restic refuses a pattern: " + brokenPattern(report),
          "Correct exclude_patterns of the job, or --iexclude in its restic_args: in a pattern [ begins"
              + " a set of letters and needs its ], and \\ stands before a letter that is meant"
              + " itself.");
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
