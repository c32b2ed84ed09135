package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.maintenance.CopyBook.TargetRow;
import io.holdfast.agent.maintenance.Housekeeper;
import io.holdfast.agent.maintenance.Housekeeper.Workplace;
import io.holdfast.agent.maintenance.HousekeepingBook.JobPolicy;
import io.holdfast.agent.maintenance.Kind;
import io.holdfast.agent.maintenance.RetentionWork;
import io.holdfast.agent.report.ProgressBoard;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.ForgetReport;
import io.holdfast.agent.restic.KeepRules.Dated;
import io.holdfast.agent.restic.RepositoryReader;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.run.RepositoryAccess;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.Told;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Housekeeping that the person at the machine asks for: in the same way as by schedule. */
public final class ManualHousekeeping {

  private final AgentParts parts;
  private final Cancellation cancellation;

  public ManualHousekeeping(AgentParts parts, Cancellation cancellation) {
    this.parts = parts;
    this.cancellation = cancellation;
  }

  /** What came of it. */
  public sealed interface Result {
    /** It was done, or begun. */
    record Ended(HousekeepingEnded ended) implements Result {}

    /**
     * What would go, and what would stay.
     *
     * @param passedOver how many bear the job's tag and do not count
     */
    record Shown(JobPolicy job, ForgetReport snapshots, int passedOver) implements Result {}

    /** There is no such job, and nothing was done. */
    record Unknown(String message, String remedy) implements Result {}

    /** Nothing was done. */
    record Declined(String message, String remedy) implements Result {}
  }

  /**
   * Does one thing now.
   *
   * @param target the copy target that it is done in; empty for the device's own repository
   * @param parts of {@link Kind#CHECK_DATA}: so many turns read all data; empty for the table's
   *     number
   * @throws ControlPlaneException if the control plane cannot be reached, or this is no housekeeper
   * @throws InterruptedException if the thread was interrupted
   */
  public Result run(Kind kind, Optional<String> target, OptionalInt parts)
      throws ControlPlaneException, InterruptedException {
    return atWork(
        target,
        kind,
        (housekeeper, place) ->
            kind == Kind.CHECK_DATA
                ? housekeeper.checkDataNow(place, parts, cancellation)
                : housekeeper.doNow(place, kind, cancellation));
  }

  /**
   * Applies the retention policy of one job now.
   *
   * @throws ControlPlaneException if the control plane cannot be reached, or this is no housekeeper
   * @throws InterruptedException if the thread was interrupted
   */
  public Result forget(String jobNameOrId) throws ControlPlaneException, InterruptedException {
    Optional<JobPolicy> job = parts.housekeepingBook().policyOf(jobNameOrId);
    if (job.flatMap(JobPolicy::rules).isEmpty()) {
      return declined(jobNameOrId, job);
    }
    RetentionWork work =
        new RetentionWork(
            job.get().jobId(),
            job.get().jobName(),
            job.get().deviceId(),
            job.get().rules().orElseThrow());
    return atWork(
        Optional.empty(),
        Kind.FORGET,
        (housekeeper, place) -> housekeeper.forgetNow(place, work, cancellation));
  }

  /**
   * Says what its policy would do; needs no lock, and no housekeeper.
   *
   * @throws ControlPlaneException if the control plane cannot be reached
   */
  public Result wouldForget(String jobNameOrId) throws ControlPlaneException {
    Optional<JobPolicy> job = parts.housekeepingBook().policyOf(jobNameOrId);
    if (job.flatMap(JobPolicy::rules).isEmpty()) {
      return declined(jobNameOrId, job);
    }
    Settings settings = settings();
    var missing = RepositoryAccess.missing(settings);
    if (missing.isPresent()) {
      return new Result.Declined(missing.get().sentence(), missing.get().remedy());
    }
    try {
      RepositoryReader reader =
          new RepositoryReader(
              parts.restic().get(), RepositoryAccess.of(settings), false, cancellation, _ -> {});
      return shown(job.get(), reader.tagged(SnapshotTags.ofJob(job.get().jobId())));
    } catch (ResticUnavailable e) {
      return new Result.Declined(e.getMessage(), e.remedy());
    } catch (RepositoryUnreadable e) {
      return new Result.Declined(String.valueOf(e.getMessage()), e.remedy());
    }
  }

  private Result shown(JobPolicy job, List<SnapshotEntry> snapshots) {
    Instant now = parts.clock().instant();
    Told told = parts.told().of(List.of(job.jobId()));
    List<Dated> counted =
        snapshots.stream()
            .filter(snapshot -> told.counts(snapshot, now))
            .map(snapshot ->
                new Dated(
                    snapshot.id(),
                    snapshot.time().atOffset(snapshot.offset()),
                    snapshot.tags(),
                    snapshot.files().orElse(1) == 0))
            .toList();
    return new Result.Shown(
        job, job.rules().orElseThrow().applyTo(counted, now), snapshots.size() - counted.size());
  }

  private static Result declined(String jobNameOrId, Optional<JobPolicy> job) {
    return job.isEmpty()
        ? new Result.Unknown(
            "there is no job \"" + jobNameOrId + "\" that this device may see",
            "'holdfast jobs' lists those of this device.")
        : new Result.Declined(
            "no retention policy would remove anything of job \"" + job.get().jobName() + "\"",
            "Name one in backup_jobs.retention_policy, or make one the default:"
                + " UPDATE retention_policies SET is_default = true WHERE name = '...'.");
  }

  @FunctionalInterface
  private interface Work {
    Optional<HousekeepingEnded> with(Housekeeper housekeeper, Workplace place)
        throws ControlPlaneException, InterruptedException;
  }

  private Result atWork(Optional<String> target, Kind kind, Work work)
      throws ControlPlaneException, InterruptedException {
    Settings settings = settings();
    var missing = RepositoryAccess.missing(settings);
    if (missing.isPresent()) {
      return new Result.Declined(missing.get().sentence(), missing.get().remedy());
    }
    try {
      Restic restic = parts.restic().get();
      Optional<Workplace> place = place(target, kind, restic, settings);
      if (place.isEmpty()) {
        return target
            .map(name ->
                new Result.Declined(
                    "there is no copy target \"" + name + "\" that is enabled",
                    "SELECT name, enabled FROM copy_targets_public lists them, for an admin."))
            .orElseGet(() ->
                new Result.Declined(
                    "the repository does not open", "'holdfast doctor' on this machine says why."));
      }
      Housekeeper housekeeper = parts.housekeeper(parts.journal(new ProgressBoard(), () -> {}));
      Optional<HousekeepingEnded> ended = work.with(housekeeper, place.get());
      var _ = parts.drain().turn();
      return ended
          .<Result>map(Result.Ended::new)
          .orElseGet(() ->
              new Result.Declined(
                  "another housekeeper has the repository",
                  "SELECT * FROM repository_use shows who; try again when it has ended."));
    } catch (ResticUnavailable e) {
      return new Result.Declined(e.getMessage(), e.remedy());
    }
  }

  private Optional<Workplace> place(
      Optional<String> target, Kind kind, Restic restic, Settings settings)
      throws ControlPlaneException, InterruptedException {
    if (target.isEmpty()) {
      return parts
          .repositoryIds()
          .of(restic, RepositoryAccess.of(settings))
          .map(id -> Workplace.of(restic, settings, id));
    }
    for (TargetRow row : parts.copyTargets().all()) {
      if (row.name().equals(target.get())) {
        return Optional.of(parts.copyTargets().place(row, restic, settings, kind == Kind.COPY));
      }
    }
    return Optional.empty();
  }

  private Settings settings() throws ControlPlaneException {
    return parts.deviceConfig(parts.configSource().sync(parts.heartbeat())).settings();
  }
}
