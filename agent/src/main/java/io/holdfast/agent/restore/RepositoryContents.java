package io.holdfast.agent.restore;

import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.SnapshotEntry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/** What a repository holds, told from its snapshots' tags alone: for a machine that is new. */
public final class RepositoryContents {

  private RepositoryContents() {}

  /**
   * The snapshots of one job; or, if no job has made them, of one host and its paths.
   *
   * @param jobName what it was called last
   * @param newestId the newest snapshot
   * @param newestBytes what that would take
   */
  public record JobLine(
      Optional<UUID> jobId,
      Optional<String> jobName,
      Optional<String> deviceId,
      String host,
      List<String> paths,
      long snapshots,
      Instant oldestAt,
      Instant newestAt,
      String newestId,
      OptionalLong newestBytes) {
    public JobLine {
      paths = List.copyOf(paths);
    }
  }

  /**
   * @param snapshots all of the repository, the newest first
   */
  public static List<JobLine> of(List<SnapshotEntry> snapshots) {
    Map<String, List<SnapshotEntry>> groups = new LinkedHashMap<>();
    for (SnapshotEntry snapshot : snapshots) {
      String key =
          SnapshotTags.jobIn(snapshot.tags())
              .map(UUID::toString)
              .orElseGet(() -> snapshot.host() + "\0" + snapshot.paths());
      groups.computeIfAbsent(key, _ -> new ArrayList<>()).add(snapshot);
    }
    return groups.values().stream()
        .map(RepositoryContents::line)
        .sorted(
            Comparator.comparing((JobLine line) -> line.deviceId().orElse("\uffff"))
                .thenComparing(JobLine::host)
                .thenComparing(line -> line.jobName().orElse("\uffff")))
        .toList();
  }

  private static JobLine line(List<SnapshotEntry> group) {
    SnapshotEntry newest = group.getFirst();
    return new JobLine(
        SnapshotTags.jobIn(newest.tags()),
        SnapshotTags.jobNameIn(newest.tags()),
        SnapshotTags.deviceIn(newest.tags()),
        newest.host(),
        newest.paths(),
        group.size(),
        group.getLast().time(),
        newest.time(),
        newest.id(),
        newest.bytes());
  }

  /** The jobs that the tags name. */
  public static List<JobRef> jobs(List<SnapshotEntry> snapshots) {
    return of(snapshots).stream()
        .filter(line -> line.jobId().isPresent())
        .map(line ->
            new JobRef(
                line.jobId().orElseThrow(),
                line.jobName().orElseGet(() -> line.jobId().orElseThrow().toString())))
        .toList();
  }
}
