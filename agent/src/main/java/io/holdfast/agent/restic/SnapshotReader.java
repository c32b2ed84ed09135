package io.holdfast.agent.restic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads {@code snapshots --json} as it comes: one line for a whole repository, which may hold
 * hundreds of thousands. Written by one thread and read by another after that has ended.
 */
final class SnapshotReader {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<ListedSnapshot> snapshots = new ArrayList<>();
  private boolean complete;

  /** To the end of the stream, whatever comes, so that restic never waits for us. */
  void read(InputStream in) {
    try {
      readAll(in);
      complete = true;
      in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException | RuntimeException e) {
      drain(in);
    }
  }

  private void readAll(InputStream in) throws IOException {
    try (MappingIterator<JsonNode> nodes =
        JSON.readerFor(JsonNode.class)
            .without(com.fasterxml.jackson.core.JsonParser.Feature.AUTO_CLOSE_SOURCE)
            .readValues(in)) {
      while (nodes.hasNext()) {
        JsonNode node = nodes.next();
        if (node.isObject()) {
          snapshots.add(snapshot(node));
        }
      }
    }
  }

  private static void drain(InputStream in) {
    try {
      in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // The pipe was closed because its writer is gone.
    }
  }

  /** Empty if restic's answer was cut short or was something else. */
  Optional<List<ListedSnapshot>> snapshots() {
    return complete ? Optional.of(snapshots) : Optional.empty();
  }

  private static ListedSnapshot snapshot(JsonNode node) {
    JsonNode summary = node.path("summary");
    String id = node.path("id").asText();
    return new ListedSnapshot(
        id,
        text(node, "original"),
        OffsetDateTime.parse(node.path("time").asText()).toInstant(),
        node.path("hostname").asText(""),
        texts(node.path("paths")),
        texts(node.path("tags")),
        end(summary),
        text(node, "program_version").map(version -> version.replaceFirst("^restic ", "")),
        summary.isObject()
            ? Optional.of(MessageParser.summary(summary).ofSnapshot(id))
            : Optional.empty());
  }

  /** restic 0.18 writes the year 1 where it has none. */
  private static Optional<Instant> end(JsonNode summary) {
    try {
      return text(summary, "backup_end")
          .map(time -> OffsetDateTime.parse(time).toInstant())
          .filter(time -> time.isAfter(Instant.EPOCH));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> text(JsonNode node, String name) {
    return Optional.of(node.path(name).asText("")).filter(text -> !text.isEmpty());
  }

  /** JSON can spell a NUL, which PostgreSQL takes in no text. */
  private static List<String> texts(JsonNode array) {
    return array.valueStream().map(element -> element.asText("").replace("\0", "")).toList();
  }
}
