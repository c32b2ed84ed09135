package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.AdminRestic;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.Site;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A housekeeper that does not come back from its work. */
class HousekeeperFaultsIT {

  private static final String OTHER = "web-02";

  @TempDir private Path directory;

  private static ControlPlane twoHousekeepers(Site site) throws Exception {
    ControlPlane psql = site.controlPlane();
    psql.setting("housekeeping_lease_seconds", "15");
    psql.execute("UPDATE devices SET housekeeper = true");
    psql.execute(
        "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('one', 1, true)");
    FaultyJobs jobs = new FaultyJobs(site);
    UUID job = psql.job(Site.DEVICE, "big", jobs.randomSource("big", 40_000).toString());
    assertThat(site.holdfast("backup", "big").exitCode()).isZero();
    psql.execute(
        "UPDATE backup_jobs SET source_paths = ? WHERE id = ?",
        new String[] {site.source("small", 3).toString()},
        job);
    assertThat(site.holdfast("backup", "big").exitCode()).isZero();
    assertThat(site.holdfast("housekeep", "forget").exitCode()).isZero();
    return psql;
  }

  private static Optional<ProcessHandle> prune(Process daemon) {
    return daemon
        .descendants()
        .filter(
            process -> List.of(process.info().arguments().orElse(new String[0])).contains("prune"))
        .findFirst();
  }

  /** Stops it where it has the repository for itself. */
  private static ProcessHandle frozenInMidPrune(Site site, Process daemon) throws Exception {
    site.controlPlane()
        .execute(
            "INSERT INTO housekeeping (kind, schedule_type, interval_seconds) VALUES ('prune', 'interval', 86400)");
    eventually()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> prune(daemon).isPresent() && !RunningRestic.locks(site).isEmpty());
    ProcessHandle prune = prune(daemon).orElseThrow();
    RunningRestic.signal(prune, "STOP");
    assertThat(RunningRestic.locks(site)).as("in the middle of its work").isNotEmpty();
    return prune;
  }

  private static void awaitPrunedBy(ControlPlane psql, String device) {
    eventually()
        .untilAsserted(() ->
            assertThat(
                    psql.rows(
                        "SELECT FROM housekeeping_runs WHERE kind = 'prune' AND status = 'success' AND device_id = ?",
                        device))
                .hasSize(1));
  }

  private static void isWhole(Site site) throws Exception {
    assertThat(RunningRestic.locks(site)).isEmpty();
    new AdminRestic(ResticBinaries.current(), site).run("check", "--read-data");
    assertThat(site.controlPlane().rows("SELECT FROM runs WHERE outcome <> 'success'")).isEmpty();
    assertThat(site.restic("snapshots", "--tag", "backup_name=meanwhile"))
        .as("no backup was lost")
        .hasSize(1);
  }

  @Test
  void one_that_is_killed_in_mid_prune_is_succeeded_by_another() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current());
        Site other = site.another(OTHER)) {
      ControlPlane psql = twoHousekeepers(site);
      Process daemon = site.daemon();
      ProcessHandle prune = frozenInMidPrune(site, daemon);
      RunningRestic.signal(daemon.toHandle(), "KILL");
      RunningRestic.signal(prune, "KILL");
      UUID job = psql.job(OTHER, "meanwhile", other.source("meanwhile", 3).toString());
      psql.everySeconds(job, 86_400);
      other.daemon();
      awaitPrunedBy(psql, OTHER);
      assertThat(
              psql.rows(
                  "SELECT FROM housekeeping_runs WHERE code = 'no-sign' AND device_id = ?",
                  Site.DEVICE))
          .hasSize(1);
      assertThat(site.awaitRuns("meanwhile", 1)).containsEntry("outcome", "success");
      other.stopDaemons();
      isWhole(site);
    }
  }

  @Test
  void one_that_is_frozen_in_mid_prune_ends_its_work_when_it_thaws() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current());
        Site other = site.another(OTHER)) {
      ControlPlane psql = twoHousekeepers(site);
      Process daemon = site.daemon();
      ProcessHandle prune = frozenInMidPrune(site, daemon);
      RunningRestic.signal(daemon.toHandle(), "STOP");
      UUID job = psql.job(OTHER, "meanwhile", other.source("meanwhile", 3).toString());
      psql.everySeconds(job, 86_400);
      other.daemon();
      eventually()
          .until(() ->
              !psql.rows(
                      "SELECT FROM housekeeping_runs WHERE status = 'running' AND device_id = ?",
                      OTHER)
                  .isEmpty());
      RunningRestic.signal(daemon.toHandle(), "CONT");
      eventually()
          .untilAsserted(() ->
              assertThat(
                      psql.rows(
                              "SELECT code FROM housekeeping_runs WHERE device_id = ? AND kind = 'prune'",
                              Site.DEVICE)
                          .toString())
                  .contains("lease-lost"));
      assertThat(prune.isAlive()).isFalse();
      awaitPrunedBy(psql, OTHER);
      assertThat(site.awaitRuns("meanwhile", 1)).containsEntry("outcome", "success");
      Site.stop(daemon);
      other.stopDaemons();
      isWhole(site);
    }
  }
}
