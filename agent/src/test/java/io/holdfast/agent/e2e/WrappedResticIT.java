package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnEveryRestic;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;

/** restic is started by a script of the admin's, which stays in between. */
class WrappedResticIT {

  @TempDir private Path directory;

  private Path wrapper(Path restic) throws Exception {
    return ResticBinaries.script(
        directory.resolve("wrapper"), "#!/bin/sh\nexport GOMAXPROCS=1\n'" + restic + "' \"$@\"\n");
  }

  @TestOnEveryRestic
  void a_cancel_a_time_limit_and_the_agents_stop_reach_restic_and_no_lock_is_left(Path restic)
      throws Exception {
    try (Site site = new Site(directory, wrapper(restic))) {
      FaultyJobs jobs = new FaultyJobs(site);
      UUID job = jobs.slowEvery(86_400, "home", 300);
      Process daemon = site.daemon();

      RunningRestic.of(site, daemon, "home");
      site.controlPlane().execute("INSERT INTO requests (kind, job_id) VALUES ('cancel', ?)", job);
      ended(site, 1, "cancelled", "cancelled");

      site.controlPlane().execute("UPDATE backup_jobs SET timeout_seconds = 8 WHERE id = ?", job);
      ask(site, job);
      ended(site, 2, "failed", "run-timeout");

      site.controlPlane()
          .execute("UPDATE backup_jobs SET timeout_seconds = NULL WHERE id = ?", job);
      ask(site, job);
      RunningRestic.of(site, daemon, "home");
      Site.stop(daemon);
      assertThat(RunningRestic.locks(site)).as("after the agent's stop").isEmpty();
    }
  }

  private static void ask(Site site, UUID job) {
    site.controlPlane().execute("INSERT INTO requests (kind, job_id) VALUES ('backup', ?)", job);
  }

  private static void ended(Site site, int runs, String status, String code) throws Exception {
    Map<String, Object> run = site.awaitRuns("home", runs);
    assertThat(run).containsEntry("status", status).containsEntry("snapshot_id", null);
    assertThat(new FaultyJobs(site).code(run)).isEqualTo(code);
    assertThat(run.get("exit_code")).as("it was asked, and not killed").isNotEqualTo(137);
    eventually().untilAsserted(() -> assertThat(RunningRestic.locks(site)).as(code).isEmpty());
  }
}
