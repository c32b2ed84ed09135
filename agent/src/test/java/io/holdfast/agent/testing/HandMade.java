package io.holdfast.agent.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Snapshots in a site's repository as some job of some device has made them, at any time. */
public final class HandMade {

  private final AdminRestic restic;

  public HandMade(Path restic, Site site) {
    this.restic = new AdminRestic(restic, site);
  }

  /**
   * @param time such as {@code 2026-01-31 12:00:00}, in the machine's zone
   */
  public void snapshot(String device, UUID job, String name, String time, Path source) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "backup",
                "--host=" + device,
                "--time=" + time,
                "--tag=backup:" + job,
                "--tag=backup_name=" + name,
                "--tag=device=" + device,
                "--",
                source.toString()));
    restic.run(command.toArray(String[]::new));
  }

  /** One that no job has made. */
  public void byHand(Path source) {
    restic.backUp(source);
  }
}
