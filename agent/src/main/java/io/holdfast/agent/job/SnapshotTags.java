package io.holdfast.agent.job;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The tags by which a snapshot is found again. The first four are those that Relica's snapshots
 * carry, so that old and new ones are one history; {@code device} and {@code run} are ours.
 */
public final class SnapshotTags {

  static final String JOB = "backup:";
  static final String JOB_NAME = "backup_name=";
  static final String ORIGIN = "origin=";
  static final String ACCOUNT = "account_id=";
  static final String DEVICE = "device=";
  static final String RUN = "run=";
  static final String KIND = "kind=";

  private SnapshotTags() {}

  /**
   * The tags of one run's snapshot, standard ones first, then the job's own; none holds a comma.
   */
  public static List<String> of(Job job, Device device, UUID runId) {
    List<String> tags = new ArrayList<>();
    tags.add(ofJob(job.id()));
    tags.add(JOB_NAME + withoutComma(job.name()));
    tags.add(ORIGIN + withoutComma(job.originName().orElse(device.name())));
    job.accountId().ifPresent(account -> tags.add(ACCOUNT + account));
    tags.add(ofDevice(device.id()));
    tags.add(ofRun(runId));
    if (job.kind() != JobKind.FILES) {
      tags.add(ofKind(job.kind()));
    }
    tags.addAll(job.userTags());
    return List.copyOf(tags);
  }

  /** The one tag that all of a job's snapshots carry, whatever became of its name or device. */
  public static String ofJob(UUID jobId) {
    return JOB + jobId;
  }

  /** The one tag that the snapshot of a run carries and no other does. */
  public static String ofRun(UUID runId) {
    return RUN + runId;
  }

  /** The tag of all snapshots that a device has made, of jobs that are gone too. */
  public static String ofDevice(String deviceId) {
    return DEVICE + deviceId;
  }

  /** The job that these tags of a snapshot name, if they name one. */
  public static Optional<UUID> jobIn(List<String> tags) {
    return TagsOfSnapshot.of(tags).job();
  }

  /** What that job was called when the snapshot was made. */
  public static Optional<String> jobNameIn(List<String> tags) {
    return TagsOfSnapshot.of(tags).jobName();
  }

  /** The device that has made the snapshot; Relica's do not say. */
  public static Optional<String> deviceIn(List<String> tags) {
    return TagsOfSnapshot.of(tags).device();
  }

  /**
   * What snapshots of jobs of this kind carry, those of files excepted: by it the dumps of a
   * control plane that is lost are found.
   */
  public static String ofKind(JobKind kind) {
    return KIND + kind.word();
  }

  /** restic splits a tag at its commas, so a name loses them here. */
  private static String withoutComma(String text) {
    return text.replace(',', ';').strip();
  }
}
