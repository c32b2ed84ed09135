package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;

/** What docs/machines.md, docs/jobs.md and docs/migrating.md say that happens. */
class MachinesIT {

  private static final int FILES = 5;

  @TempDir private Path directory;

  private static Map<String, Object> backedUp(Site site, String job) {
    Program.Result result = site.holdfast("backup", job);
    assertThat(result.exitCode()).as(result.all()).isZero();
    return site.runs(job).getLast();
  }

  @TestOnCurrentRestic
  void a_renamed_machine_reads_everything_once_more_and_stores_nothing_twice(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      Path source = site.source("home", FILES - 1);
      byte[] noise = new byte[1_000_000];
      new Random(1).nextBytes(noise);
      Files.write(source.resolve("noise"), noise);
      psql.job(Site.DEVICE, "home", source.toString());
      assertThat((Long) backedUp(site, "home").get("data_added_bytes")).isGreaterThan(1_000_000);
      assertThat(backedUp(site, "home")).containsEntry("files_unmodified", (long) FILES);

      psql.execute("UPDATE devices SET name = 'another name'");
      Map<String, Object> renamed = backedUp(site, "home");
      assertThat(renamed).containsEntry("files_new", (long) FILES);
      assertThat((Long) renamed.get("data_added_bytes")).isLessThan(100_000);
      assertThat(backedUp(site, "home")).containsEntry("files_unmodified", (long) FILES);
      assertThat(psql.rows("SELECT DISTINCT job_id FROM runs")).hasSize(1);
    }
  }

  @TestOnCurrentRestic
  void a_renamed_job_reads_nothing_anew(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      psql.job(Site.DEVICE, "home", site.source("home", FILES).toString());
      backedUp(site, "home");
      psql.execute("UPDATE backup_jobs SET name = 'homes'");
      assertThat(backedUp(site, "homes")).containsEntry("files_unmodified", (long) FILES);
      assertThat(psql.rows("SELECT job_name FROM runs ORDER BY start_time"))
          .containsExactly(Map.of("job_name", "home"), Map.of("job_name", "homes"));
      assertThat(site.holdfast("snapshots", "homes", "--json").out().lines())
          .as("old and new ones are one history")
          .anyMatch(line -> line.contains("\"id\""));
    }
  }

  @TestOnCurrentRestic
  void a_moved_job_takes_its_snapshots_along(Path restic) throws Exception {
    try (Site first = new Site(directory, restic);
        Site second = first.another("second")) {
      ControlPlane psql = first.controlPlane();
      UUID job = psql.job(Site.DEVICE, "home", first.source("home", FILES).toString());
      String before = (String) backedUp(first, "home").get("snapshot_id");
      psql.execute("UPDATE backup_jobs SET device_id = 'second' WHERE id = ?", job);

      assertThat(first.holdfast("backup", "home").exitCode()).as("it is gone here").isEqualTo(4);
      assertThat(second.holdfast("sync").exitCode()).isZero();
      Path back = directory.resolve("back");
      Program.Result restored = second.holdfast("restore", "home", "--to", back.toString());
      assertThat(restored.exitCode()).as(restored.all()).isZero();
      assertThat(
              back.resolve(first.source("home", FILES).toString().substring(1)).resolve("file-1"))
          .exists();
      Program.Result inPlace =
          second.holdfast("restore", before, "--in-place", "--overwrite", "always");
      assertThat(inPlace.exitCode()).as("it is not what this machine has made").isNotZero();

      psql.execute("UPDATE devices SET name = 'Second' WHERE id = 'second'");
      assertThat(backedUp(second, "home"))
          .containsEntry("device_id", "second")
          .containsEntry("files_new", (long) FILES);
      assertThat(psql.row("SELECT device_id FROM runs ORDER BY start_time LIMIT 1"))
          .containsEntry("device_id", Site.DEVICE);
    }
  }

  @TestOnCurrentRestic
  void an_existing_repository_is_gone_on_in_and_its_old_snapshots_are_left_alone(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      Path source = site.source("home", FILES);
      restic(site, restic, "backup", "--host", "Test Device", source.toString());
      psql.job(Site.DEVICE, "home", source.toString());
      assertThat(backedUp(site, "home"))
          .as("host and paths are those of the old snapshot")
          .containsEntry("files_unmodified", (long) FILES);

      psql.execute("UPDATE devices SET housekeeper = true");
      psql.execute(
          "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('one', 1, true)");
      Files.writeString(source.resolve("file-1"), "changed");
      backedUp(site, "home");
      for (String kind : List.of("catalogue", "forget", "prune")) {
        Program.Result result = site.holdfast("housekeep", kind);
        assertThat(result.exitCode()).as(result.all()).isZero();
      }
      assertThat(psql.rows("SELECT (job_id IS NULL) AS old FROM snapshots ORDER BY time"))
          .as("the old one, and the newest of the job")
          .containsExactly(Map.of("old", true), Map.of("old", false));

      String old = (String) psql.row("SELECT id FROM snapshots WHERE job_id IS NULL").get("id");
      assertThat(site.holdfast("snapshots", "--all").out()).contains(old.substring(0, 8));
      Program.Result restored =
          site.holdfast("restore", old, "--to", directory.resolve("back").toString());
      assertThat(restored.exitCode()).as(restored.all()).isZero();
    }
  }

  private static void restic(Site site, Path restic, String... arguments) {
    List<String> command = new ArrayList<>(List.of(restic.toString()));
    command.addAll(List.of(arguments));
    Program.Result result =
        Program.run(
            Map.of(
                "RESTIC_REPOSITORY", site.repository().toString(),
                "RESTIC_PASSWORD", Site.REPOSITORY_PASSWORD,
                "RESTIC_CACHE_DIR", site.directory().resolve("admin-cache").toString()),
            command);
    assertThat(result.exitCode()).as(result.all()).isZero();
  }

  /** The patterns of the table in docs/jobs.md. */
  @TestOnCurrentRestic
  void patterns_leave_out_what_the_page_says(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      Path source = site.directory().resolve("src");
      for (String file :
          List.of(
              "www/cache/x",
              "www/page",
              "deep/er/a.tmp",
              "app/node_modules/lib/x",
              "app/my_node_modules/x",
              "deep/cache/a.bin",
              "deep/cache/er/a.bin",
              "deep/cache/a.txt",
              "homes/ann/.cache/x",
              "homes/ann/sub/.cache/x",
              "photos/2024/05/thumbs/x",
              "photos/thumbs/x",
              "Thumbs.db",
              "thumbs.db",
              "THUMBS.db",
              "a.bak",
              "ab.bak",
              "UPPER.TMP")) {
        write(source.resolve(file));
      }
      UUID job = site.controlPlane().job(Site.DEVICE, "all", source.toString());
      site.controlPlane()
          .execute(
              "UPDATE backup_jobs SET exclude_patterns = ? WHERE id = ?",
              new String[] {
                source + "/www/cache",
                "*.tmp",
                "node_modules",
                "cache/*.bin",
                source + "/homes/*/.cache",
                source + "/photos/**/thumbs",
                "[Tt]humbs.db",
                "?.bak"
              },
              job);
      String id = (String) backedUp(site, "all").get("snapshot_id");
      assertThat(
              site.holdfast("ls", id, "--recursive")
                  .out()
                  .lines()
                  .filter(line -> line.contains("/src/")))
          .as("files that are there")
          .extracting(line -> line.replaceFirst(".*/src/", ""))
          .filteredOn(name -> Files.isRegularFile(source.resolve(name)))
          .containsExactlyInAnyOrder(
              "www/page",
              "app/my_node_modules/x",
              "deep/cache/er/a.bin",
              "deep/cache/a.txt",
              "homes/ann/sub/.cache/x",
              "THUMBS.db",
              "ab.bak",
              "UPPER.TMP");

      site.controlPlane()
          .execute(
              "UPDATE backup_jobs SET restic_args = '[\"--iexclude=*.TMP\"]', exclude_patterns = NULL");
      id = (String) backedUp(site, "all").get("snapshot_id");
      assertThat(site.holdfast("ls", id, "--recursive").out())
          .contains("a.bak")
          .doesNotContain("UPPER.TMP")
          .doesNotContain("a.tmp");
    }
  }

  private static void write(Path file) throws IOException {
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Files.writeString(file, "x");
  }
}
