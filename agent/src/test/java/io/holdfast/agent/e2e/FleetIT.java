package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.testing.AdminRestic;
import io.holdfast.agent.testing.Campaign;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.SftpServer;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.Steadily;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Machines at one repository, with housekeeping that gives them no rest. */
@Campaign
class FleetIT {

  private static final int MACHINES = Campaign.Size.of(3, 10);
  private static final int HOUSEKEEPERS = Campaign.Size.of(2, 3);
  private static final int RUNS_EACH = Campaign.Size.of(3, 5);
  private static final int TURNS_EACH = Campaign.Size.of(2, 3);

  /** Fewer than runs, so that there is something to forget. */
  private static final int KEPT_EACH = Campaign.Size.of(1, 3);

  /** Few machines meet as often as many do. */
  private static final int SECONDS_BETWEEN_RUNS = Campaign.Size.of(5, 15);

  private static final int SECONDS_BETWEEN_TURNS = Campaign.Size.of(7, 20);
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
      psql.everySeconds(job, SECONDS_BETWEEN_RUNS);
    }
  }

  private void housekeeping() {
    ControlPlane psql = first().controlPlane();
    psql.execute(
        "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('newest', ?, true)",
        KEPT_EACH);
    // Here most of a job's snapshots are younger than the last forget.
    psql.setting("forget_brake_percent", "100");
    for (Site site : fleet.subList(0, HOUSEKEEPERS)) {
      psql.execute("UPDATE devices SET housekeeper = true WHERE id = ?", site.device());
    }
    for (String kind : KINDS) {
      psql.execute(
          "INSERT INTO housekeeping (kind, schedule_type, interval_seconds) VALUES (?, 'interval', ?)",
          kind,
          SECONDS_BETWEEN_TURNS);
    }
  }

  private void works(Site first) throws Exception {
    fleet.add(first);
    for (int i = 1; i < MACHINES; i++) {
      fleet.add(first.another("web-" + i));
    }
    ControlPlane psql = first.controlPlane();
    jobs();
    housekeeping();
    for (Site site : fleet) {
      site.daemon();
    }
    Steadily.reaches(
        (long) MACHINES * RUNS_EACH,
        () ->
            (Long)
                psql.row(
                        "SELECT coalesce(sum(least(runs, ?)), 0)::bigint AS n FROM (SELECT count(*) AS runs"
                            + " FROM runs WHERE status = 'success' AND job_name LIKE 'job-of-%'"
                            + " GROUP BY job_id) of_each",
                        RUNS_EACH)
                    .get("n"));
    Steadily.reaches(
        (long) KINDS.size() * TURNS_EACH,
        () ->
            (Long)
                psql.row(
                        "SELECT coalesce(sum(least(turns, ?)), 0)::bigint AS n FROM (SELECT count(*) AS turns"
                            + " FROM housekeeping_runs WHERE status = 'success' GROUP BY kind) of_each",
                        TURNS_EACH)
                    .get("n"));
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
      assertThat(snapshots(alone, job)).as(job).isEqualTo(kept).hasSizeLessThanOrEqualTo(KEPT_EACH);
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
            "forget",
            "--dry-run",
            "--tag=backup:" + job,
            "--group-by=",
            "--keep-last=" + KEPT_EACH);
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
  void machines_share_a_local_repository() throws Exception {
    try (Site first = new Site(directory, ResticBinaries.current())) {
      works(first);
      isAsItShouldBe(first);
    }
  }

  @Test
  void machines_share_a_repository_over_sftp() throws Exception {
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
