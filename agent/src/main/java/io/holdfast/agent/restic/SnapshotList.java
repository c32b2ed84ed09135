package io.holdfast.agent.restic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads the answer of {@code snapshots --json}: one array on one line, so it is read as a stream
 * and not by lines, whose length is bounded.
 */
final class SnapshotList {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, String> words = new HashMap<>();
  private final Map<List<String>, List<String>> places = new HashMap<>();

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
    SnapshotList list = new SnapshotList();
    try (MappingIterator<JsonNode> nodes = JSON.readerFor(JsonNode.class).readValues(answer)) {
      while (nodes.hasNextValue()) {
        list.entry(nodes.nextValue()).ifPresent(snapshots);
      }
    }
  }

  /**
   * A repository may hold a hundred thousand snapshots, and the agent's heap is small: what they
   * have in common is kept once.
   */
  private static <T> T once(Map<T, T> seen, T value) {
    T known = seen.putIfAbsent(value, value);
    return known == null ? value : known;
  }

  private Optional<SnapshotEntry> entry(JsonNode node) {
    JsonNode summary = node.path("summary");
    String id = node.path("id").asText();
    try {
      OffsetDateTime time = OffsetDateTime.parse(node.path("time").asText());
      return Optional.of(
          new SnapshotEntry(
              id,
              text(node, "original"),
              time.toInstant(),
              time.getOffset(),
              once(words, node.path("hostname").asText().replace("\0", "")),
              once(places, texts(node.path("paths"))),
              texts(node.path("tags")),
              end(summary),
              text(node, "program_version")
                  .map(version -> once(words, version.replaceFirst("^restic ", ""))),
              summary.isObject()
                  ? Optional.of(MessageParser.summary(summary).ofSnapshot(id))
                  : Optional.empty()));
    } catch (DateTimeException | IllegalArgumentException e) {
      return Optional.empty();
    }
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
  private List<String> texts(JsonNode array) {
    return List.copyOf(
        array
            .valueStream()
            .map(element -> once(words, element.asText("").replace("\0", "")))
            .toList());
  }
}
