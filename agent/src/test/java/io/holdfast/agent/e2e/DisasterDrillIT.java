package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Fleet;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;

/** docs/disaster-recovery.md, step by step: what is lost, and how it comes back. */
class DisasterDrillIT {

  private static final String DUMPER_PASSWORD = "dumper-pass-2718-quux";
  private static final UUID RELICA_JOB = UUID.fromString("0e1c0000-0000-4000-8000-000000000001");

  /** What a dump must bring back as it was. */
  private static final List<String> TABLES =
      List.of(
          "devices",
          "backup_jobs",
          "schedules",
          "settings",
          "audit_log",
          "missed_runs",
          "requests",
          "holdfast.device_logins");

  @TempDir private Path directory;

  private Path source(String name, int files) throws IOException {
    Path source = Files.createDirectories(directory.resolve("src").resolve(name));
    for (int i = 0; i < files; i++) {
      Files.writeString(source.resolve("file " + i), name + " " + i + "\n".repeat(i));
    }
    return source;
  }

  /** Two machines, three jobs of files, one of which fails, and the control plane's own. */
  private ControlPlane populated(Fleet fleet) throws IOException {
    fleet.createDatabase();
    ControlPlane psql = fleet.migrated();
    fleet.admin();
    fleet.onServer(
        "CREATE ROLE dumper LOGIN PASSWORD '" + DUMPER_PASSWORD + "' IN ROLE backup_admin");
    settings(fleet, psql);
    fleet.machine("web-01").enrol("Web 1");
    fleet.machine("db-01").enrol("Database 1");
    fleet.machine("db-01").dumpsControlPlane("dumper", DUMPER_PASSWORD);
    UUID www = psql.job("web-01", "www", source("www", 20).toString());
    psql.execute(
        "UPDATE backup_jobs SET tags = '{daily}', exclude_patterns = '{*.tmp}', origin_name = 'blade',"
            + " account_id = '0e1c0000-0000-4000-8000-00000000000a' WHERE id = ?",
        www);
    psql.cron(www, "0 2 1 1 *");
    psql.job("web-01", "gone", directory.resolve("src/gone").toString());
    psql.job("db-01", "etc", source("etc", 30).toString());
    psql.execute(
        "INSERT INTO backup_jobs (device_id, name, kind) VALUES ('db-01', 'control plane', 'control-plane')");
    return psql;
  }

  private static void settings(Fleet fleet, ControlPlane psql) {
    psql.setting("repository_url", fleet.repository().toString());
    psql.setting("repository_password", Fleet.REPOSITORY_PASSWORD);
    psql.setting("repository_auto_init", "true");
  }

  private static void backup(Fleet fleet, String machine, String job, int exitCode) {
    Result result = fleet.machine(machine).holdfast("backup", job);
    assertThat(result.exitCode()).as(result.all()).isEqualTo(exitCode);
  }

  private void history(Fleet fleet) throws IOException {
    backup(fleet, "web-01", "www", 0);
    Files.writeString(directory.resolve("src/www/new"), "new\n");
    backup(fleet, "web-01", "www", 0);
    backup(fleet, "web-01", "gone", 1);
    backup(fleet, "db-01", "etc", 0);
  }

  private static Map<String, Object> counts(ControlPlane psql) {
    Map<String, Object> counts = new TreeMap<>();
    TABLES.forEach(table ->
        counts.put(
            table,
            Objects.requireNonNull(psql.row("SELECT count(*) AS n FROM " + table).get("n"))));
    return counts;
  }

  /** All that was ever told of each run, by its uuid. */
  private static Map<Object, Map<String, Object>> runs(ControlPlane psql, String condition) {
    return psql
        .rows(
            "SELECT run_uuid, job_id, job_name, device_id, start_time, end_time, outcome, snapshot_id,"
                + " files_new, files_changed, files_unmodified, dirs_new, data_added_bytes,"
                + " total_files_processed, total_bytes_processed, triggered_by FROM runs WHERE "
                + condition)
        .stream()
        .collect(Collectors.toMap(row -> row.get("run_uuid"), row -> row));
  }

  private static void requestBackup(ControlPlane psql, String job) {
    Object request =
        psql.row(
                "INSERT INTO requests (kind, job_id) SELECT 'backup', id FROM backup_jobs WHERE name = ?"
                    + " RETURNING id",
                job)
            .get("id");
    eventually()
        .until(() ->
            Objects.equals(
                "done",
                psql.row("SELECT status FROM requests WHERE id = ?", request).get("status")));
    assertThat(psql.row("SELECT result ->> 'outcome' AS o FROM requests WHERE id = ?", request))
        .containsEntry("o", "success");
  }

  private static Path restored(Fleet fleet, String snapshot, Path to) {
    fleet.recover("--restore", snapshot, "--to", to.toString());
    return to;
  }

  /** The newest snapshot of the job, as one who knows nothing else finds it. */
  private static String newest(Fleet fleet, String job) throws IOException {
    for (JsonNode line : new ObjectMapper().readTree(fleet.recover("--json"))) {
      if (line.path("job_name").asText().equals(job)) {
        return line.path("newest_id").asText();
      }
    }
    throw new AssertionError("nothing of job " + job + " is there");
  }

  private static Path dumpIn(Path restored) throws IOException {
    try (Stream<Path> files = Files.walk(restored)) {
      return files
          .filter(file -> file.getFileName().toString().equals("control-plane.dump.age"))
          .findFirst()
          .orElseThrow();
    }
  }

  /** The database on the empty server, from the dump that the repository holds. */
  private ControlPlane fromDump(Fleet fleet) throws IOException {
    Path encrypted =
        dumpIn(restored(fleet, newest(fleet, "control plane"), directory.resolve("dump")));
    Path dump = directory.resolve("dump/control-plane.dump");
    fleet.decrypt(encrypted, dump);
    for (String role :
        List.of("backup_admin", "backup_client", "backup_viewer", "backup_shared_client")) {
      fleet.onServer("CREATE ROLE " + role);
    }
    fleet.postgres(
        "pg_restore",
        "--no-owner",
        "--role=holdfast_owner",
        "--exit-on-error",
        "--dbname=holdfast",
        dump.toString());
    return fleet.migrated();
  }

  @TestOnCurrentRestic
  void from_nothing_but_the_repository_with_a_dump_in_it_all_comes_back(Path restic)
      throws Exception {
    try (Fleet fleet = new Fleet(directory, restic)) {
      ControlPlane psql = populated(fleet);
      history(fleet);
      Map<String, Object> countsBefore = counts(psql);
      Map<Object, Map<String, Object>> runsBefore = runs(psql, "true");
      backup(fleet, "db-01", "control plane", 0);
      // These the dump cannot know.
      backup(fleet, "web-01", "gone", 1);
      backup(fleet, "db-01", "etc", 0);
      Map<Object, Map<String, Object>> runsAtLast = runs(psql, "true");
      Path lost = directory.resolve("src/etc");
      Map<String, String> files = contents(lost);

      fleet.loseDatabase();
      fleet.machine("db-01").lose();
      Files.move(lost, directory.resolve("no-more"));

      ControlPlane again = fromDump(fleet);
      assertThat(again.row("SELECT holdfast.recreate_logins() AS made")).containsEntry("made", 2);
      assertThat(counts(again)).isEqualTo(countsBefore);
      assertThat(runs(again, "status <> 'running'")).isEqualTo(runsBefore);

      // What was backed up after the dump, and the dump's own run, which it shows as going on.
      fleet.admin();
      Result rebuilt = fleet.rebuild();
      assertThat(rebuilt.exitCode()).as(rebuilt.all()).isZero();
      assertThat(rebuilt.out()).contains("0 devices, 0 jobs, 2 runs added");
      assertThat(again.rows("SELECT FROM runs WHERE status = 'running'")).isEmpty();

      Fleet.Machine survivor = fleet.machine("web-01");
      survivor.enrol("Web 1");
      survivor.daemon();
      eventually()
          .untilAsserted(
              () -> assertThat(runs(again, "true").keySet()).isEqualTo(runsAtLast.keySet()));
      assertThat(outcomes(again)).isEqualTo(outcomes(runsAtLast));
      requestBackup(again, "www");

      fleet.onServer(
          "CREATE ROLE dumper LOGIN PASSWORD '" + DUMPER_PASSWORD + "' IN ROLE backup_admin");
      Fleet.Machine anew = fleet.machine("db-01");
      anew.enrol("Database 1");
      anew.dumpsControlPlane("dumper", DUMPER_PASSWORD);
      Path back = restored(fleet, newest(fleet, "etc"), directory.resolve("back"));
      assertThat(contents(back.resolve(lost.toString().substring(1)))).isEqualTo(files);
      Files.move(directory.resolve("no-more"), lost);
      anew.daemon();
      requestBackup(again, "etc");
      requestBackup(again, "control plane");
    }
  }

  private static Map<String, String> contents(Path directory) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        contents.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return contents;
  }

  private static Map<Object, Object> outcomes(ControlPlane psql) {
    return outcomes(runs(psql, "true"));
  }

  private static Map<Object, Object> outcomes(Map<Object, Map<String, Object>> runs) {
    Map<Object, Object> outcomes = new LinkedHashMap<>();
    // restic 0.14 itself tells 8 digits of the snapshot's id.
    runs.forEach((uuid, row) ->
        outcomes.put(
            uuid,
            row.get("outcome") + " " + String.valueOf(row.get("snapshot_id")).substring(0, 4)));
    return outcomes;
  }

  /** Every file of the repository with its size and time: whether anybody wrote. */
  private static Set<String> fingerprint(Path repository) throws IOException {
    Set<String> all = new TreeSet<>();
    try (Stream<Path> files = Files.walk(repository)) {
      for (Path file : files.toList()) {
        all.add(file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file));
      }
    }
    return all;
  }

  private static List<Map<String, Object>> jobs(ControlPlane psql, String columns) {
    return psql.rows(
        "SELECT id, device_id, name, kind, account_id, origin_name"
            + columns
            + " FROM backup_jobs WHERE name NOT IN ('gone', 'laptop/home') ORDER BY id");
  }

  @TestOnCurrentRestic
  void without_a_dump_devices_jobs_and_history_come_back_from_the_snapshots(Path restic)
      throws Exception {
    try (Fleet fleet = new Fleet(directory, restic)) {
      ControlPlane psql = populated(fleet);
      history(fleet);
      fleet.restic("backup", "--host=by-hand", "--tag=mine", source("mine", 1).toString());
      fleet.restic(
          "backup",
          "--host=laptop",
          "--tag=backup:" + RELICA_JOB + ",backup_name=laptop/home,origin=laptop",
          source("laptop", 3).toString());
      Map<Object, Map<String, Object>> before = runs(psql, "outcome = 'success'");
      Map<Object, Map<String, Object>> all = runs(psql, "true");
      List<Map<String, Object>> jobsBefore =
          new ArrayList<>(jobs(psql, ", source_paths::text, coalesce(tags, '{}')::text AS tags"));
      jobsBefore.removeIf(job -> job.get("name").equals("control plane"));
      Set<String> fingerprint = fingerprint(fleet.repository());

      fleet.loseDatabase();
      ControlPlane empty = fleet.migrated();
      fleet.admin();
      Result shown = fleet.rebuild("--dry-run");
      assertThat(shown.exitCode()).as(shown.all()).isZero();
      assertThat(shown.out())
          .contains("3 devices, 3 jobs, 4 runs would be added", "1 carry no tag of a job");
      assertThat(empty.rows("SELECT FROM devices")).isEmpty();

      Result rebuilt = fleet.rebuild();
      assertThat(rebuilt.exitCode()).as(rebuilt.all()).isZero();
      assertThat(rebuilt.out()).contains("3 devices, 3 jobs, 4 runs added");
      assertThat(fingerprint(fleet.repository())).isEqualTo(fingerprint);
      assertThat(empty.rows("SELECT id, name FROM devices ORDER BY id"))
          .containsExactly(
              Map.of("id", "db-01", "name", "Database 1"),
              Map.of("id", "laptop", "name", "laptop"),
              Map.of("id", "web-01", "name", "Web 1"));
      assertThat(jobs(empty, ", source_paths::text, coalesce(tags, '{}')::text AS tags"))
          .isEqualTo(jobsBefore);
      assertThat(empty.rows("SELECT FROM backup_jobs WHERE enabled")).isEmpty();
      sameHistory(runs(empty, "device_id <> 'laptop'"), before);
      assertThat(empty.row("SELECT job_id, status FROM runs WHERE device_id = 'laptop'"))
          .containsEntry("job_id", RELICA_JOB)
          .containsEntry("status", "success");
      assertThat(empty.rows("SELECT FROM job_summary WHERE last_run_outcome = 'success'"))
          .as("what dashboards read knows of it")
          .hasSize(3);

      assertThat(empty.rows("SELECT FROM holdfast.told_snapshots"))
          .as("nobody knows which of them are really theirs")
          .isEmpty();
      assertThat(fleet.rebuild().out()).contains("0 devices, 0 jobs, 0 runs added");
      assertThat(fleet.rebuild("--believe").out()).contains("4 snapshots count from now on");
      assertThat(empty.rows("SELECT FROM holdfast.told_snapshots WHERE believed_by IS NOT NULL"))
          .hasSize(4);

      settings(fleet, empty);
      empty.execute("UPDATE backup_jobs SET enabled = true WHERE name = 'www'");
      fleet.machine("web-01").enrol("Web 1");
      fleet.machine("web-01").daemon();
      eventually()
          .untilAsserted(() ->
              assertThat(runs(empty, "device_id = 'web-01'").keySet())
                  .as("the machine tells its last days again, failures too")
                  .isEqualTo(
                      all.entrySet().stream()
                          .filter(run -> run.getValue().get("device_id").equals("web-01"))
                          .map(Map.Entry::getKey)
                          .collect(Collectors.toSet())));
      eventually()
          .untilAsserted(() ->
              assertThat(
                      empty.rows(
                          "SELECT FROM runs WHERE device_id = 'web-01' AND metadata ->> 'provisional' = 'true'"))
                  .as("its own word has taken the place of what the snapshots told")
                  .isEmpty());
      requestBackup(empty, "www");
    }
  }

  /** The times to the second or so: restic's own are those of its own start and end. */
  private static void sameHistory(
      Map<Object, Map<String, Object>> now, Map<Object, Map<String, Object>> before) {
    assertThat(now.keySet()).isEqualTo(before.keySet());
    now.forEach((uuid, row) -> {
      Map<String, Object> was = before.get(uuid);
      boolean hasFigures = row.get("files_new") != null;
      for (String column : row.keySet()) {
        boolean figure = column.matches("files_.*|dirs_.*|data_.*|total_.*");
        if (column.endsWith("_time")) {
          assertThat(seconds(row.get(column)))
              .as(column)
              .isCloseTo(seconds(was.get(column)), org.assertj.core.data.Offset.offset(60.0));
        } else if (column.equals("triggered_by")) {
          assertThat(row).containsEntry(column, "rebuilt");
        } else if (column.equals("snapshot_id")) {
          assertThat(row.get(column).toString()).startsWith(was.get(column).toString());
        } else if (!figure || hasFigures) {
          assertThat(row.get(column)).as(column).isEqualTo(was.get(column));
        }
      }
    });
  }

  private static double seconds(Object time) {
    return ((java.sql.Timestamp) time).getTime() / 1000.0;
  }
}
