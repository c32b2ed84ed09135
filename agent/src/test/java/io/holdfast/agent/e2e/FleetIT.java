package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.testing.AdminRestic;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.SftpServer;
import io.holdfast.agent.testing.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten machines at one repository, with housekeeping that gives them no rest. */
class FleetIT {

  private static final int MACHINES = 10;
  private static final int HOUSEKEEPERS = 3;
  private static final int RUNS_EACH = 5;
  private static final int TURNS_EACH = 3;
  private static final List<String> KINDS = List.of("forget", "prune", "check", "catalogue");

  @TempDir private Path directory;

  private final List<Site> fleet = new ArrayList<>();

  private Site first() {
    return fleet.getFirst();
  }

  /** A job each that is due all the time, with files that change. */
  private void jobs() throws Exception {
    ControlPlane psql = first().controlPlane();
    for (Site site : fleet) {
      String name = "job-of-" + site.device();
      // Its own log, which is another one each time.
      Path log = Files.writeString(site.directory().resolve("daemon.log"), "");
      UUID job = psql.job(site.device(), name, site.source(name, 5).toString(), log.toString());
      psql.everySeconds(job, 15);
    }
  }

  private void housekeeping() {
    ControlPlane psql = first().controlPlane();
    psql.execute(
        "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('three', 3, true)");
    for (Site site : fleet.subList(0, HOUSEKEEPERS)) {
      psql.execute("UPDATE devices SET housekeeper = true WHERE id = ?", site.device());
    }
    for (String kind : KINDS) {
      psql.execute(
          "INSERT INTO housekeeping (kind, schedule_type, interval_seconds) VALUES (?, 'interval', 20)",
          kind);
    }
  }

  private void works(Site first) throws Exception {
    fleet.add(first);
    for (int i = 1; i < MACHINES; i++) {
      fleet.add(first.another("web-" + i));
    }
    ControlPlane psql = first.controlPlane();
    // A repository is made by one machine, before the others come.
    psql.job(Site.DEVICE, "first", first.source("first", 2).toString());
    assertThat(first.holdfast("backup", "first").exitCode()).isZero();
    jobs();
    housekeeping();
    for (Site site : fleet) {
      site.daemon();
    }
    eventually()
        .atMost(Duration.ofMinutes(20))
        .until(() ->
            psql.rows(
                            "SELECT job_id FROM runs WHERE status = 'success' GROUP BY job_id HAVING count(*) >= ?",
                            RUNS_EACH)
                        .size()
                    >= MACHINES
                && psql.rows(
                            "SELECT kind FROM housekeeping_runs WHERE status = 'success'"
                                + " GROUP BY kind HAVING count(*) >= ?",
                            TURNS_EACH)
                        .size()
                    == KINDS.size());
    fleet.forEach(Site::stopDaemons);
  }

  private void isAsItShouldBe(Site first) throws Exception {
    ControlPlane psql = first.controlPlane();
    assertThat(
            psql.rows(
                "SELECT job_name, outcome, error_message FROM runs"
                    + " WHERE outcome <> 'success' AND metadata->>'code' <> 'agent-stopped'"))
        .as("runs that met a lock or anything else")
        .isEmpty();
    assertThat(
            psql.rows(
                "SELECT kind, code, message, restic_errors FROM housekeeping_runs"
                    + " WHERE status <> 'success' AND code <> 'agent-stopped'"))
        .isEmpty();
    assertThat(
            psql.rows(
                "SELECT a.kind AS one, b.kind AS other FROM housekeeping_runs a, housekeeping_runs b"
                    + " WHERE a.lease_token < b.lease_token AND 'catalogue' NOT IN (a.kind, b.kind)"
                    + " AND a.end_time > b.start_time"))
        .as("two housekeepers at once")
        .isEmpty();
    Site alone = first;
    for (String job : jobNames(psql)) {
      Set<String> kept = keptBy(alone, job);
      Result forget = alone.holdfast("forget", job);
      assertThat(forget.exitCode()).as(forget.all()).isZero();
      assertThat(snapshots(alone, job)).as(job).isEqualTo(kept).hasSizeLessThanOrEqualTo(3);
    }
    assertThat(alone.holdfast("housekeep", "catalogue").exitCode()).isZero();
    assertThat(
            psql.rows("SELECT id FROM snapshots").stream()
                .map(row -> row.get("id"))
                .collect(Collectors.toSet()))
        .isEqualTo(ids(alone.restic("snapshots")));
    new AdminRestic(ResticBinaries.current(), alone).run("check", "--read-data");
  }

  private static List<String> jobNames(ControlPlane psql) {
    return psql.rows("SELECT id FROM backup_jobs ORDER BY name").stream()
        .map(row -> row.get("id").toString())
        .toList();
  }

  /** What restic itself would keep by the same rules. */
  private static Set<String> keptBy(Site site, String job) throws Exception {
    JsonNode groups =
        site.restic(
            "forget", "--dry-run", "--tag", "backup:" + job, "--group-by", "", "--keep-last", "3");
    return ids(groups.path(0).path("keep"));
  }

  private static Set<String> snapshots(Site site, String job) throws Exception {
    return ids(site.restic("snapshots", "--tag", "backup:" + job));
  }

  private static Set<String> ids(JsonNode snapshots) {
    return snapshots
        .valueStream()
        .map(snapshot -> snapshot.path("id").asText())
        .collect(Collectors.toSet());
  }

  @Test
  void ten_machines_share_a_local_repository() throws Exception {
    try (Site first = new Site(directory, ResticBinaries.current())) {
      works(first);
      isAsItShouldBe(first);
    }
  }

  @Test
  void ten_machines_share_a_repository_over_sftp() throws Exception {
    try (SftpServer server = new SftpServer(directory.resolve("sftp"));
        Site first =
            new Site(
                Files.createDirectories(directory.resolve("first")), ResticBinaries.current())) {
      first.findFirst(server.programs());
      first.controlPlane().setting("repository_url", server.url(first.repository()));
      works(first);
      isAsItShouldBe(first);
    }
  }
}
