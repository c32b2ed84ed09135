package io.holdfast.agent.postgres;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.SnapshotEntry;
import java.time.Instant;
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
    Optional<UUID> jobId,
    Optional<String> deviceId,
    Optional<UUID> runUuid,
    String host,
    List<String> paths,
    List<String> tags,
    OptionalLong files,
    OptionalLong bytes,
    OptionalLong addedBytes) {

  static SnapshotRow of(SnapshotEntry entry) {
    return new SnapshotRow(
        entry.id(),
        entry.original(),
        entry.time(),
        SnapshotTags.jobIn(entry.tags()),
        SnapshotTags.deviceIn(entry.tags()),
        SnapshotTags.runIn(entry.tags()),
        entry.host(),
        entry.paths(),
        entry.tags(),
        entry.files(),
        entry.bytes(),
        entry.addedBytes());
  }
}
