package io.holdfast.agent.rebuild;

import io.holdfast.agent.restic.SnapshotEntry;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What the control plane holds already: it stays as it is.
 *
 * @param devices by their ids
 * @param jobs by their ids
 * @param runs the uuids of all runs
 * @param snapshots the ids that runs name, 64 digits or, from restic 0.14, 8
 */
public record Known(
    Map<String, Device> devices, Map<UUID, Job> jobs, Set<UUID> runs, Set<String> snapshots) {

  /** A row of {@code devices}. */
  public record Device(String name, Optional<String> hostname) {}

  /** A row of {@code backup_jobs}. */
  public record Job(String deviceId, String name) {}

  private static final int SHORT_ID = 8;

  public Known {
    devices = Map.copyOf(devices);
    jobs = Map.copyOf(jobs);
    runs = Set.copyOf(runs);
    snapshots = Set.copyOf(snapshots);
  }

  /** Whether a run of ours names the snapshot, or the one that it is a copy of. */
  boolean hasSnapshot(SnapshotEntry snapshot) {
    return hasSnapshot(snapshot.id()) || hasSnapshot(snapshot.originalId());
  }

  private boolean hasSnapshot(String id) {
    return snapshots.contains(id)
        || (id.length() > SHORT_ID && snapshots.contains(id.substring(0, SHORT_ID)));
  }
}
