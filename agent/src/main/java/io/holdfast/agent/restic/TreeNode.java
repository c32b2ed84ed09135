package io.holdfast.agent.restic;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Something in a snapshot.
 *
 * @param path from the root on; what is not UTF-8 in it restic shows as U+FFFD
 * @param type {@code file}, {@code dir}, {@code symlink}, {@code fifo} and others
 * @param permissions as {@code ls -l} writes them, nearly
 * @param size of a file
 */
public record TreeNode(
    String path,
    String type,
    String permissions,
    long uid,
    long gid,
    OptionalLong size,
    Optional<Instant> modifiedAt) {

  public TreeNode {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(permissions, "permissions");
    Objects.requireNonNull(size, "size");
    Objects.requireNonNull(modifiedAt, "modifiedAt");
  }

  static TreeNode of(JsonNode node) {
    return new TreeNode(
        node.path("path").asText(),
        node.path("type").asText(),
        node.path("permissions").asText(),
        node.path("uid").asLong(),
        node.path("gid").asLong(),
        node.path("type").asText().equals("file")
            ? OptionalLong.of(node.path("size").asLong())
            : OptionalLong.empty(),
        time(node.path("mtime").asText()));
  }

  private static Optional<Instant> time(String text) {
    try {
      return Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
