package io.holdfast.agent.restic;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads what {@code snapshots --json} answers: one line for the entire repository, handed out
 * snapshot by snapshot.
 */
final class SnapshotsOutput {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Consumer<SnapshotEntry> entries;

  SnapshotsOutput(Consumer<SnapshotEntry> entries) {
    this.entries = entries;
  }

  /**
   * @throws IOException if it is no list of snapshots, or ends in the middle
   */
  void read(InputStream in) throws IOException {
    try (JsonParser parser = JSON.createParser(in)) {
      parser.disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw new IOException("restic did not answer with a list of snapshots");
      }
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        entries.accept(entry(JSON.readTree(parser)));
      }
    }
  }

  private static SnapshotEntry entry(JsonNode snapshot) {
    JsonNode summary = snapshot.path("summary");
    return new SnapshotEntry(
        snapshot.path("id").asText(),
        Optional.of(snapshot.path("original").asText("")).filter(id -> !id.isEmpty()),
        OffsetDateTime.parse(snapshot.path("time").asText()).toInstant(),
        snapshot.path("hostname").asText(),
        texts(snapshot.path("paths")),
        texts(snapshot.path("tags")),
        number(summary, "total_files_processed"),
        number(summary, "total_bytes_processed"),
        number(summary, "data_added"));
  }

  private static List<String> texts(JsonNode array) {
    return array.valueStream().map(JsonNode::asText).toList();
  }

  private static Optional<Long> number(JsonNode summary, String field) {
    return summary.has(field) ? Optional.of(summary.path(field).asLong()) : Optional.empty();
  }
}
