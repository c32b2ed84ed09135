package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnEveryRestic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing is green that holds nothing. */
class HollowSnapshotsIT {

  @TempDir private Path directory;

  private static void empty(Path source) throws IOException {
    try (Stream<Path> files = Files.list(source)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }

  private static void fill(Path source, int files) throws IOException {
    for (int i = 0; i < files; i++) {
      Files.writeString(source.resolve("file-" + i), "film " + i);
    }
  }

  private static void good(Site site, String job) {
    Result backup = site.holdfast("backup", job);
    assertThat(backup.exitCode()).as(backup.all()).isZero();
    assertThat(problems(site, job)).isEmpty();
  }

  private static void partial(Site site, String job, String code, String sentence) {
    Result backup = site.holdfast("backup", job);
    assertThat(backup.exitCode()).as(job + ": " + backup.all()).isEqualTo(3);
    assertThat(backup.out()).contains(sentence);
    assertThat(
            site.controlPlane()
                .row(
                    "SELECT outcome, metadata ->> 'code' AS code FROM runs WHERE job_name = ?"
                        + " ORDER BY start_time DESC LIMIT 1",
                    job))
        .as(job)
        .containsEntry("outcome", "partial")
        .containsEntry("code", code);
    assertThat(problems(site, job)).as(job).containsExactly(code);
  }

  private static List<Object> problems(Site site, String job) {
    return site
        .controlPlane()
        .rows("SELECT code FROM problems WHERE source = 'run' AND subject = ?", "job " + job)
        .stream()
        .map(row -> row.get("code"))
        .toList();
  }

  private static Set<String> inRepository(Site site) throws Exception {
    return site.restic("snapshots")
        .valueStream()
        .map(snapshot -> snapshot.path("id").asText())
        .collect(Collectors.toSet());
  }

  /** The first run already: what is wrong with the job's row is wrong from the beginning. */
  @TestOnEveryRestic
  void whatever_keeps_a_snapshot_empty_it_is_partial_and_a_problem(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      Path real = site.source("real", 3);
      Path link = Files.createSymbolicLink(directory.resolve("src/link"), real);
      Path dangling =
          Files.createSymbolicLink(directory.resolve("src/dangling"), directory.resolve("no"));
      Path pipe = directory.resolve("src/pipe");
      Program.mustRun(List.of("mkfifo", pipe.toString()));
      Map<String, String> sources = new LinkedHashMap<>();
      sources.put("empty", site.source("nothing", 0).toString());
      sources.put("link", link.toString());
      sources.put("slash", link + "/");
      sources.put("dangling", dangling.toString());
      sources.put("pipe", pipe.toString());
      sources.put("device", "/dev/null");
      for (Map.Entry<String, String> source : sources.entrySet()) {
        psql.job(Site.DEVICE, source.getKey(), source.getValue());
      }
      List<String> excludes =
          List.of("real", "*", "/", directory + "/**", real.toString(), directory.toString());
      for (int i = 0; i < excludes.size(); i++) {
        UUID job = psql.job(Site.DEVICE, "exclude-" + i, real.toString());
        psql.execute(
            "UPDATE backup_jobs SET exclude_patterns = ? WHERE id = ?",
            new String[] {excludes.get(i)},
            job);
      }
      UUID arguments = psql.job(Site.DEVICE, "arguments", real.toString());
      psql.execute(
          "UPDATE backup_jobs SET restic_args = '[\"--iexclude=REAL\"]' WHERE id = ?", arguments);

      for (String job : sources.keySet()) {
        partial(site, job, "source-empty", "the snapshot is incomplete: ");
      }
      for (int i = 0; i < excludes.size(); i++) {
        partial(site, "exclude-" + i, "source-empty", "Look at exclude_patterns");
      }
      partial(site, "arguments", "source-empty", "Look at exclude_patterns and restic_args");
    }
  }

  @TestOnEveryRestic
  void a_disk_that_is_not_mounted_any_more_is_told_and_costs_no_good_snapshot(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      psql.execute("UPDATE devices SET housekeeper = true WHERE id = ?", Site.DEVICE);
      psql.execute(
          "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('one', 1, true)");
      Path films = site.source("films", 20);
      psql.job(Site.DEVICE, "films", films.toString());
      good(site, "films");
      Set<String> good = inRepository(site);

      empty(films);
      partial(
          site, "films", "source-empty", "it holds no file at all, and the last good one held 20");
      fill(films, 1);
      partial(site, "films", "source-shrunken", "it holds 1 file, and the last good one held 20");

      Result dry = site.holdfast("forget", "--dry-run", "films");
      assertThat(dry.exitCode()).as(dry.all()).isZero();
      Result forget = site.holdfast("housekeep", "forget");
      assertThat(forget.exitCode()).as(forget.all()).isZero();
      assertThat(inRepository(site)).hasSize(2).containsAll(good);

      empty(films);
      partial(site, "films", "source-empty", "the last good one held 20");
      Result proof = site.holdfast("prove", "films");
      assertThat(proof.exitCode()).as(proof.all()).isEqualTo(1);
      assertThat(psql.row("SELECT outcome, code FROM verifications"))
          .containsEntry("outcome", "failed")
          .containsEntry("code", "sample-empty");

      fill(films, 20);
      good(site, "films");
      assertThat(site.holdfast("housekeep", "forget").exitCode()).isZero();
      assertThat(inRepository(site)).as("the new good one takes its place").hasSize(1);
      assertThat(inRepository(site)).doesNotContainAnyElementsOf(good);
    }
  }

  @Test
  void an_admin_may_accept_that_there_is_less() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Path films = site.source("films", 20);
      UUID job = psql.job(Site.DEVICE, "films", films.toString());
      good(site, "films");
      empty(films);
      fill(films, 1);
      partial(site, "films", "source-shrunken", "SELECT holdfast.accept_contents('" + job + "')");
      psql.execute("SELECT holdfast.accept_contents(?)", job);
      good(site, "films");
      good(site, "films");
    }
  }

  @Test
  void one_of_several_sources_that_is_empty_now_and_was_not_is_told() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Path disk = site.source("disk", 3);
      Path never = site.source("never", 0);
      psql.job(
          Site.DEVICE, "all", site.source("etc", 60).toString(), disk.toString(), never.toString());
      good(site, "all");
      empty(disk);
      partial(site, "all", "source-empty", "below " + disk + " there is nothing");
      fill(disk, 1);
      good(site, "all");
    }
  }

  @TestOnEveryRestic
  void one_of_several_sources_that_a_pattern_leaves_out_is_told(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      Path www = site.source("www", 3);
      UUID job = psql.job(Site.DEVICE, "all", site.source("etc", 60).toString(), www + "/");
      good(site, "all");
      psql.execute("UPDATE backup_jobs SET exclude_patterns = '{www}' WHERE id = ?", job);
      partial(site, "all", "source-empty", "it does not hold " + www + "/");
      partial(site, "all", "source-empty", "is left out by a pattern");
      psql.execute("UPDATE backup_jobs SET exclude_patterns = '{file-1}' WHERE id = ?", job);
      good(site, "all");
      good(site, "all");
    }
  }

  /** A machine whose disk was lost has the memory of the control plane. */
  @Test
  void a_machine_without_a_memory_asks_the_control_plane() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      Path films = site.source("films", 20);
      site.controlPlane().job(Site.DEVICE, "films", films.toString());
      good(site, "films");
      Files.delete(site.state().resolve("last-contents.json"));
      empty(films);
      fill(films, 1);
      partial(site, "films", "source-shrunken", "the last good one held 20");
    }
  }
}
