package io.holdfast.agent.restore;

import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.run.Told;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A device, as far as its snapshots are to be told from others'.
 *
 * @param jobs all its jobs
 */
public record SnapshotOwner(String deviceId, List<JobRef> jobs) {

  public SnapshotOwner {
    jobs = List.copyOf(jobs);
  }

  /** Whether this device has made it, or one of its jobs: also under a former device. */
  public boolean owns(SnapshotEntry snapshot) {
    return SnapshotTags.deviceIn(snapshot.tags()).filter(deviceId::equals).isPresent()
        || SnapshotTags.jobIn(snapshot.tags())
            .filter(id -> jobs.stream().anyMatch(job -> job.id().equals(id)))
            .isPresent();
  }

  /** The tags by which restic finds them. */
  public List<String> tags() {
    return Stream.concat(
            Stream.of(SnapshotTags.ofDevice(deviceId)),
            jobs.stream().map(job -> SnapshotTags.ofJob(job.id())))
        .toList();
  }

  /** What the snapshot's job is called now, else what it was called then. */
  public Optional<String> jobOf(SnapshotEntry snapshot) {
    return SnapshotTags.jobIn(snapshot.tags())
        .flatMap(id -> jobs.stream().filter(job -> job.id().equals(id)).findFirst())
        .map(JobRef::name)
        .or(() -> SnapshotTags.jobNameIn(snapshot.tags()));
  }

  /**
   * Files of another machine must not replace this one's, nor those that somebody has put into the
   * repository in its name.
   *
   * @param believed whether the person at the machine vouches for it where nobody else can
   * @throws CannotRestore if another device has made it, or nobody knows whether this one has
   */
  public void checkInPlace(SnapshotEntry snapshot, Told told, boolean believed, Instant now)
      throws CannotRestore {
    if (!owns(snapshot)) {
      throw CannotRestore.refused(
          "snapshot "
              + snapshot.shortId()
              + " is of "
              + SnapshotTags.deviceIn(snapshot.tags())
                  .map(device -> "device \"" + device + "\"")
                  .orElse("host \"" + snapshot.host() + "\"")
              + ", and --in-place would put its files over this machine's",
          "Restore it to a directory with --to.");
    }
    if (told.countsFor(deviceId, snapshot, now)) {
      return;
    }
    String which =
        "snapshot "
            + snapshot.id()
            + " of "
            + snapshot.time()
            + ", host \""
            + snapshot.host()
            + "\"";
    if (told.controlPlaneAsked()) {
      throw CannotRestore.refused(
          "no run of this device has told of " + which + ": anybody could have added it",
          "Restore it to a directory with --to and look at it. If it is this device's own, an admin"
              + " says so: SELECT holdfast.believe_snapshots('{"
              + snapshot.id()
              + "}').");
    }
    if (!believed) {
      throw CannotRestore.refused(
          "the control plane cannot be asked, and this machine has no record of " + which,
          "Restore it to a directory with --to and look at it; or say --believe, if you know that it"
              + " is this machine's own.");
    }
  }
}
