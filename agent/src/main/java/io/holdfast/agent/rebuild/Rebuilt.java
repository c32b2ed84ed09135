package io.holdfast.agent.rebuild;

import io.holdfast.agent.job.JobKind;
import io.holdfast.agent.run.RunStatistics;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The rows that a control plane lacks.
 *
 * @param snapshots how many the repository holds
 * @param foreign how many of them carry no tag of a job, and are left alone
 * @param runsKnown how many are those of runs that are there already
 */
public record Rebuilt(
    List<DeviceRow> devices,
    List<JobRow> jobs,
    List<RunRow> runs,
    int snapshots,
    int foreign,
    int runsKnown) {

  public Rebuilt {
    devices = List.copyOf(devices);
    jobs = List.copyOf(jobs);
    runs = List.copyOf(runs);
  }

  public record DeviceRow(String id, String name, String platform) {}

  /**
   * A job; what it leaves out and when it runs is not known.
   *
   * @param sourcePaths those of its newest snapshot
   * @param snapshots how many it has
   * @param newest when the newest of them was made
   */
  public record JobRow(
      UUID id,
      String deviceId,
      String name,
      JobKind kind,
      List<String> sourcePaths,
      List<String> tags,
      Optional<String> originName,
      Optional<UUID> accountId,
      int snapshots,
      Instant newest) {

    public JobRow {
      sourcePaths = List.copyOf(sourcePaths);
      tags = List.copyOf(tags);
    }
  }

  /**
   * A run that made a snapshot.
   *
   * @param jobId empty if the job is another device's by now
   */
  public record RunRow(
      UUID uuid,
      Optional<UUID> jobId,
      UUID jobOfTag,
      String jobName,
      String deviceId,
      Instant start,
      Instant end,
      String snapshotId,
      Optional<RunStatistics> statistics,
      Optional<String> resticVersion) {}
}
