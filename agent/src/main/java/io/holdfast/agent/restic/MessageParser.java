package io.holdfast.agent.restic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Reads the lines that {@code restic backup --json} writes, of every version; never throws. */
final class MessageParser {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** restic's guesses beyond this are no guesses but overflows: ten years in seconds. */
  private static final long ABSURD_SECONDS = 10L * 365 * 86_400;

  /** restic 0.14 tells the number of an error and not its name. */
  private static final Map<Integer, String> ERRNO =
      Map.of(
          1, "operation not permitted",
          2, "no such file or directory",
          5, "input/output error",
          13, "permission denied",
          116, "stale file handle");

  private static final Pattern SNAPSHOT_ID = Pattern.compile("[0-9a-f]{8,64}");

  private MessageParser() {}

  static ResticMessage parse(String line) {
    if (!line.startsWith("{")) {
      return new ResticMessage.Other(line);
    }
    try {
      JsonNode node = JSON.readTree(line);
      return switch (node.path("message_type").asText("")) {
        // restic 0.14 calls its scan_finished a status too; that one has no percent_done.
        case "status" ->
            node.has("percent_done") ? new ResticMessage.Status(progress(node)) : other(line);
        case "error" ->
            new ResticMessage.ItemError(text(node.path("item")), errorText(node.path("error")));
        case "summary" -> new ResticMessage.Summary(summary(node));
        case "exit_error" ->
            new ResticMessage.ExitError(
                node.path("code").asInt(), text(node.path("message")).strip());
        default -> other(line);
      };
    } catch (JsonProcessingException e) {
      return other(line);
    }
  }

  private static ResticMessage other(String line) {
    return new ResticMessage.Other(line);
  }

  private static String errorText(JsonNode error) {
    if (error.isTextual()) {
      return text(error);
    }
    if (error.has("message")) {
      return text(error.path("message"));
    }
    if (error.has("Op")) {
      int number = error.path("Err").asInt();
      return text(error.path("Op")) + ": " + ERRNO.getOrDefault(number, "error " + number);
    }
    return "";
  }

  private static BackupProgress progress(JsonNode node) {
    List<String> current = new ArrayList<>();
    node.path("current_files").forEach(file -> current.add(text(file)));
    OptionalLong remaining = number(node, "seconds_remaining");
    return new BackupProgress(
        fraction(node.path("percent_done").asDouble()),
        node.path("files_done").asLong(),
        number(node, "total_files"),
        node.path("bytes_done").asLong(),
        number(node, "total_bytes"),
        node.path("error_count").asLong(),
        remaining.orElse(0) > ABSURD_SECONDS ? OptionalLong.empty() : remaining,
        current,
        Optional.empty());
  }

  /** A growing file makes it more than 1; a source of unknown size may make it no number. */
  private static double fraction(double said) {
    return Double.isNaN(said) ? 0.0 : Math.clamp(said, 0.0, 1.0);
  }

  static BackupSummary summary(JsonNode node) {
    String snapshot = node.path("snapshot_id").asText("");
    boolean named = SNAPSHOT_ID.matcher(snapshot).matches();
    return new BackupSummary(
        node.path("files_new").asLong(),
        node.path("files_changed").asLong(),
        node.path("files_unmodified").asLong(),
        node.path("dirs_new").asLong(),
        node.path("dirs_changed").asLong(),
        node.path("dirs_unmodified").asLong(),
        node.path("data_added").asLong(),
        number(node, "data_added_packed"),
        node.path("total_files_processed").asLong(),
        node.path("total_bytes_processed").asLong(),
        node.path("dry_run").asBoolean(false),
        named ? Optional.of(snapshot) : Optional.empty());
  }

  private static OptionalLong number(JsonNode node, String name) {
    return node.path(name).isNumber() && node.path(name).asLong() >= 0
        ? OptionalLong.of(node.path(name).asLong())
        : OptionalLong.empty();
  }

  /** JSON can spell a NUL, which PostgreSQL takes in no text. */
  private static String text(JsonNode node) {
    return node.asText("").replace("\0", "");
  }
}
