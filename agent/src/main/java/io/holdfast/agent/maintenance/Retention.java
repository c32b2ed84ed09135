package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.maintenance.HousekeepingBook.Compared;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.ForgetReport;
import io.holdfast.agent.restic.ForgetReport.Removed;
import io.holdfast.agent.restic.RepositoryWork;
import io.holdfast.agent.restic.WorkReport;
import io.holdfast.agent.run.Verdict;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the retention policies, job by job, to the snapshots that runs of the job have told of.
 * What is to go is written down first, removed by its id, and then looked for: a storage may have
 * refused.
 */
final class Retention {

  private static final Logger log = LoggerFactory.getLogger(Retention.class);

  /** So long no backup begins; then those that wait are let in. */
  private static final Duration SLICE = Duration.ofMinutes(5);

  private static final Duration PAUSE = Duration.ofSeconds(30);

  /** Ids in one command: Windows takes some 30,000 characters. */
  private static final int AT_ONCE = 200;

  private static final int BRAKED_SHOWN = 5;

  private final HousekeepingBook book;
  private final String repositoryId;
  private final Duration patience;
  private final Clock clock;
  private final List<RetentionWork> braked = new ArrayList<>();
  private Optional<WorkReport> complaint = Optional.empty();
  private long jobs;
  private long toRemove;
  private long removed;
  private long kept;

  Retention(HousekeepingBook book, String repositoryId, Duration patience, Clock clock) {
    this.book = book;
    this.repositoryId = repositoryId;
    this.patience = patience;
    this.clock = clock;
  }

  /**
   * Applies them all, or those of one job. The repository must have been listed.
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
      Optional<WorkReport> failed = forget(job, work);
      if (failed.isPresent()) {
        return Done.of(Kind.FORGET, failed.get(), cancellation, statistics());
      }
    }
    return toRemove == 0 ? ended() : lookedFor(work, cancellation);
  }

  /**
   * @return how restic failed, if it did
   */
  private Optional<WorkReport> forget(RetentionWork job, RepositoryWork work)
      throws ControlPlaneException {
    ForgetReport judged =
        job.rules().applyTo(book.candidates(repositoryId, job.jobId()), clock.instant());
    List<String> going = judged.removed().stream().map(Removed::id).toList();
    if (!going.isEmpty() && !book.forgetBegins(repositoryId, job.jobId(), going)) {
      log.warn(
          "job \"{}\" of {}: {} snapshots would go, which an admin must allow",
          job.jobName(),
          job.deviceId(),
          going.size());
      braked.add(job);
      return Optional.empty();
    }
    toRemove += going.size();
    for (int from = 0; from < going.size(); from += AT_ONCE) {
      WorkReport report = work.forget(going.subList(from, Math.min(going.size(), from + AT_ONCE)));
      if (!report.complete()) {
        return Optional.of(report);
      }
      if (!report.errors().isBlank()) {
        complaint = Optional.of(report);
      }
    }
    book.judged(repositoryId, job.jobId(), judged.kept());
    jobs++;
    kept += judged.kept().size();
    log.debug(
        "job \"{}\" of {}: {} snapshots forgotten", job.jobName(), job.deviceId(), going.size());
    return Optional.empty();
  }

  /** restic ends well though the storage may have removed nothing. */
  private Done lookedFor(RepositoryWork work, Cancellation cancellation)
      throws ControlPlaneException {
    Catalogue.Listed listed = new Catalogue(book, repositoryId).list(work);
    Compared compared = listed.compared();
    // Another list that was read meanwhile may have found some of them gone before this one.
    removed = toRemove - compared.refused();
    if (!listed.report().complete()) {
      return Done.of(Kind.FORGET, listed.report(), cancellation, statistics());
    }
    return compared.refused() == 0
        ? ended()
        : new Done(refused(compared.refused()), complaint, statistics());
  }

  private Done ended() {
    return braked.isEmpty()
        ? Done.success(Optional.empty(), statistics())
        : new Done(brakedVerdict(), Optional.empty(), statistics());
  }

  private Map<String, Object> statistics() {
    Map<String, Object> statistics = new LinkedHashMap<>();
    statistics.put("jobs", jobs);
    statistics.put("snapshots_removed", removed);
    statistics.put("snapshots_kept", kept);
    if (!braked.isEmpty()) {
      statistics.put("jobs_held_back", braked.size());
    }
    return statistics;
  }

  private static Verdict refused(int snapshots) {
    return Verdict.failed(
        "forget-refused",
        "the storage has not removed " + snapshots + " snapshots that were to be forgotten",
        "If this way to the repository is append-only, give the housekeeper one that can delete;"
            + " if objects are locked, they go when the lock has run out.");
  }

  private Verdict brakedVerdict() {
    String which =
        braked.stream()
            .limit(BRAKED_SHOWN)
            .map(job -> "\"" + job.jobName() + "\" of " + job.deviceId())
            .collect(Collectors.joining(", "));
    return Verdict.failed(
        "forget-held-back",
        "more than forget_brake_percent of the snapshots would go of "
            + braked.size()
            + (braked.size() == 1 ? " job: " : " jobs: ")
            + which
            + (braked.size() > BRAKED_SHOWN ? ", ..." : ""),
        "'holdfast forget --dry-run JOB' shows them; if that is meant, as an admin: SELECT"
            + " holdfast.allow_forget('"
            + braked.getFirst().jobId()
            + "').");
  }

  static Verdict keptOut() {
    return Verdict.failed(
        "kept-out",
        "backups went on for longer than housekeeping_patience_seconds",
        "Nothing, if this is rare: it is tried again. Else give it a time of its own, or more patience.");
  }
}
