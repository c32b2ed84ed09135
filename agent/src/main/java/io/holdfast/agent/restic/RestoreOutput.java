package io.holdfast.agent.restic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.restic.BackupReport.ItemFailure;
import io.holdfast.agent.restic.RestoreReport.Totals;
import io.holdfast.agent.secret.Redaction;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a restore has written so far, folded into the little that is kept of it. Two threads hand in
 * lines: one for each pipe.
 */
final class RestoreOutput {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final int FIRST_ERRORS = 20;

  /** Beyond this many, an item that failed twice is counted twice. */
  private static final int ITEMS_REMEMBERED = 10_000;

  /** How restic up to 0.17.0 tells of an item, also with --json. */
  private static final Pattern IGNORED = Pattern.compile("ignoring error for (.*?): (.*)");

  /** What it ends with after errors on items. */
  private static final Pattern ONLY_ITEMS =
      Pattern.compile("(?:Fatal: )?There were \\d+ errors\\s*");

  private final Redaction redaction;
  private final RestoreWatch watch;
  private final PacedProgress progress;
  private final Attempts attempts;
  private final BoundedText meaningful = new BoundedText(4096, 4096);
  private final List<ItemFailure> firstErrors = new ArrayList<>();
  private final Set<String> failedItems = new HashSet<>();
  private Optional<Totals> totals = Optional.empty();
  private Optional<String> lastFatal = Optional.empty();
  private long errors;

  RestoreOutput(Redaction redaction, RestoreWatch watch) {
    this.redaction = redaction;
    this.watch = watch;
    progress = new PacedProgress(watch.listener());
    attempts = new Attempts(redaction, watch.troubles());
  }

  void output(String line) {
    if (!line.startsWith("{")) {
      return;
    }
    try {
      JsonNode node = JSON.readTree(line);
      switch (node.path("message_type").asText()) {
        case "status" -> progress.progress(progress(node));
        case "summary" -> totals(node);
        case "verbose_status" ->
            watch.items().accept(node.path("action").asText(), node.path("item").asText());
        default -> {}
      }
    } catch (JsonProcessingException e) {
      // A line that is cut short says nothing that the exit code does not.
    }
  }

  private BackupProgress progress(JsonNode node) {
    return new BackupProgress(
        Math.clamp(node.path("percent_done").asDouble(), 0.0, 1.0),
        node.path("files_restored").asLong(),
        OptionalLong.of(node.path("total_files").asLong()),
        node.path("bytes_restored").asLong(),
        OptionalLong.of(node.path("total_bytes").asLong()),
        errorCount(),
        OptionalLong.empty(),
        List.of(),
        Optional.empty());
  }

  private synchronized long errorCount() {
    return errors;
  }

  private synchronized void totals(JsonNode node) {
    totals =
        Optional.of(
            new Totals(
                node.path("files_restored").asLong(),
                node.path("bytes_restored").asLong(),
                node.path("files_skipped").asLong(),
                node.path("bytes_skipped").asLong()));
  }

  synchronized void error(String line) {
    meaningful.add(line);
    attempts.line(line);
    switch (MessageParser.parse(line)) {
      case ResticMessage.ItemError(String item, String message) -> itemError(item, message);
      case ResticMessage.ExitError(int _, String message) -> lastFatal = Optional.of(message);
      case ResticMessage.Other(String other) -> text(other);
      case ResticMessage.Status _, ResticMessage.Summary _ -> {}
    }
  }

  private void text(String line) {
    Matcher ignored = IGNORED.matcher(line);
    if (ignored.matches()) {
      itemError(ignored.group(1), ignored.group(2));
    } else if (line.startsWith("Fatal: ")) {
      lastFatal = Optional.of(line);
    }
  }

  private void itemError(String item, String message) {
    if (failedItems.size() < ITEMS_REMEMBERED && !failedItems.add(item)) {
      return;
    }
    errors++;
    if (firstErrors.size() < FIRST_ERRORS) {
      firstErrors.add(new ItemFailure(redaction.redact(item), redaction.redact(message)));
    }
  }

  synchronized RestoreReport report(ResticProcess.Ended ended) {
    ExitMeaning meaning =
        ended
            .stoppedBy()
            // It had come to its end by itself before our signal came.
            .filter(_ -> ended.exitCode() != 0)
            .orElseGet(() -> ExitMeaning.of(ended.exitCode(), meaningful.text()));
    // One that was killed in the middle has not tried the rest, whatever it said of single items.
    boolean onlyItems = lastFatal.filter(f -> ONLY_ITEMS.matcher(f).matches()).isPresent();
    if (errors > 0
        && (meaning == ExitMeaning.COMPLETE || (meaning == ExitMeaning.FAILED && onlyItems))) {
      meaning = ExitMeaning.INCOMPLETE;
    }
    return new RestoreReport(
        meaning,
        totals,
        firstErrors,
        errors,
        meaning == ExitMeaning.COMPLETE || meaning == ExitMeaning.INCOMPLETE
            ? Optional.empty()
            : Optional.of(redaction.redact(Probes.oneLine(lastFatal.orElse(meaningful.text())))),
        ended.survived(),
        ended.duration());
  }

  /** For the sentence of a repository that does not open. */
  synchronized String errors() {
    return redaction.redact(meaningful.text());
  }
}
