package io.holdfast.agent.restic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Reads the answer of {@code snapshots --json}: one array on one line, so it is read as a stream
 * and not by lines, whose length is bounded.
 */
final class SnapshotList {

  private static final ObjectMapper JSON = new ObjectMapper();

  private SnapshotList() {}

  /** All of them, the newest first. One that cannot be understood is left out. */
  static List<SnapshotEntry> read(InputStream answer) throws IOException {
    List<SnapshotEntry> snapshots = new ArrayList<>();
    read(answer, snapshots::add);
    snapshots.sort(Comparator.comparing(SnapshotEntry::time).reversed());
    return List.copyOf(snapshots);
  }

  /**
   * Hands them out as they come, in restic's order.
   *
   * @throws IOException if the list ends in the middle, or is none
   */
  static void read(InputStream answer, Consumer<SnapshotEntry> snapshots) throws IOException {
    try (MappingIterator<JsonNode> nodes = JSON.readerFor(JsonNode.class).readValues(answer)) {
      while (nodes.hasNextValue()) {
        entry(nodes.nextValue()).ifPresent(snapshots);
      }
    }
  }

  private static Optional<SnapshotEntry> entry(JsonNode node) {
    JsonNode summary = node.path("summary");
    try {
      return Optional.of(
          new SnapshotEntry(
              node.path("id").asText(),
              OffsetDateTime.parse(node.path("time").asText()).toInstant(),
              node.path("hostname").asText(),
              texts(node.path("paths")),
              texts(node.path("tags")),
              number(summary.path("total_files_processed")),
              number(summary.path("total_bytes_processed")),
              number(summary.path("data_added"))));
    } catch (DateTimeException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static List<String> texts(JsonNode array) {
    return array.valueStream().map(JsonNode::asText).toList();
  }

  private static OptionalLong number(JsonNode node) {
    return node.isNumber() ? OptionalLong.of(node.asLong()) : OptionalLong.empty();
  }
}
