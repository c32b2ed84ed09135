package io.holdfast.agent.restore;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.restic.RestoreOrder.Overwrite;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * What an admin wants to have restored by a row. The database has looked at the words; so do we,
 * since a row need not have come by that way.
 *
 * @param request the row's id
 * @param jobId of whose snapshots one is meant; empty if {@code snapshot} says it
 * @param target as it is written
 */
public record AskedRestore(
    UUID request,
    Optional<UUID> jobId,
    Optional<String> snapshot,
    Optional<String> at,
    String target,
    RestoreWish wish) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REMEDY =
      "Insert a new row; docs/restore.md says what its parameters may hold.";

  public AskedRestore {
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(jobId, "jobId");
    Objects.requireNonNull(snapshot, "snapshot");
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(wish, "wish");
  }

  /**
   * @param parameters JSON, as the row has it
   * @throws CannotRestore if they say nothing that can be done
   */
  public static AskedRestore of(UUID request, Optional<UUID> jobId, Optional<String> parameters)
      throws CannotRestore {
    JsonNode said = read(parameters.orElse(""));
    Optional<String> snapshot = text(said, "snapshot");
    if (snapshot.isPresent() == jobId.isPresent()) {
      throw CannotRestore.misspoken("it is not said what to restore, or it is said twice", REMEDY);
    }
    String target = text(said, "to").orElse("");
    Optional<Overwrite> overwrite = overwrite(text(said, "overwrite"));
    RestoreWish wish =
        new RestoreWish(
            Optional.of(path(target)),
            false,
            overwrite.isPresent(),
            overwrite,
            patterns(said, "include"),
            patterns(said, "exclude"),
            false,
            false);
    wish.check();
    return new AskedRestore(request, jobId, snapshot, text(said, "at"), target, wish);
  }

  private static JsonNode read(String parameters) throws CannotRestore {
    try {
      JsonNode said = JSON.readTree(parameters);
      if (said.isObject()) {
        return said;
      }
    } catch (JsonProcessingException e) {
      // The same answer.
    }
    throw CannotRestore.misspoken("its parameters are no JSON object", REMEDY);
  }

  private static Optional<String> text(JsonNode said, String key) throws CannotRestore {
    JsonNode value = said.path(key);
    if (!value.isMissingNode() && (!value.isTextual() || value.asText().isBlank())) {
      throw CannotRestore.misspoken("\"" + key + "\" is no text, or empty", REMEDY);
    }
    return value.isMissingNode() ? Optional.empty() : Optional.of(value.asText());
  }

  private static List<String> patterns(JsonNode said, String key) throws CannotRestore {
    JsonNode value = said.path(key);
    if (!value.isMissingNode() && !value.isArray()) {
      throw CannotRestore.misspoken("\"" + key + "\" is no array", REMEDY);
    }
    List<String> patterns = new ArrayList<>();
    value.forEach(pattern -> patterns.add(pattern.asText()));
    return patterns;
  }

  private static Optional<Overwrite> overwrite(Optional<String> rule) throws CannotRestore {
    if (rule.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        Arrays.stream(Overwrite.values())
            .filter(known -> known.toString().equals(rule.get()))
            .findFirst()
            .orElseThrow(
                () -> CannotRestore.misspoken("\"overwrite\" is \"" + rule.get() + "\"", REMEDY)));
  }

  private static Path path(String target) throws CannotRestore {
    try {
      Path path = Path.of(target);
      if (path.isAbsolute()) {
        return path.normalize();
      }
    } catch (InvalidPathException e) {
      // The same answer.
    }
    throw CannotRestore.misspoken(
        "\"to\" is \"" + target + "\", which is no absolute path on this machine", REMEDY);
  }

  /** Where to, as this machine writes it. */
  Path path() {
    return wish.to().orElseThrow();
  }

  /** What a {@link SnapshotChoice} is asked for. */
  String what() {
    return snapshot.or(() -> jobId.map(UUID::toString)).orElseThrow();
  }

  /** The moment that is meant, by this machine's clock and zone. */
  Optional<Instant> moment(ZonedDateTime now) throws CannotRestore {
    return at.isPresent() ? Optional.of(PointInTime.of(at.get(), now)) : Optional.empty();
  }

  /** The same with links followed, for restic. */
  RestoreWish wishAt(Path real) {
    return new RestoreWish(
        Optional.of(real),
        false,
        wish.intoExisting(),
        wish.overwrite(),
        wish.includes(),
        wish.excludes(),
        false,
        false);
  }
}
