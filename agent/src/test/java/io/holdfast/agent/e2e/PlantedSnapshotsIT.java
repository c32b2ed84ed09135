package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.HandMade;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.RestServer;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RestoreRequests;
import io.holdfast.agent.testing.SecondRepository;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnEveryRestic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Somebody has the repository's password: he adds snapshots with the tags of others' jobs, and
 * removes theirs. Nothing of his is counted, nothing real is forgotten for it, and somebody is
 * told.
 */
class PlantedSnapshotsIT {

  @TempDir private Path directory;

  private static void backUp(Site site, int times) {
    for (int i = 0; i < times; i++) {
      Result backup = site.holdfast("backup", "www");
      assertThat(backup.exitCode()).as(backup.all()).isZero();
    }
  }

  private static Set<String> inRepository(Site site) throws Exception {
    return site.restic("snapshots")
        .valueStream()
        .map(snapshot -> snapshot.path("id").asText())
        .collect(Collectors.toSet());
  }

  private static Result done(Site site, String... command) {
    Result result = site.holdfast(command);
    assertThat(result.exitCode()).as(result.all()).isZero();
    return result;
  }

  private static void housekeeper(Site site) {
    site.controlPlane().execute("UPDATE devices SET housekeeper = true WHERE id = ?", Site.DEVICE);
  }

  private static List<Map<String, Object>> problems(ControlPlane psql) {
    return psql.rows(
        "SELECT code, severity, message FROM problems WHERE source = 'repository' ORDER BY code");
  }

  @TestOnEveryRestic
  void false_snapshots_push_no_real_one_out(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      housekeeper(site);
      psql.execute(
          "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('two', 2, true)");
      Path www = site.source("www", 2);
      UUID job = psql.job(Site.DEVICE, "www", www.toString());
      backUp(site, 3);
      Set<String> real = inRepository(site);
      HandMade others = new HandMade(restic, site);
      for (int day = 1; day <= 14; day++) {
        String time = "2099-01-" + (10 + day) + " 00:00:00";
        others.planted(Site.DEVICE, job, "www", time, site.source("empty", 0));
      }
      others.planted(Site.DEVICE, job, "www", "2026-02-01 00:00:00", site.source("empty", 0));
      assertThat(done(site, "forget", "--dry-run", "www").out())
          .contains("1 would go, 2 would stay", "15 more bear its tag");

      assertThat(done(site, "housekeep", "forget").out())
          .contains("snapshots removed: 1", "snapshots kept: 2");
      assertThat(inRepository(site)).hasSize(17);
      assertThat(real.stream().filter(inRepository(site)::contains)).hasSize(2);
      assertThat(problems(psql))
          .singleElement()
          .satisfies(problem ->
              assertThat(problem)
                  .containsEntry("code", "snapshots-untold")
                  .extractingByKey("message")
                  .asString()
                  .startsWith("15 snapshots"));
      assertThat(psql.rows("SELECT FROM untold_snapshots")).hasSize(15);
    }
  }

  /** A snapshot with the tags of the job, newer than all others, with a crontab in it. */
  private String trojan(Site site, Path restic, UUID job, Path www, Path outside) throws Exception {
    Set<String> before = inRepository(site);
    String letter = Files.readString(www.resolve("file-1"));
    Files.writeString(www.resolve("file-1"), "trojan");
    Files.writeString(outside, "* * * * * root id");
    new HandMade(restic, site).planted(Site.DEVICE, job, "www", now(site), www, outside);
    Files.writeString(www.resolve("file-1"), letter);
    Files.delete(outside);
    Set<String> after = inRepository(site);
    after.removeAll(before);
    assertThat(after).hasSize(1);
    return after.iterator().next();
  }

  private static String now(Site site) {
    return String.valueOf(
        site.controlPlane()
            .row("SELECT to_char(now() + interval '5 minutes', 'YYYY-MM-DD HH24:MI:SS') AS t")
            .get("t"));
  }

  @Test
  void a_false_snapshot_is_nobodys_latest_and_comes_back_over_no_file() throws Exception {
    Path restic = ResticBinaries.current();
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      Path www = site.source("www", 3);
      Path outside = site.directory().resolve("src/pwn");
      UUID job = psql.job(Site.DEVICE, "www", www.toString());
      backUp(site, 1);
      String real = inRepository(site).iterator().next();
      String trojan = trojan(site, restic, job, www, outside);
      assertThat(site.holdfast("snapshots", "www").out().lines().toList())
          .anyMatch(line -> line.contains(trojan.substring(0, 8)) && line.endsWith("NO"))
          .anyMatch(line -> line.contains(real.substring(0, 8)) && line.endsWith("yes"));

      Files.writeString(www.resolve("file-1"), "lost");
      done(site, "restore", "www", "--in-place", "--overwrite", "always");
      assertThat(www.resolve("file-1")).content().startsWith("www 1");
      assertThat(outside).doesNotExist();
      done(site, "prove", "www");
      assertThat(psql.rows("SELECT snapshot_id AS id FROM verifications"))
          .containsExactly(Map.of("id", real));

      String[] inPlace = {"restore", trojan, "--in-place", "--overwrite", "always"};
      Result refused = site.holdfast(inPlace);
      assertThat(refused.exitCode()).isEqualTo(4);
      assertThat(refused.err())
          .contains("no run of this device has told of snapshot " + trojan, "believe_snapshots");

      withoutDatabase(site);
      done(site, "restore", "www", "--in-place", "--overwrite", "always");
      assertThat(www.resolve("file-1"))
          .as("by the machine's own record")
          .content()
          .startsWith("www 1");
      assertThat(site.holdfast(inPlace).err())
          .contains("this machine has no record of snapshot " + trojan, "--believe");
      assertThat(outside).doesNotExist();
      done(site, "restore", trojan, "--in-place", "--overwrite", "always", "--believe");
      assertThat(www.resolve("file-1")).hasContent("trojan");
      assertThat(outside).as("what the job does not back up stays where it is").doesNotExist();
      Result beside =
          site.holdfast(
              "restore",
              trojan,
              "--in-place",
              "--overwrite",
              "always",
              "--believe",
              "--exclude",
              "file-0");
      assertThat(beside.err()).contains(outside + ", which is none of the job's source paths");
      assertThat(outside).doesNotExist();
    }
  }

  @Test
  void a_row_brings_back_the_latest_of_which_a_run_has_told(@TempDir Path elsewhere)
      throws Exception {
    Path restic = ResticBinaries.current();
    try (Site site = new Site(directory, restic)) {
      RestoreRequests rows = new RestoreRequests(site);
      Path back = elsewhere.toRealPath();
      rows.permit(back.toString());
      UUID job = rows.job("www", 3);
      String real = inRepository(site).iterator().next();
      Path www = site.directory().resolve("src/www");
      trojan(site, restic, job, www, site.directory().resolve("src/pwn"));
      site.daemon();
      Map<String, Object> answer = rows.answer(rows.ask(job, back.resolve("www")));
      assertThat(answer).containsEntry("restore", "success").containsEntry("snapshot_id", real);
    }
  }

  private static void withoutDatabase(Site site) throws IOException {
    Process daemon = site.daemon();
    Site.eventually().until(() -> Files.exists(site.configCache()));
    Site.stop(daemon);
    Object login =
        site.controlPlane().row("SELECT role_name FROM holdfast.device_logins").get("role_name");
    site.controlPlane().execute("ALTER ROLE " + login + " NOLOGIN");
  }

  @Test
  void a_repository_that_somebody_has_emptied_is_an_error_and_its_rows_stay() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      housekeeper(site);
      psql.job(Site.DEVICE, "www", site.source("www", 2).toString());
      backUp(site, 2);
      done(site, "housekeep", "catalogue");
      assertThat(problems(psql)).isEmpty();
      try (Stream<Path> files = Files.list(site.repository().resolve("snapshots"))) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      for (int i = 0; i < 2; i++) {
        done(site, "housekeep", "catalogue");
        assertThat(problems(psql))
            .singleElement()
            .satisfies(problem ->
                assertThat(problem)
                    .containsEntry("code", "snapshots-vanished")
                    .containsEntry("severity", "error"));
        backUp(site, 1);
      }
      assertThat(psql.rows("SELECT FROM snapshots WHERE vanished_at IS NOT NULL")).hasSize(2);
      psql.execute("SELECT holdfast.acknowledge_vanished()");
      done(site, "housekeep", "catalogue");
      assertThat(problems(psql)).isEmpty();
      assertThat(psql.rows("SELECT FROM snapshots")).hasSize(4);
    }
  }

  @TestOnEveryRestic
  void a_forget_that_the_storage_refuses_has_failed_and_the_rows_stay(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic);
        RestServer server =
            new RestServer(site.repository().getParent(), directory.resolve("server"))) {
      ControlPlane psql = site.controlPlane();
      housekeeper(site);
      psql.execute(
          "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('one', 1, true)");
      psql.job(Site.DEVICE, "www", site.source("www", 2).toString());
      psql.setting("repository_url", "rest:" + server.devicesUrl() + "/repo");
      backUp(site, 3);
      Result refused = site.holdfast("housekeep", "forget");
      assertThat(refused.exitCode()).as(refused.all()).isNotZero();
      assertThat(inRepository(site)).hasSize(3);
      assertThat(psql.rows("SELECT FROM snapshots WHERE vanished_at IS NULL")).hasSize(3);
      assertThat(psql.rows("SELECT status FROM housekeeping_runs"))
          .containsExactly(Map.of("status", "failed"));
      assertThat(problems(psql)).hasSize(1);
      if (restic.equals(ResticBinaries.current())) {
        assertThat(refused.out()).contains("the storage has not removed 2 snapshots");
        assertThat(psql.row("SELECT restic_errors FROM housekeeping_runs").get("restic_errors"))
            .asString()
            .contains("unable to remove");
      }

      psql.setting("repository_url", site.repository().toString());
      assertThat(done(site, "housekeep", "forget").out()).contains("snapshots removed: 2");
      assertThat(inRepository(site)).hasSize(1);
      assertThat(psql.rows("SELECT FROM snapshots")).hasSize(1);
      assertThat(problems(psql)).isEmpty();
    }
  }

  @Test
  void a_forget_of_most_snapshots_waits_for_an_admins_word() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      housekeeper(site);
      psql.setting("forget_brake_minimum", "1");
      psql.execute(
          "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('one', 1, true)");
      UUID job = psql.job(Site.DEVICE, "www", site.source("www", 2).toString());
      backUp(site, 4);
      Result held = site.holdfast("housekeep", "forget");
      assertThat(held.exitCode()).as(held.all()).isNotZero();
      assertThat(held.out())
          .contains("would go of 1 job: \"www\" of " + Site.DEVICE, "allow_forget('" + job + "')");
      assertThat(inRepository(site)).hasSize(4);
      assertThat(problems(psql))
          .extracting(problem -> problem.get("code"))
          .containsExactly("forget-held-back");
      psql.execute("SELECT holdfast.allow_forget(?)", job);
      done(site, "housekeep", "forget");
      assertThat(inRepository(site)).hasSize(1);
      assertThat(problems(psql)).isEmpty();
    }
  }

  @Test
  void what_nobody_told_of_is_not_copied() throws Exception {
    Path restic = ResticBinaries.current();
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      SecondRepository second = SecondRepository.made(site, restic);
      Path www = site.source("www", 2);
      UUID job = psql.job(Site.DEVICE, "www", www.toString());
      backUp(site, 1);
      new HandMade(restic, site).planted(Site.DEVICE, job, "www", "2026-02-01 00:00:00", www);
      assertThat(second.housekeep("copy")).contains("snapshots copied: 1");
      assertThat(second.snapshots()).hasSize(1);
      assertThat(psql.rows("SELECT FROM jobs_without_copy")).isEmpty();
      assertThat(psql.rows("SELECT FROM snapshots WHERE told AND original_id IS NOT NULL"))
          .hasSize(1);
    }
  }
}
