package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.run.OpenRun;
import io.holdfast.agent.state.OpenRunFiles;
import io.holdfast.agent.testing.AdminRestic;
import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.Campaign;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.OpenRunsOnDisk;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import io.holdfast.agent.testing.TestOnEveryRestic;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The daemon is killed without a word, alone or with its restic, and started again. */
class DaemonCrashIT {

  private static final int KILLS = Campaign.Size.of(5, 50);
  private static final boolean LONG = Campaign.Size.of(0, 1) == 1;
  private static final int SOURCE_MEBIBYTES = Campaign.Size.of(30, 300);

  @TempDir private Path directory;

  private static Site site(Path directory, Path restic) throws IOException {
    Site site = new Site(directory, restic);
    site.controlPlane().catchUpAtOnce();
    return site;
  }

  private static void kill(Process daemon) throws InterruptedException {
    daemon.destroyForcibly();
    assertThat(daemon.waitFor(3, TimeUnit.MINUTES)).isTrue();
  }

  @Test
  @Campaign
  void kills_at_random_moments_of_a_run_lose_and_double_nothing() throws Exception {
    Random random = Campaign.Size.random(KILLS + " kills", 0);
    Path restic = ResticBinaries.current();
    try (Site site = site(directory, restic)) {
      UUID job = site.controlPlane().job(Site.DEVICE, "big", bigSource().toString());
      site.controlPlane()
          .execute(
              "UPDATE backup_jobs SET restic_args = '[\"--force\"]', retry_delay_seconds = 1,"
                  + " max_retries = 20 WHERE id = ?",
              job);
      site.controlPlane().everySeconds(job, 1);
      Process daemon = site.daemon();
      long length = millisecondsOfARun(site);

      Set<String> begun = new TreeSet<>();
      // A moment that comes after the run's end does not count.
      while (begun.size() < KILLS) {
        // A run of the short campaign is over soon.
        eventually()
            .pollInterval(Duration.ofMillis(10))
            .until(() -> OpenRunsOnDisk.of(site).stream().anyMatch(run -> !begun.contains(run)));
        Thread.sleep(random.nextLong(length));
        Set<ProcessHandle> restics =
            daemon.descendants().collect(Collectors.toCollection(java.util.HashSet::new));
        kill(daemon);
        if (random.nextBoolean()) {
          // As if the machine had lost its power.
          restics.forEach(ProcessHandle::destroyForcibly);
        }
        begun.addAll(OpenRunsOnDisk.of(site));
        daemon = site.daemon();
      }
      int runs = site.runs("big").size();
      eventually()
          .until(() ->
              site.runs("big").stream()
                  .skip(runs)
                  .anyMatch(run -> "success".equals(run.get("outcome"))));
      site.controlPlane().execute("UPDATE backup_jobs SET enabled = false WHERE id = ?", job);
      // Until the agent hears of it, one more run may begin between two of our looks.
      eventually()
          .until(() -> !Files.readString(site.state().resolve("status.json")).contains("big"));
      Books.balance(site);

      assertThat(
              site.runs("big").stream()
                  .map(run -> run.get("run_uuid").toString())
                  .collect(Collectors.toSet()))
          .as("rows of the runs that were open when the daemon was killed")
          .containsAll(begun);
      OpenRunFiles open = new OpenRunFiles(site.state().resolve("open-runs"), Clock.systemUTC());
      eventually()
          .atMost(Duration.ofMinutes(15))
          .until(() -> open.all().stream().allMatch(DaemonCrashIT::maybeLeftAlone));
      if (open.all().isEmpty()) {
        eventually().untilAsserted(() -> assertThat(RunningRestic.locks(site)).isEmpty());
      } else {
        new AdminRestic(restic, site).run("unlock");
      }
      Site.stop(daemon);
      new AdminRestic(restic, site).run("check", "--read-data-subset=1/5");
      System.out.println(
          "runs by outcome: "
              + site.controlPlane()
                  .rows(
                      "SELECT outcome, metadata->>'code' AS code, count(*) AS runs FROM runs"
                          + " GROUP BY 1, 2 ORDER BY 3 DESC"));
    }
  }

  /**
   * A restic whose number the daemon had no time to write down: its lock stays for ten minutes, as
   * AftermathIT has it, and the long campaign alone waits for that.
   */
  private static boolean maybeLeftAlone(OpenRun run) {
    return run.stage() == OpenRun.Stage.AFTERMATH && run.restic().isEmpty() && !LONG;
  }

  /** Of the kind that makes restic read and hash a lot and write little. */
  private Path bigSource() throws IOException {
    Path source = Files.createDirectories(directory.resolve("src/big"));
    String line = "all work and no play makes jack a dull boy\n".repeat(90);
    for (int file = 0; file < SOURCE_MEBIBYTES / 10; file++) {
      try (OutputStream out =
          new BufferedOutputStream(Files.newOutputStream(source.resolve("file-" + file)))) {
        for (int written = 0; written < 10 << 20; written += line.length()) {
          out.write((file + " " + written + " " + line).getBytes(StandardCharsets.US_ASCII));
        }
      }
    }
    return source;
  }

  private static long millisecondsOfARun(Site site) {
    // The first has everything to store.
    Map<String, Object> second = site.awaitRuns("big", 2);
    Map<String, Object> took =
        site.controlPlane()
            .row(
                "SELECT (extract(epoch FROM end_time - start_time) * 1000)::bigint AS ms"
                    + " FROM runs WHERE id = ?",
                second.get("id"));
    return Math.max(300, (Long) took.get("ms"));
  }

  /** Silent, so that it outlives the pipes of its agent; a script that replaces itself. */
  private Path outlivesItsAgent(Path restic) throws IOException {
    return ResticBinaries.script(
        directory.resolve("stand-in"),
        "#!/bin/sh\n[ \"$1\" = backup ] && exec >/dev/null 2>&1\nexec '" + restic + "' \"$@\"\n");
  }

  @TestOnCurrentRestic
  void an_orphaned_restic_is_ended_before_its_job_runs_again(Path restic) throws Exception {
    try (Site site = site(directory, outlivesItsAgent(restic))) {
      FaultyJobs jobs = new FaultyJobs(site);
      UUID slow = jobs.slow("slow", 120);
      jobs.retries(slow, 1, 1);
      jobs.due(slow);
      Process daemon = site.daemon();
      try (RunningRestic orphan = RunningRestic.of(site, daemon, "slow")) {
        kill(daemon);
        assertThat(orphan.isAlive()).isTrue();
        jobs.quick(slow);
        site.daemon();
        Map<String, Object> left = site.awaitRuns("slow", 1);
        assertThat(orphan.isAlive()).isFalse();
        jobs.failed(
            left, "agent-died", "ended in the middle of this run, and there is no snapshot");
        Map<String, Object> again = site.awaitRuns("slow", 2);
        jobs.repeats(again, left);
        assertThat(again).containsEntry("outcome", "success");
      }
      eventually().untilAsserted(() -> assertThat(RunningRestic.locks(site)).isEmpty());
      jobs.goOn("other");
      Books.balance(site);
    }
  }

  /** Its backup does not end when its snapshot is written. */
  private Path staysAfterItsSnapshot(Path restic) throws IOException {
    return ResticBinaries.script(
        directory.resolve("stand-in"),
        "#!/bin/sh\ncase \" $* \" in *' --tag=backup_name=slow '*) ;; *) exec '%1$s' \"$@\" ;; esac\n'%1$s' \"$@\" >/dev/null 2>&1 || exit\ntouch '%2$s'\nexec sleep 600\n"
            .formatted(restic, written()));
  }

  private Path written() {
    return directory.resolve("written");
  }

  @TestOnEveryRestic
  void a_run_whose_snapshot_was_written_is_closed_as_the_success_that_it_was(Path restic)
      throws Exception {
    try (Site site = site(directory, staysAfterItsSnapshot(restic))) {
      FaultyJobs jobs = new FaultyJobs(site);
      jobs.due(jobs.job("slow"));
      Process daemon = site.daemon();
      eventually().until(() -> Files.exists(written()));
      kill(daemon);
      site.daemon();
      Map<String, Object> run = site.awaitRuns("slow", 1);
      assertThat(run)
          .containsEntry("outcome", "success")
          .containsEntry("snapshot_id", site.restic("snapshots").get(0).path("id").asText());
      assertThat(jobs.code(run)).isEqualTo("recovered");
      if (restic.equals(ResticBinaries.current())) {
        // restic 0.14 keeps no figures in a snapshot.
        assertThat(run).containsEntry("files_new", 2L).containsEntry("total_files_processed", 2L);
      }
      jobs.goOn("other");
      assertThat(site.runs("slow")).as("nothing to repeat").hasSize(1);
      Books.balance(site);
    }
  }

  @Test
  void a_repository_that_is_away_after_a_crash_is_asked_again_until_it_answers() throws Exception {
    Path restic = ResticBinaries.current();
    try (Site site = site(directory, staysAfterItsSnapshot(restic))) {
      site.controlPlane().setting("repository_auto_init", "false");
      FaultyJobs jobs = new FaultyJobs(site);
      UUID job = jobs.job("slow");
      jobs.retries(job, 0, 1);
      jobs.due(job);
      Process daemon = site.daemon();
      eventually().until(() -> Files.exists(written()));
      kill(daemon);
      Path away = directory.resolve("away");
      Files.move(site.repository(), away);
      site.daemon();
      jobs.failed(
          site.awaitRuns("slow", 1), "agent-died", "the repository cannot be asked yet whether");
      Files.move(away, site.repository());
      eventually().until(() -> "success".equals(site.runs("slow").getFirst().get("outcome")));
      jobs.goOn("other");
      assertThat(site.runs("slow")).hasSize(1);
      Books.balance(site);
    }
  }
}
