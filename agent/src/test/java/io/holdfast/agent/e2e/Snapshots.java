package io.holdfast.agent.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What the repository holds, whatever the control plane knows. */
final class Snapshots {

  private Snapshots() {}

  /** How many there are; none if there is no repository yet. */
  static long count(Site site) throws IOException {
    Path directory = site.repository().resolve("snapshots");
    if (!Files.isDirectory(directory)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.count();
    }
  }

  /** The time of each, by the run that made it. */
  static Map<String, Instant> times(Site site) throws IOException {
    Map<String, Instant> times = new TreeMap<>();
    for (JsonNode snapshot : site.restic("snapshots")) {
      Instant time = OffsetDateTime.parse(snapshot.path("time").asText()).toInstant();
      for (JsonNode tag : snapshot.path("tags")) {
        if (tag.asText().startsWith("run=")) {
          times.put(tag.asText().substring("run=".length()), time);
        }
      }
    }
    return times;
  }
}
