package io.holdfast.agent.postgres;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.holdfast.agent.job.TagsOfSnapshot;
import io.holdfast.agent.restic.SnapshotEntry;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/** A row of {@code snapshots}, named as its columns; tags that are not ours tell nothing. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record SnapshotRow(
    String id,
    Optional<String> originalId,
    Instant time,
    LocalDateTime localTime,
    Optional<UUID> jobId,
    Optional<String> deviceId,
    Optional<UUID> runUuid,
    String host,
    List<String> paths,
    List<String> tags,
    OptionalLong files,
    OptionalLong bytes,
    OptionalLong addedBytes) {

  /** As {@code devices.id}. */
  private static final int LONGEST_DEVICE = 255;

  /** What PostgreSQL takes; who writes into a repository can write any time into a snapshot. */
  private static final Instant YEAR_1 = Instant.parse("0001-01-01T00:00:00Z");

  /** No snapshot may be such that the list of all others cannot be written down. */
  static SnapshotRow of(SnapshotEntry entry) {
    TagsOfSnapshot tags = TagsOfSnapshot.of(entry.tags());
    Instant time = entry.time().isBefore(YEAR_1) ? YEAR_1 : entry.time();
    LocalDateTime local = time.atOffset(entry.offset()).toLocalDateTime();
    return new SnapshotRow(
        entry.id(),
        entry.original(),
        time,
        local.getYear() < 1 ? time.atOffset(ZoneOffset.UTC).toLocalDateTime() : local,
        tags.job(),
        tags.device().filter(device -> device.length() <= LONGEST_DEVICE),
        tags.run(),
        entry.host(),
        entry.paths(),
        entry.tags(),
        entry.files(),
        entry.bytes(),
        entry.addedBytes());
  }
}
