package io.holdfast.agent.run;

import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.job.TagsOfSnapshot;
import io.holdfast.agent.restic.SnapshotEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Of which snapshots runs have told. Whoever has a repository's password can add snapshots with any
 * tag, of any time, so nothing else is believed.
 */
public final class Told {

  /** A machine's clock may be wrong by its zone; what is dated later was meant to mislead. */
  private static final Duration TOO_FAR = Duration.ofDays(1);

  private static final int SHORT_ID = 8;

  /**
   * What one run has told.
   *
   * @param snapshotId 64 hexadecimal digits; 8 from restic 0.14
   * @param deviceId the device that has told it
   * @param runUuid empty if an admin has said that he believes the snapshot
   */
  public record Word(UUID jobId, String snapshotId, String deviceId, Optional<UUID> runUuid) {
    public Word {
      Objects.requireNonNull(jobId, "jobId");
      Objects.requireNonNull(snapshotId, "snapshotId");
      Objects.requireNonNull(deviceId, "deviceId");
      Objects.requireNonNull(runUuid, "runUuid");
    }
  }

  /** Where it is known. */
  @FunctionalInterface
  public interface Source {
    /** What runs of these jobs have told, as far as it can be found out now. */
    Told of(Collection<UUID> jobs);
  }

  private final Map<String, List<Word>> words;
  private final boolean controlPlaneAsked;

  /**
   * @param controlPlaneAsked false if these are a machine's own records alone, which do not go back
   *     far
   */
  public Told(Collection<Word> words, boolean controlPlaneAsked) {
    this.words =
        words.stream()
            .filter(word -> word.snapshotId().length() >= SHORT_ID)
            .collect(Collectors.groupingBy(word -> word.snapshotId().substring(0, SHORT_ID)));
    this.controlPlaneAsked = controlPlaneAsked;
  }

  public boolean controlPlaneAsked() {
    return controlPlaneAsked;
  }

  /** Whether it counts: a run of its job has told of it, and it is not dated in the future. */
  public boolean counts(SnapshotEntry snapshot, Instant now) {
    return isInTime(snapshot, now) && words(snapshot).stream().anyMatch(w -> isOf(w, snapshot));
  }

  /** The same, and it was a run of this device. */
  public boolean countsFor(String deviceId, SnapshotEntry snapshot, Instant now) {
    return isInTime(snapshot, now)
        && words(snapshot).stream()
            .anyMatch(word -> word.deviceId().equals(deviceId) && isOf(word, snapshot));
  }

  /** Whether the time that it bears can be that of a backup. */
  public static boolean isInTime(SnapshotEntry snapshot, Instant now) {
    return !snapshot.time().isAfter(now.plus(TOO_FAR));
  }

  private List<Word> words(SnapshotEntry snapshot) {
    return words.getOrDefault(snapshot.id().substring(0, SHORT_ID), List.of());
  }

  private static boolean isOf(Word word, SnapshotEntry snapshot) {
    TagsOfSnapshot tags = TagsOfSnapshot.of(snapshot.tags());
    boolean same =
        word.snapshotId().equals(snapshot.id())
            // Others could be made to begin with the same digits, but not to be of the same run.
            || (word.snapshotId().length() == SHORT_ID
                && word.runUuid().isPresent()
                && word.runUuid().equals(tags.run()));
    return same
        && tags.job().filter(word.jobId()::equals).isPresent()
        && tags.device().filter(device -> !device.equals(word.deviceId())).isEmpty();
  }

  /** The jobs whose tags these snapshots bear. */
  public static List<UUID> jobsOf(Collection<SnapshotEntry> snapshots) {
    return snapshots.stream()
        .flatMap(snapshot -> SnapshotTags.jobIn(snapshot.tags()).stream())
        .distinct()
        .toList();
  }
}
