package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.postgres.OtherDevices;
import io.holdfast.agent.postgres.OtherDevices.DeviceJobs;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.RepositoryReader;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.restic.RestoreOrder;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.restore.CannotRestore.Kind;
import io.holdfast.agent.restore.InPlace;
import io.holdfast.agent.restore.JobRef;
import io.holdfast.agent.restore.SnapshotChoice;
import io.holdfast.agent.restore.SnapshotOwner;
import io.holdfast.agent.run.RepositoryAccess;
import io.holdfast.agent.run.RepositoryCheck;
import io.holdfast.agent.run.Told;
import io.holdfast.agent.sync.ConfigRows.JobRow;
import io.holdfast.agent.sync.DeviceConfig;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Where this machine's files can be had back from: the repository of its settings, and whose
 * snapshots are looked for in it.
 *
 * @param machine this device
 * @param owner whose jobs a name stands for: this device, or another one
 * @param whose the same for people
 * @param sourcePaths of this device's jobs
 * @param told of which snapshots runs have told
 */
public record RestoreSource(
    RepositoryReader reader,
    SnapshotOwner machine,
    SnapshotOwner owner,
    String whose,
    Map<UUID, List<String>> sourcePaths,
    Told.Source told,
    Clock clock,
    ZoneId zone) {

  public RestoreSource {
    Objects.requireNonNull(reader, "reader");
    Objects.requireNonNull(machine, "machine");
    Objects.requireNonNull(owner, "owner");
    Objects.requireNonNull(whose, "whose");
    sourcePaths = Map.copyOf(sourcePaths);
    Objects.requireNonNull(told, "told");
    Objects.requireNonNull(clock, "clock");
    Objects.requireNonNull(zone, "zone");
  }

  /**
   * How it is asked for.
   *
   * @param otherDevice id or name, if not this device's snapshots are meant
   * @param locking false to read the repository without a lock
   */
  public record Wanted(
      Optional<String> otherDevice,
      boolean locking,
      Cancellation cancellation,
      Consumer<String> troubles) {}

  /** Opens nothing yet: the repository is asked when something is read. */
  public static RestoreSource of(AgentParts parts, Wanted wanted)
      throws ControlPlaneException, CannotRestore {
    SyncedConfig synced = SyncedConfig.of(parts, wanted.troubles());
    SnapshotOwner machine =
        new SnapshotOwner(
            synced.config().device().id(),
            synced.rows().jobs().stream().map(row -> new JobRef(row.id(), row.name())).toList());
    RepositoryReader reader = reader(parts, synced.config(), wanted);
    Map<UUID, List<String>> sourcePaths =
        synced.rows().jobs().stream().collect(Collectors.toMap(JobRow::id, JobRow::sourcePaths));
    // Nobody waits a second time for a control plane that has just not answered.
    ToldSnapshots told = parts.told();
    Told.Source source = synced.fresh() ? told : _ -> told.byRecords();
    if (wanted.otherDevice().filter(other -> !other.equals(machine.deviceId())).isEmpty()) {
      return new RestoreSource(
          reader,
          machine,
          machine,
          "this device",
          sourcePaths,
          source,
          parts.clock(),
          parts.machine().zone());
    }
    DeviceJobs other =
        other(new OtherDevices(parts.database()), wanted.otherDevice().orElseThrow());
    SnapshotOwner owner =
        new SnapshotOwner(
            other.id(),
            other.jobs().entrySet().stream()
                .map(job -> new JobRef(job.getKey(), job.getValue()))
                .toList());
    return new RestoreSource(
        reader,
        machine,
        owner,
        "device \"" + other.name() + "\"",
        sourcePaths,
        source,
        parts.clock(),
        parts.machine().zone());
  }

  private static RepositoryReader reader(AgentParts parts, DeviceConfig config, Wanted wanted)
      throws CannotRestore {
    Optional<RepositoryCheck.Result> missing = RepositoryCheck.missing(config.settings());
    if (missing.isPresent()) {
      // Why it is missing, if a setting could not be used.
      Optional<Problem> why =
          config.problems().stream()
              .filter(problem -> problem.subject().startsWith("setting repository_"))
              .findFirst();
      throw new CannotRestore(
          Kind.UNABLE,
          why.map(Problem::message).orElseGet(() -> missing.get().message()),
          why.map(Problem::remedy).orElseGet(() -> missing.get().remedy()));
    }
    try {
      return new RepositoryReader(
          parts.restic().get(),
          RepositoryAccess.of(config.settings()),
          wanted.locking(),
          wanted.cancellation(),
          wanted.troubles());
    } catch (ResticUnavailable e) {
      throw new CannotRestore(Kind.UNABLE, e.getMessage(), e.remedy());
    }
  }

  private static DeviceJobs other(OtherDevices devices, String idOrName)
      throws ControlPlaneException, CannotRestore {
    List<DeviceJobs> called = devices.called(idOrName);
    if (called.isEmpty()) {
      throw new CannotRestore(
          Kind.REFUSED,
          "this machine's login sees no device \"" + idOrName + "\" in the control plane",
          "A device's own login sees its own jobs only. Find the snapshot with 'holdfast snapshots"
              + " --all' and name it by its id; or use a login of the group backup_shared_client.");
    }
    DeviceJobs other = called.getFirst();
    if (called.size() > 1 && !other.id().equals(idOrName)) {
      throw new CannotRestore(
          Kind.REFUSED,
          called.size() + " devices are called \"" + idOrName + "\"",
          "Name it by its id: "
              + String.join(", ", called.stream().map(DeviceJobs::id).toList())
              + ".");
    }
    if (other.ownRepository()) {
      throw new CannotRestore(
          Kind.REFUSED,
          "device \"" + other.name() + "\" backs up to a repository of its own",
          "'holdfast recover --repository URL' reads any repository.");
    }
    return other;
  }

  /** What may be chosen from. */
  public SnapshotChoice choice(List<SnapshotEntry> snapshots) {
    Told known = toldOf(snapshots);
    return new SnapshotChoice(
        owner.jobs(), snapshots, entry -> known.counts(entry, clock.instant()), whose, zone);
  }

  /** What is known of these snapshots. */
  public Told toldOf(List<SnapshotEntry> snapshots) {
    return told.of(Told.jobsOf(snapshots));
  }

  /**
   * The order for a restore in place, bounded to what the job of the snapshot backs up.
   *
   * @param believed whether the person at the machine vouches for the snapshot
   * @throws CannotRestore if it is not known to be this machine's, or would lead elsewhere
   * @throws RepositoryUnreadable if the repository did not open
   */
  public RestoreOrder inPlace(SnapshotEntry snapshot, RestoreOrder order, boolean believed)
      throws CannotRestore, RepositoryUnreadable {
    machine.checkInPlace(snapshot, toldOf(List.of(snapshot)), believed, clock.instant());
    List<String> paths =
        SnapshotTags.jobIn(snapshot.tags())
            .flatMap(job -> Optional.ofNullable(sourcePaths.get(job)))
            .orElse(List.of());
    return new InPlace(paths).bounded(order, reader);
  }

  /** The repository's snapshots, the newest first. */
  public List<SnapshotEntry> snapshots() throws RepositoryUnreadable {
    return reader.snapshots();
  }
}
