package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.AdminRestic;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.SecondRepository;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots are copied into a further repository, and everybody sees where each is. */
class CopyIT {

  @TempDir private Path directory;

  private static void backUp(Site site, String... jobs) {
    for (String job : jobs) {
      Result backup = site.holdfast("backup", job);
      assertThat(backup.exitCode()).as(backup.all()).isZero();
    }
  }

  private static Set<String> ids(ControlPlane psql, String sql) {
    return psql.rows(sql).stream().map(row -> (String) row.get("id")).collect(Collectors.toSet());
  }

  @TestOnCurrentRestic
  void exactly_the_snapshots_of_the_chosen_jobs_are_copied_and_only_once(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      SecondRepository second = SecondRepository.yetToBeMade(site, restic);
      psql.job(Site.DEVICE, "both", site.source("both", 2).toString());
      UUID here = psql.job(Site.DEVICE, "here", site.source("here", 2).toString());
      psql.execute("UPDATE backup_jobs SET copy_to = '{}' WHERE id = ?", here);
      backUp(site, "both", "both", "here");
      new AdminRestic(restic, site).backUp(site.source("by-hand", 1));

      assertThat(second.housekeep("copy")).contains("snapshots copied: 2");
      assertThat(second.snapshots()).hasSize(2);
      assertThat(second.housekeep("copy")).contains("snapshots copied: 0");
      assertThat(second.snapshots())
          .hasSize(2)
          .allMatch(snapshot -> snapshot.path("tags").toString().contains("backup_name=both"));

      assertThat(psql.row("SELECT count(*) AS n FROM snapshot_copies WHERE copies = 2"))
          .containsEntry("n", 2L);
      assertThat(psql.rows("SELECT job_name FROM snapshot_copies WHERE copies = 1"))
          .hasSize(2)
          .contains(Map.of("job_name", "here"));
      assertThat(ids(psql, "SELECT original_id AS id FROM snapshots WHERE original_id IS NOT NULL"))
          .isEqualTo(
              site.restic("snapshots", "--tag", "backup_name=both")
                  .valueStream()
                  .map(snapshot -> snapshot.path("id").asText())
                  .collect(Collectors.toSet()));
      assertThat(second.run("cat", "config").lines().filter(line -> line.contains("chunker")))
          .as("so that data is shared")
          .isEqualTo(
              new AdminRestic(restic, site)
                  .run("cat", "config")
                  .lines()
                  .filter(line -> line.contains("chunker"))
                  .toList());
      assertThat(RunningRestic.locks(site)).isEmpty();
    }
  }

  @TestOnCurrentRestic
  void a_target_is_kept_house_in_by_its_own_policy(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      SecondRepository second = SecondRepository.made(site, restic);
      psql.execute("INSERT INTO retention_policies (name, keep_last) VALUES ('one', 1)");
      psql.execute("UPDATE copy_targets SET retention_policy = 'one'");
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      backUp(site, "home", "home", "home");
      second.housekeep("copy");
      assertThat(second.housekeep("forget")).contains("snapshots removed: 2");
      assertThat(second.snapshots()).hasSize(1);
      assertThat(site.restic("snapshots")).as("the source keeps its own").hasSize(3);
      assertThat(second.housekeep("copy"))
          .as("what it has forgotten does not come back")
          .contains("snapshots wanted: 0");
      backUp(site, "home");
      assertThat(second.housekeep("copy")).contains("snapshots copied: 1");
      for (String kind : Set.of("prune", "check", "check-data", "catalogue", "unlock")) {
        second.housekeep(kind);
      }
      assertThat(second.snapshots()).hasSize(2);
      assertThat(psql.rows("SELECT FROM housekeeping_runs WHERE target IS NULL")).isEmpty();
      assertThat(
              psql.rows(
                  "SELECT DISTINCT h.repository_id FROM housekeeping_runs h JOIN copy_targets USING (repository_id)"))
          .as("under the id of the target")
          .hasSize(1);
    }
  }

  @Test
  void what_leads_back_into_the_source_is_no_target_and_nothing_is_forgotten_there()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      var _ = SecondRepository.made(site, ResticBinaries.current());
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      backUp(site, "home", "home");
      Path link = Files.createSymbolicLink(directory.resolve("another-way"), site.repository());
      psql.execute("INSERT INTO retention_policies (name, keep_last) VALUES ('one', 1)");
      psql.meant(
          "UPDATE copy_targets SET retention_policy = \'one\', repository_url = ?, repository_password = ?",
          link.toString(),
          Site.REPOSITORY_PASSWORD);
      for (String kind : Set.of("copy", "forget")) {
        Result refused = site.holdfast("housekeep", kind, "--target", SecondRepository.NAME);
        assertThat(refused.exitCode()).isNotZero();
        assertThat(refused.all()).contains("is the repository that is to be copied");
      }
      assertThat(site.restic("snapshots")).hasSize(2);
      assertThat(psql.row("SELECT repository_id FROM copy_targets"))
          .containsEntry("repository_id", null);
    }
  }

  @Test
  void a_job_whose_newest_snapshot_is_not_copied_is_shown_until_it_is() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      SecondRepository second = SecondRepository.made(site, ResticBinaries.current());
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      backUp(site, "home", "home");
      assertThat(
              psql.row(
                  "SELECT job_name, target, newest_copy_at, since = (SELECT min(time) FROM snapshots) AS since"
                      + " FROM jobs_without_copy"))
          .containsEntry("job_name", "home")
          .containsEntry("target", "offsite")
          .containsEntry("newest_copy_at", null)
          .containsEntry("since", true);
      second.housekeep("copy");
      assertThat(psql.rows("SELECT FROM jobs_without_copy")).isEmpty();
      backUp(site, "home");
      assertThat(
              psql.rows(
                  "SELECT FROM jobs_without_copy WHERE since = newest_at AND newest_copy_at < since"))
          .hasSize(1);
    }
  }

  @Test
  void a_target_that_is_away_is_a_problem_and_backups_go_on() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      SecondRepository second = SecondRepository.yetToBeMade(site, ResticBinaries.current());
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      backUp(site, "home");
      Files.delete(second.place().getParent());
      psql.execute(
          "INSERT INTO housekeeping (kind, target, schedule_type, interval_seconds) VALUES ('copy', 'offsite', 'interval', 1)");
      Process daemon = site.daemon();
      eventually()
          .untilAsserted(() ->
              assertThat(psql.row("SELECT subject, code FROM problems WHERE source = 'repository'"))
                  .containsEntry("subject", "copy target offsite, copy")
                  .containsEntry("code", "target-unreachable"));
      backUp(site, "home");
      Site.stop(daemon);
      Files.createDirectory(second.place().getParent());
      second.housekeep("copy");
      assertThat(psql.rows("SELECT FROM problems WHERE source = 'repository'")).isEmpty();
      assertThat(second.snapshots()).hasSize(2);
    }
  }

  @Test
  void copies_are_made_by_schedule_and_a_repository_only_where_the_row_allows_it()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      SecondRepository second = SecondRepository.yetToBeMade(site, ResticBinaries.current());
      psql.execute("UPDATE copy_targets SET auto_init = false");
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      backUp(site, "home");
      Result refused = site.holdfast("housekeep", "copy", "--target", "offsite");
      assertThat(refused.exitCode()).isNotZero();
      assertThat(refused.all()).contains("auto_init");
      assertThat(second.place()).doesNotExist();
      psql.execute("UPDATE copy_targets SET auto_init = true");
      psql.execute(
          "INSERT INTO housekeeping (kind, target, schedule_type, interval_seconds) VALUES ('copy', 'offsite', 'interval', 2)");
      site.daemon();
      eventually()
          .untilAsserted(() ->
              assertThat(psql.rows("SELECT FROM snapshot_copies WHERE copies = 2")).hasSize(1));
      backUp(site, "home");
      eventually()
          .untilAsserted(() ->
              assertThat(psql.rows("SELECT FROM snapshot_copies WHERE copies = 2")).hasSize(2));
      assertThat(psql.rows("SELECT FROM jobs_without_copy")).isEmpty();
    }
  }
}
