package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.restic.RepositoryWork;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restic.WorkReport;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Brings the table {@code snapshots} up to what the repository really holds. */
final class Catalogue {

  /** Rows in one statement. */
  private static final int PART = 500;

  private final HousekeepingBook book;
  private final String repositoryId;
  private final List<SnapshotEntry> part = new ArrayList<>();
  private long listed;

  Catalogue(HousekeepingBook book, String repositoryId) {
    this.book = book;
    this.repositoryId = repositoryId;
  }

  /** What restic said, and how many snapshots there are and are not any more. */
  record Listed(WorkReport report, Map<String, Object> statistics) {}

  /**
   * Lists them.
   *
   * @throws ControlPlaneException if the list cannot be written down
   */
  Listed list(RepositoryWork work) throws ControlPlaneException {
    return list(work, _ -> {});
  }

  /**
   * Lists them, and shows each.
   *
   * @throws ControlPlaneException if the list cannot be written down
   */
  Listed list(RepositoryWork work, Consumer<SnapshotEntry> shown) throws ControlPlaneException {
    Instant begun = book.beginList();
    List<ControlPlaneException> trouble = new ArrayList<>();
    WorkReport report =
        work.snapshots(entry -> {
          shown.accept(entry);
          part.add(entry);
          listed++;
          if (part.size() == PART && trouble.isEmpty()) {
            write(trouble);
          }
        });
    write(trouble);
    if (!trouble.isEmpty()) {
      throw trouble.getFirst();
    }
    Map<String, Object> statistics = new LinkedHashMap<>();
    statistics.put("snapshots", listed);
    if (report.complete()) {
      // A list that was cut short says nothing of those that it lacks.
      statistics.put("gone", book.endList(repositoryId, begun));
    }
    return new Listed(report, statistics);
  }

  private void write(List<ControlPlaneException> trouble) {
    try {
      book.list(repositoryId, part);
    } catch (ControlPlaneException e) {
      trouble.add(e);
    }
    part.clear();
  }
}
