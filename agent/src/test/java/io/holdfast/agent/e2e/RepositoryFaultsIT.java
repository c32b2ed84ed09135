package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.AdminRestic;
import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.SmallDisk;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import io.holdfast.agent.testing.TestOnEveryRestic;
import io.holdfast.agent.testing.WantsRoot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;

/** The repository is full, read-only, gone or locked: the runs say so, and go well afterwards. */
class RepositoryFaultsIT {

  @TempDir private Path directory;

  /** Where a site has its repositories. */
  private SmallDisk repositoryDisk() throws Exception {
    return SmallDisk.at(directory.resolve("repos"), 24);
  }

  /** restic takes whatever keeps it from making its lock for a lock of somebody else, and waits. */
  private static FaultyJobs jobs(Site site) {
    site.controlPlane()
        .execute("ALTER TABLE backup_jobs ALTER COLUMN retry_lock_seconds SET DEFAULT 2");
    site.controlPlane().setting("repository_auto_init", "false");
    return new FaultyJobs(site);
  }

  @WantsRoot
  @TestOnCurrentRestic
  void a_full_repository_is_told_and_the_run_repeated_when_there_is_room(Path restic)
      throws Exception {
    try (SmallDisk disk = repositoryDisk();
        Site site = new Site(directory, restic)) {
      AdminRestic admin = new AdminRestic(restic, site);
      FaultyJobs jobs = jobs(site);
      UUID big =
          site.controlPlane().job(Site.DEVICE, "big", jobs.randomSource("big", 4096).toString());
      jobs.retries(big, 20, 1);
      disk.fill();
      jobs.due(big);
      site.daemon();
      jobs.told(site.awaitRuns("big", 1), "repository-full", "no space left on a device");
      disk.makeRoom();
      eventually().until(() -> "success".equals(site.runs("big").getLast().get("outcome")));
      jobs.repeats(site.runs("big").getLast(), site.runs("big").get(site.runs("big").size() - 2));
      assertThat(jobs.problems(site.runs("big").getLast())).isEmpty();
      jobs.goOn("other");
      Books.balance(site);
      eventually().untilAsserted(() -> assertThat(RunningRestic.locks(site)).isEmpty());
      admin.run("check");
    }
  }

  @WantsRoot
  @TestOnCurrentRestic
  void a_repository_that_becomes_read_only_is_told_and_used_again_later(Path restic)
      throws Exception {
    try (SmallDisk disk = repositoryDisk();
        Site site = new Site(directory, restic)) {
      FaultyJobs jobs = jobs(site);
      Process daemon = site.daemon();
      jobs.goOn("before");
      disk.readOnly(true);
      UUID job = jobs.job("meanwhile");
      jobs.retries(job, 20, 1);
      // restic itself would try for a quarter of an hour.
      site.controlPlane().execute("UPDATE backup_jobs SET timeout_seconds = 15 WHERE id = ?", job);
      jobs.due(job);
      jobs.told(site.awaitRuns("meanwhile", 1), "run-timeout", "read-only file system");
      assertThat(daemon.isAlive()).isTrue();
      disk.readOnly(false);
      eventually().until(() -> "success".equals(site.runs("meanwhile").getLast().get("outcome")));
      jobs.goOn("after");
      Books.balance(site);
    }
  }

  @TestOnEveryRestic
  void a_repository_that_is_gone_is_not_made_anew(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      FaultyJobs jobs = jobs(site);
      site.daemon();
      jobs.goOn("before");
      Path away = directory.resolve("away");
      Files.move(site.repository(), away);
      UUID job = jobs.job("meanwhile");
      jobs.retries(job, 5, 1);
      jobs.due(job);
      jobs.told(site.awaitRuns("meanwhile", 1), "repository-missing", "no restic repository");
      assertThat(site.repository()).doesNotExist();
      Files.move(away, site.repository());
      jobs.goOn("after");
      assertThat(site.runs("meanwhile")).as("somebody has to look first").hasSize(1);
      Books.balance(site);
    }
  }

  @TestOnCurrentRestic
  void a_repository_that_goes_away_in_the_middle_of_a_run_is_told(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      FaultyJobs jobs = jobs(site);
      UUID slow = jobs.slow("slow", 20);
      jobs.retries(slow, 0, 1);
      jobs.due(slow);
      Process daemon = site.daemon();
      Path away = directory.resolve("away");
      try (RunningRestic running = RunningRestic.of(site, daemon, "slow")) {
        assertThat(running.isAlive()).isTrue();
        Files.move(site.repository(), away);
        assertThat(site.awaitRuns("slow", 1))
            .containsEntry("outcome", "failed")
            .containsEntry("snapshot_id", null);
        assertThat(running.isAlive()).isFalse();
      }
      // restic may have made folders anew in which it then found nothing.
      if (Files.exists(site.repository())) {
        Files.move(site.repository(), directory.resolve("remains"));
      }
      Files.move(away, site.repository());
      jobs.goOn("after");
      Books.balance(site);
    }
  }

  @TestOnEveryRestic
  void a_lock_that_is_held_for_a_while_only_delays_the_run(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      AdminRestic admin = new AdminRestic(restic, site);
      admin.backUp(new FaultyJobs(site).randomSource("content", 1024));
      FaultyJobs jobs = jobs(site);
      try (AdminRestic.Holder check = admin.exclusiveLock()) {
        UUID job = jobs.job("meanwhile");
        jobs.retries(job, 0, 1);
        site.controlPlane()
            .execute("UPDATE backup_jobs SET retry_lock_seconds = 170 WHERE id = ?", job);
        jobs.due(job);
        site.daemon();
        eventually().until(() -> site.runs("meanwhile").size() == 1);
        assertThat(site.runs("meanwhile").getFirst()).containsEntry("status", "running");
        check.goOn();
        assertThat(site.awaitRuns("meanwhile", 1)).containsEntry("outcome", "success");
      }
      assertThat(site.runs("meanwhile")).hasSize(1);
      Books.balance(site);
    }
  }

  @TestOnCurrentRestic
  void a_lock_that_is_held_for_good_is_told_and_never_removed(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      AdminRestic admin = new AdminRestic(restic, site);
      admin.backUp(new FaultyJobs(site).randomSource("content", 1024));
      FaultyJobs jobs = jobs(site);
      UUID job = jobs.job("locked");
      jobs.retries(job, 1, 1);
      try (AdminRestic.Holder check = admin.exclusiveLock()) {
        jobs.due(job);
        site.daemon();
        Map<String, Object> again = site.awaitRuns("locked", 2);
        jobs.repeats(again, site.runs("locked").getFirst());
        jobs.told(
            again,
            "repository-locked",
            "is locked by another restic process, for itself alone: by user ");
        assertThat(again.get("error_message"))
            .asString()
            .containsPattern(" on host \\S+ \\(PID \\d+\\), [0-9hms]+ old when it was met");
        assertThat(RunningRestic.locks(site)).containsExactly(check.lock());
        check.kill();
        // Nobody of ours: its removal is for a person to decide.
        assertThat(site.holdfast("backup", "locked").exitCode()).isEqualTo(1);
        assertThat(RunningRestic.locks(site)).containsExactly(check.lock());
      }
      admin.run("unlock");
      jobs.goOn("after");
      Books.balance(site);
    }
  }

  @TestOnCurrentRestic
  void the_living_lock_of_another_machine_survives_the_removal_of_ours(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      AdminRestic admin = new AdminRestic(restic, site);
      FaultyJobs jobs = jobs(site);
      Path content = jobs.randomSource("content", 1024);
      UUID slow = jobs.slow("slow", 20);
      jobs.retries(slow, 0, 1);
      jobs.due(slow);
      Process daemon = site.daemon();
      try (RunningRestic running = RunningRestic.of(site, daemon, "slow");
          AdminRestic.Holder other = admin.sharedLockOfAnotherHost(content)) {
        running.kill();
        jobs.failed(site.awaitRuns("slow", 1), "restic-killed", "signal 9");
        eventually()
            .untilAsserted(
                () -> assertThat(RunningRestic.locks(site)).containsExactly(other.lock()));
        other.kill();
        assertThat(site.holdfast("backup", "slow").exitCode()).isZero();
        assertThat(RunningRestic.locks(site)).containsExactly(other.lock());
      }
      Books.balance(site);
    }
  }
}
