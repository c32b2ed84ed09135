package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.AdminRestic;
import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever restic does to a run of the daemon: the run is told, the others go on, nothing is lost.
 */
class ResticFaultsIT {

  private static final Map<Integer, String> CODE_OF_EXIT =
      Map.of(
          1, "restic-failed",
          2, "restic-failed",
          10, "repository-missing",
          11, "repository-locked",
          12, "repository-password-wrong",
          77, "restic-failed",
          130, "restic-killed",
          137, "restic-killed",
          143, "restic-killed");

  private static final Map<Integer, String> WORDS_OF_EXIT =
      Map.of(
          1, "restic failed (exit code 1): the stand-in ends",
          2, "restic failed (exit code 2): the stand-in ends",
          10, "there is no restic repository",
          11, "is locked by another restic process",
          12, "refuses the password",
          77, "restic failed (exit code 77): the stand-in ends",
          130, "restic was ended from outside by signal 2",
          137, "restic was ended from outside by signal 9",
          143, "restic was ended from outside by signal 15");

  private static final Set<Integer> WORTH_A_RETRY = Set.of(1, 2, 11, 77, 130, 137, 143);

  @TempDir private Path directory;

  /** The real restic but for its backups, which do this; {@code $real} is the real one. */
  private Path standIn(Path real, String backup) throws IOException {
    return ResticBinaries.script(
        directory.resolve("stand-in"),
        "#!/bin/sh\nreal='" + real + "'\n[ \"$1\" = backup ] || exec \"$real\" \"$@\"\n" + backup);
  }

  /** The same for a job of that name alone. */
  private Path standIn(Path real, String job, String backup) throws IOException {
    return standIn(
        real,
        "case \" $* \" in *' --tag=backup_name="
            + job
            + " '*) ;; *) exec \"$real\" \"$@\" ;; esac\n"
            + backup);
  }

  private static FaultyJobs jobs(Site site) {
    site.controlPlane().setting("max_concurrent_backups", "2");
    return new FaultyJobs(site);
  }

  @TestOnCurrentRestic
  void a_restic_that_is_killed_is_named_and_leaves_nothing_behind(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      FaultyJobs jobs = jobs(site);
      UUID slow = jobs.slow("slow", 20);
      jobs.due(slow);
      Process daemon = site.daemon();
      try (RunningRestic running = RunningRestic.of(site, daemon, "slow")) {
        running.kill();
        Map<String, Object> run = site.awaitRuns("slow", 1);
        assertThat(run).containsEntry("exit_code", 137);
        jobs.told(run, "restic-killed", "restic was ended from outside by signal 9");
      }
      jobs.goOn("other");
      jobs.quick(slow);
      assertThat(site.holdfast("backup", "slow").exitCode()).isZero();
      assertThat(jobs.problems(site.awaitRuns("slow", 2))).isEmpty();
      Books.balance(site);
    }
  }

  @TestOnCurrentRestic
  void a_run_whose_restic_was_killed_is_repeated_and_the_dead_lock_removed(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      FaultyJobs jobs = jobs(site);
      UUID slow = jobs.slow("slow", 15);
      jobs.retries(slow, 2, 1);
      jobs.due(slow);
      Process daemon = site.daemon();
      try (RunningRestic running = RunningRestic.of(site, daemon, "slow")) {
        jobs.quick(slow);
        running.kill();
        Map<String, Object> killed = site.awaitRuns("slow", 1);
        Map<String, Object> repeated = site.awaitRuns("slow", 2);
        jobs.failed(killed, "restic-killed", "signal 9");
        assertThat(killed).containsEntry("attempt", 1).containsEntry("retry_of", null);
        assertThat(repeated).containsEntry("outcome", "success");
        jobs.repeats(repeated, killed);
        assertThat(jobs.problems(repeated)).isEmpty();
      }
      eventually().untilAsserted(() -> assertThat(RunningRestic.locks(site)).isEmpty());
      new AdminRestic(restic, site).run("check");
      Books.balance(site);
    }
  }

  @TestOnCurrentRestic
  void a_restic_that_hangs_is_ended_and_others_run_meanwhile(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      FaultyJobs jobs = jobs(site);
      site.controlPlane().setting("stalled_after_seconds", "10");
      UUID slow = jobs.slow("slow", 20);
      jobs.retries(slow, 0, 1);
      jobs.due(slow);
      Process daemon = site.daemon();
      try (RunningRestic running = RunningRestic.of(site, daemon, "slow")) {
        // Before that it may be waiting for a lock, which is no hang.
        eventually().until(() -> site.runs("slow").getFirst().get("progress") != null);
        running.stop();
        jobs.goOn("other");
        jobs.told(site.awaitRuns("slow", 1), "restic-stalled", "progress");
        assertThat(running.isAlive()).isFalse();
      }
      assertThat(RunningRestic.locks(site)).isEmpty();
      Books.balance(site);
    }
  }

  @Test
  void a_restic_that_is_killed_when_its_snapshot_is_written_has_lost_nothing() throws Exception {
    Path restic = ResticBinaries.current();
    Path killed = standIn(restic, "late", "\"$real\" \"$@\" || exit\nkill -KILL $$\n");
    try (Site site = new Site(directory, killed)) {
      FaultyJobs jobs = jobs(site);
      jobs.due(jobs.job("late"));
      site.daemon();
      site.awaitRuns("late", 1);
      jobs.goOn("other");
      Books.balance(site);
    }
  }

  @Test
  void garbage_on_both_pipes_changes_nothing() throws Exception {
    Path restic = ResticBinaries.current();
    String garbage =
        """
        head -c 3000000 /dev/urandom
        head -c 3000000 /dev/urandom >&2
        printf '\\n{"message_type":"summary","snapshot_id":17}\\n{"message_type":"summary"\\n[]\\n'
        printf '\\n{"message_type":"exit_error","code":[]}\\n\\000\\n{"message_type":"error",\\n' >&2
        """;
    Path standIn =
        standIn(
            restic,
            garbage
                + "case \" $* \" in *' --tag=backup_name=lost '*) exit 1 ;; esac\n"
                + "\"$real\" \"$@\"\nended=$?\n"
                + garbage
                + "exit $ended\n");
    try (Site site = new Site(directory, standIn)) {
      FaultyJobs jobs = jobs(site);
      jobs.due(jobs.job("lost"));
      site.daemon();
      jobs.told(site.awaitRuns("lost", 1), "restic-failed", "restic failed (exit code 1)");
      assertThat(jobs.goOn("kept")).containsEntry("exit_code", 0);
      Books.balance(site);
    }
  }

  @Test
  void a_summary_of_a_snapshot_that_is_not_there_is_no_success() throws Exception {
    Path restic = ResticBinaries.current();
    Path liar =
        standIn(
            restic,
            "liar",
            "echo '{\"message_type\":\"summary\",\"snapshot_id\":\""
                + "caf83f73".repeat(8)
                + "\"}'\n");
    try (Site site = new Site(directory, liar)) {
      FaultyJobs jobs = jobs(site);
      jobs.due(jobs.job("liar"));
      site.daemon();
      assertThat(site.awaitRuns("liar", 1)).containsEntry("outcome", "failed");
      jobs.goOn("other");
      Books.balance(site);
    }
  }

  @Test
  void a_gigabyte_of_messages_costs_no_memory() throws Exception {
    Path restic = ResticBinaries.current();
    String line =
        "{\"message_type\":\"status\",\"percent_done\":0.5,\"total_files\":9,\"files_done\":4,"
            + "\"current_files\":[\"/a/"
            + "long/".repeat(120)
            + "path\"]}";
    Path flood =
        standIn(
            restic,
            "flood",
            "yes '" + line + "' | head -c 1073741824\necho\nexec \"$real\" \"$@\"\n");
    try (Site site = new Site(directory, flood)) {
      FaultyJobs jobs = jobs(site);
      Process daemon = site.daemon();
      jobs.goOn("warm");
      long before = mostMemory(daemon);
      jobs.due(jobs.job("flood"));
      jobs.goOn("other");
      assertThat(site.awaitRuns("flood", 1)).containsEntry("outcome", "success");
      assertThat(mostMemory(daemon) - before).as("KiB more than before").isLessThan(64 * 1024);
      Books.balance(site);
    }
  }

  /** The most that the process ever had in memory, in KiB. */
  private static long mostMemory(Process process) throws IOException {
    String status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
    return Long.parseLong(status.replaceFirst("(?s).*\\nVmHWM:\\s*([0-9]+) kB\\n.*", "$1"));
  }

  /** The code is the end of the job's name: exit-11. */
  private Path endsAsItsJobIsCalled(Path real) throws IOException {
    return standIn(
        real,
        """
        code=0
        for argument in "$@"; do
          case $argument in --tag=backup_name=exit-*) code=${argument##*-} ;; esac
        done
        case $code in 0 | 3) "$real" "$@" ;; *) echo "Fatal: the stand-in ends" >&2 ;; esac
        exit "$code"
        """);
  }

  @Test
  void every_exit_code_has_its_sentence() throws Exception {
    Path restic = ResticBinaries.current();
    try (Site site = new Site(directory, endsAsItsJobIsCalled(restic))) {
      FaultyJobs jobs = jobs(site);
      for (int exit : CODE_OF_EXIT.keySet()) {
        jobs.due(jobs.job("exit-" + exit));
      }
      jobs.due(jobs.job("exit-3"));
      jobs.due(jobs.job("exit-0"));
      site.daemon();
      for (int exit : CODE_OF_EXIT.keySet()) {
        Map<String, Object> run = site.awaitRuns("exit-" + exit, 1);
        assertThat(run).containsEntry("exit_code", exit);
        jobs.told(run, CODE_OF_EXIT.get(exit), WORDS_OF_EXIT.get(exit));
      }
      assertThat(site.awaitRuns("exit-3", 1)).containsEntry("outcome", "partial");
      assertThat(site.awaitRuns("exit-0", 1)).containsEntry("outcome", "success");
      jobs.goOn("other");
      Books.balance(site);
    }
  }

  @Test
  void a_run_is_repeated_only_where_that_may_help() throws Exception {
    Path restic = ResticBinaries.current();
    try (Site site = new Site(directory, endsAsItsJobIsCalled(restic))) {
      FaultyJobs jobs = jobs(site);
      for (int exit : List.of(0, 3, 10, 12, 1, 2, 11, 77, 130, 137, 143)) {
        UUID job = jobs.job("exit-" + exit);
        jobs.retries(job, 1, 1);
        jobs.due(job);
      }
      site.daemon();
      for (int exit : WORTH_A_RETRY) {
        Map<String, Object> second = site.awaitRuns("exit-" + exit, 2);
        jobs.repeats(second, site.runs("exit-" + exit).getFirst());
        jobs.told(second, CODE_OF_EXIT.get(exit), WORDS_OF_EXIT.get(exit));
      }
      // By now a second run of the others would have been due, and the third of these.
      jobs.goOn("other");
      assertThat(runsOfEach(site))
          .isEqualTo(
              "exit-0=1 exit-1=2 exit-10=1 exit-11=2 exit-12=1 exit-130=2 exit-137=2 exit-143=2"
                  + " exit-2=2 exit-3=1 exit-77=2 other=1");
      Books.balance(site);
    }
  }

  private static String runsOfEach(Site site) {
    return site
        .controlPlane()
        .rows(
            "SELECT job_name || '=' || count(*) AS runs FROM runs GROUP BY job_name"
                + " ORDER BY job_name COLLATE \"C\"")
        .stream()
        .map(row -> (String) row.get("runs"))
        .collect(Collectors.joining(" "));
  }
}
