package io.holdfast.agent.restic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what restic tells of snapshots and locks. */
final class RepositoryJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  private RepositoryJson() {}

  /** The answer of {@code snapshots --json}, of which one or none is expected. */
  static SnapshotOfRun snapshot(String answer) {
    try {
      JsonNode snapshots = JSON.readTree(answer);
      if (!snapshots.isArray()) {
        return new SnapshotOfRun.Unknown("restic did not answer with a list of snapshots");
      }
      return snapshots.isEmpty() ? new SnapshotOfRun.None() : found(snapshots.path(0));
    } catch (JsonProcessingException e) {
      return new SnapshotOfRun.Unknown("restic's list of snapshots cannot be read");
    }
  }

  private static SnapshotOfRun.Found found(JsonNode snapshot) {
    List<String> paths = new ArrayList<>();
    snapshot.path("paths").forEach(path -> paths.add(path.asText()));
    JsonNode summary = snapshot.path("summary");
    String id = snapshot.path("id").asText();
    return new SnapshotOfRun.Found(
        id,
        time(summary.path("backup_end").asText("")),
        paths,
        summary.isObject()
            ? Optional.of(MessageParser.summary(summary).ofSnapshot(id))
            : Optional.empty());
  }

  /** What a line of {@code ls --json} is about, if it is about something in the snapshot. */
  static Optional<String> path(String line) {
    try {
      return Optional.of(JSON.readTree(line).path("path").asText(""))
          .filter(path -> !path.isEmpty());
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /** The answer of {@code cat config}; empty if it is none. */
  static Optional<String> id(String answer) {
    try {
      return Optional.of(JSON.readTree(answer).path("id").asText("")).filter(id -> !id.isEmpty());
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /** The answer of {@code cat lock}; empty if it is none. */
  static Optional<RepositoryLock> lock(String id, String answer) {
    try {
      JsonNode lock = JSON.readTree(answer);
      return time(lock.path("time").asText(""))
          .map(time ->
              new RepositoryLock(
                  id,
                  time,
                  lock.path("exclusive").asBoolean(),
                  lock.path("hostname").asText(),
                  lock.path("pid").asLong(),
                  lock.path("uid").asLong()));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static Optional<Instant> time(String text) {
    try {
      return text.isEmpty()
          ? Optional.empty()
          : Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
