package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.SmallDisk;
import io.holdfast.agent.testing.WantsRoot;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk of the agent's own state directory fills up while it works. */
class FullStateDiskIT {

  private static final String STATE_FULL = "state-directory-unusable";

  @TempDir private Path directory;

  @WantsRoot
  @Test
  void a_run_that_goes_on_is_told_and_one_that_is_due_waits_until_there_is_room() throws Exception {
    Path restic = ResticBinaries.current();
    try (SmallDisk disk = SmallDisk.at(directory.resolve("state"), 8);
        Site site = new Site(directory, restic)) {
      // restic's own needs are not what this is about.
      site.controlPlane().setting("repository_cache_dir", directory.resolve("cache").toString());
      site.controlPlane().setting("max_concurrent_backups", "2");
      FaultyJobs jobs = new FaultyJobs(site);
      jobs.due(jobs.slow("slow", 20));
      Process daemon = site.daemon();
      RunningRestic running = RunningRestic.of(site, daemon, "slow");
      disk.fill();
      UUID waiting = jobs.job("waiting");
      jobs.due(waiting);
      eventually()
          .untilAsserted(() ->
              assertThat(site.controlPlane().rows("SELECT code, message FROM problems"))
                  .anySatisfy(problem ->
                      assertThat(problem)
                          .containsEntry("code", STATE_FULL)
                          .hasEntrySatisfying(
                              "message",
                              message -> assertThat((String) message).contains("No space left"))));
      Map<String, Object> slow = site.awaitRuns("slow", 1);
      assertThat(slow).containsEntry("outcome", "success");
      assertThat(running.isAlive()).isFalse();
      assertThat(site.runs("waiting")).isEmpty();
      assertThat(site.holdfast("status").exitCode()).isEqualTo(1);
      assertThat(daemon.isAlive()).isTrue();

      disk.makeRoom();
      assertThat(site.awaitRuns("waiting", 1)).containsEntry("outcome", "success");
      eventually().until(() -> site.controlPlane().rows("SELECT FROM problems").isEmpty());
      assertThat(site.holdfast("status").exitCode()).isZero();
      Books.balance(site);
    }
  }
}
