package io.holdfast.agent.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Snapshots in a site's repository as some job of some device has made them, at any time. */
public final class HandMade {

  private final AdminRestic restic;
  private final Site site;

  public HandMade(Path restic, Site site) {
    this.restic = new AdminRestic(restic, site);
    this.site = site;
  }

  /**
   * One of which a run has told, whose row is gone since.
   *
   * @param time such as {@code 2026-01-31 12:00:00}, in the machine's zone
   */
  public void snapshot(String device, UUID job, String name, String time, Path source)
      throws JsonProcessingException {
    Set<String> before = ids(job);
    planted(device, job, name, time, source);
    for (String id : ids(job)) {
      if (!before.contains(id)) {
        site.controlPlane()
            .execute(
                "INSERT INTO holdfast.told_snapshots (snapshot_id, device_id, job_id)"
                    + " VALUES (?, ?, ?)",
                id,
                device,
                job);
      }
    }
  }

  private Set<String> ids(UUID job) throws JsonProcessingException {
    return site.restic("snapshots", "--tag=backup:" + job)
        .valueStream()
        .map(snapshot -> snapshot.path("id").asText())
        .collect(Collectors.toSet());
  }

  /**
   * One of which no run has told: whoever has the password can add it.
   *
   * @param time such as {@code 2026-01-31 12:00:00}, in the machine's zone
   */
  public void planted(String device, UUID job, String name, String time, Path... sources) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "backup",
                "--host=" + device,
                "--time=" + time,
                "--tag=backup:" + job,
                "--tag=backup_name=" + name,
                "--tag=device=" + device,
                "--"));
    Stream.of(sources).map(Path::toString).forEach(command::add);
    restic.run(command.toArray(String[]::new));
  }

  /** One that no job has made. */
  public void byHand(Path source) {
    restic.backUp(source);
  }
}
