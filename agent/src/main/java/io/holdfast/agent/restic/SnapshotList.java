package io.holdfast.agent.restic;

import java.util.List;

/** All snapshots of a repository, or why they could not be listed. */
public sealed interface SnapshotList {

  record Listed(List<ListedSnapshot> snapshots) implements SnapshotList {
    public Listed {
      snapshots = List.copyOf(snapshots);
    }
  }

  /** In words for people, without secrets. */
  record Unreadable(String message, String remedy) implements SnapshotList {}
}
