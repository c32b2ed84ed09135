package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnEveryRestic;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;

/** A run row holds what restic itself says of the snapshot, with every restic that is supported. */
class RunRowIT {

  @TempDir private Path directory;

  @TestOnEveryRestic
  void its_counts_are_those_of_restics_summary_and_of_the_snapshot(Path restic) throws Exception {
    try (Site site = new Site(directory, ResticBinaries.bound(restic, directory))) {
      // The first run makes it.
      site.removeRepository();
      Path source = site.source("tree", 6);
      UUID job = site.controlPlane().job(Site.DEVICE, "tree", source.toString());
      assertThat(site.holdfast("backup", "tree").exitCode()).isZero();

      Files.writeString(source.resolve("file-1"), "changed");
      Files.writeString(source.resolve("new-1"), "new");
      Files.writeString(source.resolve("new-2"), "new too");
      Path unreadable = Files.writeString(source.resolve("file-2"), "secret");
      Files.setPosixFilePermissions(unreadable, PosixFilePermissions.fromString("---------"));

      assertThat(site.holdfast("backup", "tree").exitCode()).isEqualTo(3);

      Map<String, Object> run = site.runs("tree").getLast();
      assertThat(run)
          .containsEntry("status", "failed")
          .containsEntry("outcome", "partial")
          .containsEntry("exit_code", 3)
          .containsEntry("triggered_by", "manual")
          .containsEntry("error_count", 1L);
      assertThat((String) run.get("error_message"))
          .startsWith(
              "the snapshot is incomplete: 1 file or directory could not be read, the first ")
          .contains(unreadable.toString());
      JsonNode summary = summary(run);
      assertThat(run)
          .containsEntry("files_new", summary.path("files_new").asLong())
          .containsEntry("files_changed", summary.path("files_changed").asLong())
          .containsEntry("files_unmodified", summary.path("files_unmodified").asLong())
          .containsEntry("dirs_new", summary.path("dirs_new").asLong())
          .containsEntry("dirs_changed", summary.path("dirs_changed").asLong())
          .containsEntry("dirs_unmodified", summary.path("dirs_unmodified").asLong())
          .containsEntry("data_added_bytes", summary.path("data_added").asLong())
          .containsEntry("total_files_processed", summary.path("total_files_processed").asLong())
          .containsEntry("total_bytes_processed", summary.path("total_bytes_processed").asLong())
          .containsEntry("snapshot_id", summary.path("snapshot_id").asText());
      assertThat(run)
          .containsEntry("files_new", 2L)
          .containsEntry("files_changed", 1L)
          .containsEntry("files_unmodified", 4L);

      String id = (String) run.get("snapshot_id");
      JsonNode stats = site.restic("stats", "--mode", "restore-size", id);
      assertThat(stats.path("total_size").asLong()).isEqualTo(run.get("total_bytes_processed"));
      JsonNode snapshot = site.restic("snapshots", id).path(0);
      assertThat(snapshot.path("id").asText()).startsWith(id);
      assertThat(snapshot.path("hostname").asText()).isEqualTo("Test Device");
      assertThat(snapshot.path("tags").valueStream().map(JsonNode::asText))
          .contains(
              "backup:" + job,
              "backup_name=tree",
              "origin=Test Device",
              "device=" + Site.DEVICE,
              "run=" + run.get("run_uuid"));
      assertThat(site.restic("snapshots")).hasSize(2);
    }
  }

  @TestOnEveryRestic
  void a_missing_source_makes_it_partial_whatever_restic_makes_of_it(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      Path source = site.source("tree", 2);
      String missing = directory.resolve("not-there").toString();
      site.controlPlane().job(Site.DEVICE, "tree", source.toString(), missing);

      assertThat(site.holdfast("backup", "tree").exitCode()).isEqualTo(3);

      Map<String, Object> run = site.runs("tree").getLast();
      assertThat(run).containsEntry("outcome", "partial").containsEntry("status", "failed");
      assertThat((String) run.get("error_message"))
          .contains("the source path " + missing + " does not exist");
      assertThat(run.get("snapshot_id")).isNotNull();
      assertThat(site.controlPlane().row("SELECT code, message FROM problems"))
          .containsEntry("code", "source-missing");

      Files.createDirectory(Path.of(missing));
      assertThat(site.holdfast("backup", "tree").exitCode()).isZero();
      assertThat(site.controlPlane().rows("SELECT FROM problems")).isEmpty();
    }
  }

  @TestOnEveryRestic
  void arguments_patterns_and_tags_reach_restic(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      Path source = site.source("tree with ünïcode, comma", 3);
      Files.writeString(source.resolve("cache.tmp"), "left out");
      site.controlPlane()
          .execute(
              "INSERT INTO backup_jobs (device_id, name, source_paths, exclude_patterns, tags, restic_args)"
                  + " VALUES (?, 'tree', ?, ?, ?, '[\"--limit-upload\", \"500000\", \"--exclude-caches\"]')",
              Site.DEVICE,
              new String[] {source.toString()},
              new String[] {"*.tmp"},
              new String[] {"weekly"});
      assertThat(site.holdfast("backup", "tree").exitCode()).isZero();
      assertThat(site.runs("tree").getLast()).containsEntry("total_files_processed", 3L);
      JsonNode snapshot = site.restic("snapshots").path(0);
      assertThat(snapshot.path("paths").path(0).asText()).isEqualTo(source.toString());
      assertThat(snapshot.path("excludes").valueStream().map(JsonNode::asText))
          .containsExactly("*.tmp");
      assertThat(snapshot.path("tags").valueStream().map(JsonNode::asText)).contains("weekly");
    }
  }

  private static JsonNode summary(Map<String, Object> run) throws Exception {
    List<String> lines = ((String) run.get("restic_output")).lines().toList();
    return new ObjectMapper()
        .readTree(
            lines.stream().filter(line -> line.contains("\"summary\"")).findFirst().orElseThrow());
  }
}
