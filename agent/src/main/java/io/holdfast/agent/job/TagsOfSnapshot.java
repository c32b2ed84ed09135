package io.holdfast.agent.job;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * What the tags of a snapshot tell, read back: the other side of {@link SnapshotTags}.
 *
 * @param job empty if it is no snapshot of ours, nor of Relica
 * @param device empty in Relica's snapshots
 * @param run empty in Relica's snapshots
 * @param others all that is none of the standard ones
 */
public record TagsOfSnapshot(
    Optional<UUID> job,
    Optional<String> jobName,
    Optional<String> origin,
    Optional<UUID> account,
    Optional<String> device,
    Optional<UUID> run,
    JobKind kind,
    List<String> others) {

  public TagsOfSnapshot {
    others = List.copyOf(others);
  }

  /** Of several tags that say the same thing the first counts. */
  public static TagsOfSnapshot of(List<String> tags) {
    List<String> rest = new ArrayList<>(tags);
    return new TagsOfSnapshot(
        taken(rest, SnapshotTags.JOB, TagsOfSnapshot::uuid),
        taken(rest, SnapshotTags.JOB_NAME, TagsOfSnapshot::text),
        taken(rest, SnapshotTags.ORIGIN, TagsOfSnapshot::text),
        taken(rest, SnapshotTags.ACCOUNT, TagsOfSnapshot::uuid),
        taken(rest, SnapshotTags.DEVICE, TagsOfSnapshot::text),
        taken(rest, SnapshotTags.RUN, TagsOfSnapshot::uuid),
        taken(rest, SnapshotTags.KIND, JobKind::of).orElse(JobKind.FILES),
        rest);
  }

  /** Takes the first tag that can be read so out of the list. */
  private static <T> Optional<T> taken(
      List<String> tags, String prefix, Function<String, Optional<T>> read) {
    for (int i = 0; i < tags.size(); i++) {
      Optional<T> value =
          tags.get(i).startsWith(prefix)
              ? read.apply(tags.get(i).substring(prefix.length()))
              : Optional.empty();
      if (value.isPresent()) {
        tags.remove(i);
        return value;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> text(String value) {
    return Optional.of(value).filter(text -> !text.isBlank());
  }

  private static Optional<UUID> uuid(String value) {
    try {
      return Optional.of(UUID.fromString(value));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
