package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.maintenance.HousekeepingBook.Compared;
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

  /**
   * What restic said, and how many snapshots there are and are not any more.
   *
   * @param compared all zero if the list was cut short
   */
  record Listed(WorkReport report, Compared compared, Map<String, Object> statistics) {}

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
            write(begun, trouble);
          }
        });
    write(begun, trouble);
    if (!trouble.isEmpty()) {
      throw trouble.getFirst();
    }
    Map<String, Object> statistics = new LinkedHashMap<>();
    statistics.put("snapshots", listed);
    if (!report.complete()) {
      // A list that was cut short says nothing of those that it lacks.
      return new Listed(report, new Compared(0, 0, 0, 0), statistics);
    }
    Compared compared = book.endList(repositoryId, begun);
    statistics.put("gone", compared.gone());
    if (compared.vanished() > 0) {
      statistics.put("vanished", compared.vanished());
    }
    return new Listed(report, compared, statistics);
  }

  private void write(Instant begun, List<ControlPlaneException> trouble) {
    try {
      book.list(repositoryId, begun, part);
    } catch (ControlPlaneException e) {
      trouble.add(e);
    }
    part.clear();
  }
}
