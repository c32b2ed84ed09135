package io.holdfast.agent.restic;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Objects;

/** How two snapshots differ. */
public final class SnapshotDiff {

  private SnapshotDiff() {}

  /**
   * Something that is not the same in both.
   *
   * @param modifier {@code +} added, {@code -} removed, {@code M} content, {@code U} metadata,
   *     {@code T} type, {@code ?} the same size and time with another content
   */
  public record Change(String path, String modifier) {
    public Change {
      Objects.requireNonNull(path, "path");
      Objects.requireNonNull(modifier, "modifier");
    }

    static Change of(JsonNode node) {
      return new Change(node.path("path").asText(), node.path("modifier").asText());
    }
  }

  /** What is only on one side. */
  public record Side(long files, long dirs, long bytes) {
    static Side of(JsonNode node) {
      return new Side(
          node.path("files").asLong(), node.path("dirs").asLong(), node.path("bytes").asLong());
    }
  }

  /** All in all; {@code bytes} are those of the data that only one of them needs. */
  public record Totals(long changedFiles, Side added, Side removed) {

    static final Totals NONE = new Totals(0, new Side(0, 0, 0), new Side(0, 0, 0));

    public Totals {
      Objects.requireNonNull(added, "added");
      Objects.requireNonNull(removed, "removed");
    }

    static Totals of(JsonNode node) {
      return new Totals(
          node.path("changed_files").asLong(),
          Side.of(node.path("added")),
          Side.of(node.path("removed")));
    }
  }
}
