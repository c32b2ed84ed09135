package io.holdfast.agent.job;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

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

  private static final List<String> OURS =
      List.of(JOB, JOB_NAME, ORIGIN, ACCOUNT, DEVICE, RUN, KIND);

  /** What Go cuts off around a tag: Unicode's white space. */
  private static final Pattern WHITE_SPACE_BEFORE = Pattern.compile("^[\\s\\u000b\\u0085\\p{Z}]+");

  private SnapshotTags() {}

  /**
   * Whether a tag says what only the agent says of a snapshot: a person who writes it would give a
   * snapshot to another job, or to another run.
   */
  public static boolean isReserved(String tag) {
    String written = WHITE_SPACE_BEFORE.matcher(tag).replaceFirst("");
    return OURS.stream().anyMatch(written::startsWith);
  }

  /**
   * The tags of one run's snapshot, standard ones first, then those of the job's own that are not
   * reserved; none holds a comma.
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
    job.userTags().stream().filter(tag -> !isReserved(tag)).forEach(tags::add);
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
