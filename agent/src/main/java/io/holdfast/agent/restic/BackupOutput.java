package io.holdfast.agent.restic;

import io.holdfast.agent.restic.BackupReport.ItemFailure;
import io.holdfast.agent.secret.Redaction;
import io.holdfast.agent.text.Bounded;
import io.holdfast.agent.text.Visible;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a backup has written so far, folded into the little that is kept of it. Two threads hand in
 * lines: one for each pipe.
 */
final class BackupOutput {

  private static final int KEPT_AT_EACH_END = 8 * 1024;
  private static final int FIRST_ERRORS = 20;

  /**
   * Beyond this many, an item that failed twice is counted twice: the figure then is an upper
   * bound.
   */
  private static final int ITEMS_REMEMBERED = 10_000;

  /** Bytes of restic's own reason; a storage may answer with a whole page. */
  private static final int LONGEST_REASON = 1500;

  /** Bytes of the name of a file, and of what became of it. */
  private static final int LONGEST_ITEM = 1000;

  private static final Pattern MISSING = Pattern.compile("(.*) does not exist, skipping");

  /** What it does when its storage fails it, for up to 15 minutes a step. */
  private static final Pattern REPEATED =
      Pattern.compile(".* returned error, retrying after [0-9.a-zµ]+: (.*)");

  /** What the program says by which restic reaches its storage, as it comes. */
  private static final Pattern OF_HELPER =
      Pattern.compile("(?:subprocess )?(ssh|rclone): (?!warning:)(.*)", Pattern.CASE_INSENSITIVE);

  private static final Pattern TERMINAL_CODES = Pattern.compile("\u001b\\[[0-9;]*[A-Za-z]");

  private final Redaction redaction;
  private final ProgressListener listener;
  private final Activity activity;
  private final BoundedText standardOutput = new BoundedText(KEPT_AT_EACH_END, KEPT_AT_EACH_END);
  private final BoundedText standardError = new BoundedText(KEPT_AT_EACH_END, KEPT_AT_EACH_END);

  /**
   * Unredacted, since a password may be a word of restic's own sentence; never leaves this class.
   */
  private final BoundedText meaningful = new BoundedText(KEPT_AT_EACH_END, KEPT_AT_EACH_END);

  private final Set<String> missing = new LinkedHashSet<>();
  private List<BareSource> bare = List.of();
  private final List<ItemFailure> firstErrors = new ArrayList<>();
  private final Set<String> failedItems = new HashSet<>();
  private Optional<BackupSummary> summary = Optional.empty();
  private Optional<String> exitError = Optional.empty();
  private Optional<String> lastFatal = Optional.empty();
  private Optional<String> lastRepeated = Optional.empty();
  private Optional<String> lastOfHelper = Optional.empty();
  private long itemErrors;

  /** Read by the thread that tells of progress. */
  private volatile Optional<String> trouble = Optional.empty();

  /**
   * @param activity told whenever something moves
   */
  BackupOutput(Redaction redaction, ProgressListener listener, Activity activity) {
    this.redaction = redaction;
    this.listener = listener;
    this.activity = activity;
  }

  void output(String line) {
    switch (MessageParser.parse(line)) {
      case ResticMessage.Status status -> {
        if (activity.progress(status.progress())) {
          trouble = Optional.empty();
        }
        listener.progress(status.progress().with(trouble));
      }
      case ResticMessage.Summary message -> keepOutput(line, Optional.of(message.summary()));
      case ResticMessage.ItemError _, ResticMessage.ExitError _, ResticMessage.Other _ ->
          keepOutput(line, Optional.empty());
    }
  }

  private synchronized void keepOutput(String line, Optional<BackupSummary> found) {
    activity.moved();
    keep(standardOutput, line);
    // What names no snapshot must not hide one that does.
    if (summary.flatMap(BackupSummary::snapshotId).isEmpty()
        || found.flatMap(BackupSummary::snapshotId).isPresent()) {
      summary = found.or(() -> summary);
    }
  }

  synchronized void error(String line) {
    activity.moved();
    String text = TERMINAL_CODES.matcher(line).replaceAll("");
    keep(standardError, text);
    meaningful.add(text);
    switch (MessageParser.parse(text)) {
      case ResticMessage.ItemError error -> itemError(error);
      case ResticMessage.ExitError error -> exitError = Optional.of(error.message());
      case ResticMessage.Other(String other) -> text(other);
      case ResticMessage.Status _, ResticMessage.Summary _ -> {}
    }
  }

  private synchronized void keep(BoundedText kept, String line) {
    kept.add(Visible.of(redaction.redact(line)));
  }

  private void itemError(ResticMessage.ItemError error) {
    if (failedItems.size() < ITEMS_REMEMBERED && !failedItems.add(error.item())) {
      return;
    }
    itemErrors++;
    if (firstErrors.size() < FIRST_ERRORS) {
      firstErrors.add(
          new ItemFailure(
              Bounded.to(LONGEST_ITEM, redaction.redact(error.item())),
              Bounded.toEnd(LONGEST_ITEM, redaction.redact(error.message()))));
    }
  }

  private void text(String line) {
    Matcher matcher = MISSING.matcher(line);
    if (matcher.matches()) {
      if (missing.size() < ITEMS_REMEMBERED) {
        missing.add(matcher.group(1));
      }
    } else if (line.startsWith("Fatal: ")) {
      lastFatal = Optional.of(line);
    } else {
      Matcher repeated = REPEATED.matcher(line);
      Matcher ofHelper = OF_HELPER.matcher(line);
      if (repeated.matches()) {
        lastRepeated = Optional.of(repeated.group(1));
        trouble = Optional.of("restic tries again: " + oneLine(repeated.group(1)));
        if (activity.isWaiting()) {
          listener.progress(BackupProgress.held(trouble.get()));
        }
      } else if (ofHelper.matches()) {
        lastOfHelper = Optional.of(ofHelper.group(1) + " said: " + ofHelper.group(2));
      }
    }
  }

  synchronized void sources(SourcePaths.Found sources) {
    missing.addAll(sources.missing());
    bare = sources.bare();
  }

  synchronized BackupReport report(ResticProcess.Ended ended) {
    ExitMeaning meaning =
        ended.stoppedBy().orElseGet(() -> ExitMeaning.of(ended.exitCode(), meaningful.text()));
    boolean written =
        (ended.exitCode() == 0 || ended.exitCode() == 3)
            && summary.filter(s -> !s.dryRun() && s.snapshotId().isPresent()).isPresent();
    if (written && ended.stoppedBy().isPresent()) {
      // It had ended by itself before our signal came.
      meaning = ExitMeaning.of(ended.exitCode(), "");
    }
    return new BackupReport(
        OptionalInt.of(ended.exitCode()),
        meaning,
        written ? summary : Optional.empty(),
        List.copyOf(missing),
        bare,
        firstErrors,
        itemErrors,
        reason(ended).map(this::oneLine),
        standardOutput.text(),
        standardError.text(),
        !activity.isWaiting(),
        ended.survived(),
        ended.interrupted(),
        ended.duration());
  }

  /** Of one that we have ended the last words are only about that. */
  private Optional<String> reason(ResticProcess.Ended ended) {
    return ended.stoppedBy().isPresent()
        ? lastRepeated
        : exitError
            .or(() -> lastFatal)
            .or(() -> lastRepeated)
            .map(said -> lastOfHelper.map(cause -> cause + "; " + said).orElse(said));
  }

  private String oneLine(String message) {
    return Bounded.to(
        LONGEST_REASON,
        redaction.redact(
            GoTrace.without(message)
                .replaceFirst("(^|; )Fatal: ", "$1")
                .replaceAll("\\s*\\R\\s*", " ")
                .strip()));
  }
}
