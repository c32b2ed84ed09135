package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.RepositoryWork;
import io.holdfast.agent.restic.RepositoryWork.Forgotten;
import io.holdfast.agent.run.Verdict;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Applies the retention policies, job by job: a job's snapshots are those with its tag. */
final class Retention {

  private static final Logger log = LoggerFactory.getLogger(Retention.class);

  /** So long no backup begins; then those that wait are let in. */
  private static final Duration SLICE = Duration.ofMinutes(5);

  private static final Duration PAUSE = Duration.ofSeconds(30);

  private final HousekeepingBook book;
  private final String repositoryId;
  private final Duration patience;
  private long jobs;
  private long removed;
  private long kept;

  Retention(HousekeepingBook book, String repositoryId, Duration patience) {
    this.book = book;
    this.repositoryId = repositoryId;
    this.patience = patience;
  }

  /**
   * Applies them all, or those of one job.
   *
   * @throws ControlPlaneException if the control plane cannot be asked or told
   * @throws InterruptedException if the thread was interrupted
   */
  Done apply(
      List<RetentionWork> jobsToDo, RepositoryWork work, HeldLease lease, Cancellation cancellation)
      throws ControlPlaneException, InterruptedException {
    long sliceBegan = System.nanoTime();
    for (RetentionWork job : jobsToDo) {
      if (System.nanoTime() - sliceBegan > SLICE.toNanos()) {
        if (!lease.letOthersIn(PAUSE, patience)) {
          return new Done(keptOut(), Optional.empty(), statistics());
        }
        sliceBegan = System.nanoTime();
      }
      Forgotten forgotten = work.forget(SnapshotTags.ofJob(job.jobId()), job.rules());
      if (!forgotten.report().complete()) {
        return Done.of(Kind.FORGET, forgotten.report(), cancellation, statistics());
      }
      book.forgotten(repositoryId, job.jobId(), forgotten.snapshots());
      jobs++;
      removed += forgotten.snapshots().removed().size();
      kept += forgotten.snapshots().kept().size();
      log.debug(
          "job \"{}\" of {}: {} snapshots forgotten",
          job.jobName(),
          job.deviceId(),
          forgotten.snapshots().removed().size());
    }
    return Done.success(Optional.empty(), statistics());
  }

  private Map<String, Object> statistics() {
    Map<String, Object> statistics = new LinkedHashMap<>();
    statistics.put("jobs", jobs);
    statistics.put("snapshots_removed", removed);
    statistics.put("snapshots_kept", kept);
    return statistics;
  }

  static Verdict keptOut() {
    return Verdict.failed(
        "kept-out",
        "backups went on for longer than housekeeping_patience_seconds",
        "Nothing, if this is rare: it is tried again. Else give it a time of its own, or more patience.");
  }
}
