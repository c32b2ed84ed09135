package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.AdminRestic;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.Steadily;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done to the repository besides backups. */
class HousekeepingIT {

  @TempDir private Path directory;

  private static void housekeeper(Site site) {
    site.controlPlane().execute("UPDATE devices SET housekeeper = true WHERE id = ?", Site.DEVICE);
  }

  private static Set<String> inRepository(Site site) throws Exception {
    return site.restic("snapshots")
        .valueStream()
        .map(snapshot -> snapshot.path("id").asText())
        .collect(Collectors.toSet());
  }

  private static Set<String> inCatalogue(ControlPlane psql) {
    return psql.rows("SELECT id FROM snapshots WHERE vanished_at IS NULL").stream()
        .map(row -> (String) row.get("id"))
        .collect(Collectors.toSet());
  }

  private static void backUp(Site site, String job, int times) {
    for (int i = 0; i < times; i++) {
      Result backup = site.holdfast("backup", job);
      assertThat(backup.exitCode()).as(backup.all()).isZero();
    }
  }

  @TestOnCurrentRestic
  void forget_applies_each_job_its_policy_and_touches_no_other_snapshot(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      housekeeper(site);
      psql.execute(
          "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('two', 2, true)");
      psql.execute("INSERT INTO retention_policies (name, keep_all) VALUES ('all', true)");
      psql.job(Site.DEVICE, "short", site.source("short", 2).toString());
      UUID kept = psql.job(Site.DEVICE, "long", site.source("long", 2).toString());
      psql.execute("UPDATE backup_jobs SET retention_policy = 'all' WHERE id = ?", kept);
      backUp(site, "short", 4);
      backUp(site, "long", 3);
      new AdminRestic(restic, site).backUp(site.source("by-hand", 1));

      Result dry = site.holdfast("forget", "--dry-run", "short");
      assertThat(dry.exitCode()).as(dry.all()).isZero();
      assertThat(dry.out())
          .contains("policy \"two\": 2 would go, 2 would stay")
          .contains("stays: last snapshot");
      assertThat(inRepository(site)).hasSize(8);

      Result forget = site.holdfast("housekeep", "forget");
      assertThat(forget.exitCode()).as(forget.all()).isZero();
      assertThat(forget.out()).contains("snapshots removed: 2");
      assertThat(inRepository(site)).hasSize(6);
      assertThat(site.restic("snapshots", "--tag", "backup:" + kept)).hasSize(3);

      assertThat(site.holdfast("housekeep", "catalogue").exitCode()).isZero();
      assertThat(inCatalogue(psql)).isEqualTo(inRepository(site));
      assertThat(psql.rows("SELECT FROM snapshots WHERE job_id IS NULL")).hasSize(1);
      assertThat(psql.row("SELECT count(*) AS n FROM snapshots WHERE kept_by = '{last snapshot}'"))
          .containsEntry("n", 2L);
    }
  }

  @Test
  void a_forgotten_snapshot_leaves_the_catalogue_with_the_repository() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      housekeeper(site);
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      backUp(site, "home", 3);
      assertThat(inCatalogue(psql)).as("told by the runs").isEqualTo(inRepository(site)).hasSize(3);
      String victim = inRepository(site).iterator().next();
      new AdminRestic(ResticBinaries.current(), site).run("forget", victim);
      assertThat(site.holdfast("housekeep", "catalogue").exitCode()).isZero();
      assertThat(inCatalogue(psql)).isEqualTo(inRepository(site)).doesNotContain(victim);
      assertThat(psql.rows("SELECT id FROM snapshots WHERE vanished_at IS NOT NULL"))
          .as("since no housekeeper has forgotten it")
          .containsExactly(Map.of("id", victim));
      psql.execute(
          "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('one', 1, true)");
      assertThat(site.holdfast("forget", "home").exitCode()).isZero();
      assertThat(inCatalogue(psql)).isEqualTo(inRepository(site)).hasSize(1);
    }
  }

  @Test
  void a_device_that_is_no_housekeeper_does_nothing_to_the_repository() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.execute(
          "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('one', 1, true)");
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      backUp(site, "home", 2);
      for (String kind : List.of("forget", "prune", "check", "unlock", "catalogue")) {
        Result refused = site.holdfast("housekeep", kind);
        assertThat(refused.exitCode()).as(kind).isEqualTo(6);
        assertThat(refused.all())
            .contains("is no housekeeper")
            .contains("UPDATE devices SET housekeeper = true");
      }
      assertThat(inRepository(site)).hasSize(2);
      assertThat(psql.rows("SELECT FROM housekeeping_runs")).isEmpty();
    }
  }

  @Test
  void all_kinds_are_done_by_schedule_and_data_is_read_part_by_part() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      housekeeper(site);
      psql.execute(
          "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('one', 1, true)");
      psql.job(Site.DEVICE, "home", site.source("home", 20).toString());
      backUp(site, "home", 3);
      psql.execute(
          "INSERT INTO housekeeping (kind, schedule_type, interval_seconds)"
              + " SELECT unnest(ARRAY['forget', 'prune', 'check', 'catalogue', 'unlock']), 'interval', 86400");
      psql.execute(
          "INSERT INTO housekeeping (kind, schedule_type, interval_seconds, parts)"
              + " VALUES ('check-data', 'interval', 1, 2)");
      site.daemon();
      Steadily.reaches(
          6,
          () ->
              psql.rows("SELECT DISTINCT kind FROM housekeeping_runs WHERE status = 'success'")
                  .size());
      eventually()
          .untilAsserted(() ->
              assertThat(
                      psql.rows(
                          "SELECT DISTINCT statistics->>'part' FROM housekeeping_runs"
                              + " WHERE kind = 'check-data' AND status = 'success'"))
                  .hasSize(2));
      assertThat(psql.rows("SELECT FROM housekeeping_runs WHERE status = 'failed'")).isEmpty();
      assertThat(inRepository(site)).hasSize(1).isEqualTo(inCatalogue(psql));
    }
  }

  @Test
  void a_backup_waits_while_a_housekeeper_has_the_repository_and_runs_when_it_has_ended()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      housekeeper(site);
      FaultyJobs jobs = new FaultyJobs(site);
      UUID job = jobs.job("home");
      backUp(site, "home", 1);
      String repository = site.restic("cat", "config").path("id").asText();
      psql.rows(
          "SELECT holdfast.lease_take(?, ?, 'prune', gen_random_uuid(), 3600)",
          Site.DEVICE,
          repository);
      jobs.due(job);
      site.daemon();
      eventually().until(() -> site.log().contains("a backup waits for the end of prune by"));
      assertThat(inRepository(site)).hasSize(1);
      psql.execute("UPDATE holdfast.repository_leases SET expires_at = '-infinity'");
      assertThat(site.awaitRuns("home", 2)).containsEntry("outcome", "success");
    }
  }

  @Test
  void a_housekeeper_waits_for_the_backups_that_go_on() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current());
        Site other = site.another("web-02")) {
      ControlPlane psql = site.controlPlane();
      housekeeper(site);
      UUID slow = new FaultyJobs(site).slow("slow", 6);
      psql.execute("UPDATE backup_jobs SET device_id = 'web-02' WHERE id = ?", slow);
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      backUp(site, "home", 1);
      psql.everySeconds(slow, 86_400);
      Process daemon = other.daemon();
      Result prune;
      try (RunningRestic backup = RunningRestic.of(site, daemon, "slow")) {
        backup.stop();
        var pruning = CompletableFuture.supplyAsync(() -> site.holdfast("housekeep", "prune"));
        eventually()
            .until(() ->
                !psql.rows(
                        "SELECT FROM holdfast.repository_leases WHERE alone AND expires_at > now()")
                    .isEmpty());
        backup.goOn();
        prune = pruning.get(5, TimeUnit.MINUTES);
      }
      assertThat(prune.exitCode()).as(prune.all()).isZero();
      Map<String, Object> run =
          psql.row(
              "SELECT r.end_time <= h.end_time AS first, r.outcome FROM runs r, housekeeping_runs h WHERE r.job_name = 'slow'");
      assertThat(run).containsEntry("outcome", "success").containsEntry("first", true);
    }
  }

  @Test
  void the_work_of_a_housekeeper_that_loses_its_lease_is_ended() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      housekeeper(site);
      psql.setting("housekeeping_lease_seconds", "15");
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      backUp(site, "home", 1);
      AdminRestic admin = new AdminRestic(ResticBinaries.current(), site);
      admin.backUp(new FaultyJobs(site).randomSource("content", 1024));
      try (AdminRestic.Holder lock = admin.exclusiveLock()) {
        psql.execute(
            "INSERT INTO housekeeping (kind, schedule_type, interval_seconds) VALUES ('prune', 'interval', 86400)");
        site.daemon();
        eventually()
            .until(() ->
                !psql.rows("SELECT FROM housekeeping_runs WHERE status = 'running'").isEmpty());
        psql.execute(
            "UPDATE holdfast.repository_leases SET token = nextval('holdfast.lease_tokens')");
        eventually()
            .untilAsserted(() ->
                assertThat(psql.rows("SELECT status, code FROM housekeeping_runs"))
                    .contains(Map.of("status", "failed", "code", "lease-lost")));
        lock.goOn();
      }
    }
  }
}
