package io.holdfast.agent.testing;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What every fault test ends with: the repository's snapshots, the spool and the run rows are
 * compared, and nothing may be lost, doubled or left {@code running}.
 */
public final class Books {

  private static final String RUN_TAG = "run=";

  private Books() {}

  /**
   * Waits until the device has come to rest, then compares. Needs the control plane and a daemon.
   */
  public static void balance(Site site) throws IOException {
    eventually()
        .until(() ->
            waiting(site).isEmpty()
                && site.controlPlane().rows("SELECT FROM runs WHERE status = 'running'").isEmpty());
    assertThat(files(site.state().resolve("spool/refused"))).as("refused records").isEmpty();

    Map<String, String> snapshotOfRun = new TreeMap<>();
    for (JsonNode snapshot : site.restic("snapshots")) {
      if (tags(snapshot).contains(AdminRestic.BY_HAND)) {
        continue;
      }
      List<String> runs =
          tags(snapshot).stream()
              .filter(tag -> tag.startsWith(RUN_TAG))
              .map(tag -> tag.substring(RUN_TAG.length()))
              .toList();
      assertThat(runs).as("the run tags of snapshot %s", snapshot.path("id").asText()).hasSize(1);
      assertThat(snapshotOfRun.put(runs.getFirst(), snapshot.path("id").asText()))
          .as("a second snapshot of run %s", runs.getFirst())
          .isNull();
    }
    Map<String, String> rows = new TreeMap<>();
    for (Map<String, Object> row :
        site.controlPlane()
            .rows("SELECT run_uuid::text AS run, snapshot_id, outcome FROM runs ORDER BY id")) {
      boolean made = List.of("success", "partial").contains(String.valueOf(row.get("outcome")));
      assertThat(row.get("snapshot_id") != null).as("run %s", row).isEqualTo(made);
      if (made) {
        rows.put((String) row.get("run"), (String) row.get("snapshot_id"));
      }
    }
    assertThat(rows.keySet())
        .as("runs with a snapshot by their rows, against those that the repository holds")
        .isEqualTo(snapshotOfRun.keySet());
    // restic 0.14 gives eight digits of the id.
    rows.forEach((run, id) -> assertThat(snapshotOfRun.get(run)).as("run %s", run).startsWith(id));
  }

  /** The records in the spool that the control plane does not have yet. */
  public static List<Path> waiting(Site site) throws IOException {
    return files(site.state().resolve("spool")).stream()
        .filter(file -> file.toString().endsWith(".json"))
        .toList();
  }

  private static List<Path> files(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  private static List<String> tags(JsonNode snapshot) {
    List<String> tags = new ArrayList<>();
    snapshot.path("tags").forEach(tag -> tags.add(tag.asText()));
    return tags;
  }
}
