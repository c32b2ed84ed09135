package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An admin works in psql alone; nothing is restarted, and only notifications make a change take
 * effect in time.
 */
class PsqlSessionIT {

  @TempDir private Path directory;

  @Test
  void a_job_is_added_runs_is_changed_disabled_and_deleted() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      // Far longer than the test: what takes effect does so by notification.
      psql.setting("sync_interval_seconds", "86400");
      site.daemon();
      eventually().until(() -> site.log().contains("holdfast") && registered(psql));

      Path first = site.source("first", 3);
      UUID job = psql.job(Site.DEVICE, "home", first.toString());
      int interval = psql.everySeconds(job, 3);
      eventually().until(() -> fired(psql, interval));
      Map<String, Object> run = site.awaitRuns("home", 1);
      assertThat(run)
          .containsEntry("status", "success")
          .containsEntry("outcome", "success")
          .containsEntry("triggered_by", "schedule")
          .containsEntry("device_id", Site.DEVICE)
          .containsEntry("job_id", job);
      assertThat(run.get("scheduled_for")).isNotNull();

      Path second = site.source("second", 5);
      psql.execute(
          "UPDATE backup_jobs SET source_paths = ? WHERE id = ?",
          new String[] {second.toString()},
          job);
      eventually()
          .until(() ->
              site.runs("home").stream()
                  .anyMatch(r -> Long.valueOf(5).equals(r.get("total_files_processed"))));
      assertThat(lastSnapshot(site).path("paths").path(0).asText()).isEqualTo(second.toString());

      psql.execute("UPDATE backup_jobs SET enabled = false WHERE id = ?", job);
      eventually().until(() -> nextRun(psql, interval) == null);
      eventually().until(() -> psql.rows("SELECT FROM runs WHERE status = 'running'").isEmpty());
      int runs = site.runs("home").size();
      // The daemon has told that nothing is due any more; another job's run shows that time has
      // passed since.
      UUID other = psql.job(Site.DEVICE, "other", first.toString());
      psql.everySeconds(other, 2);
      site.awaitRuns("other", 3);
      assertThat(site.runs("home")).hasSize(runs);

      psql.execute("DELETE FROM backup_jobs WHERE id = ?", job);
      assertThat(site.runs("home"))
          .hasSize(runs)
          .allSatisfy(r -> assertThat(r.get("job_id")).isNull());
      int before = site.runs("other").size();
      site.awaitRuns("other", before + 1);
    }
  }

  @Test
  void a_paused_device_does_nothing_until_it_is_enabled_again() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.setting("sync_interval_seconds", "86400");
      UUID job = psql.job(Site.DEVICE, "home", site.source("first", 3).toString());
      int schedule = psql.everySeconds(job, 2);
      psql.execute("UPDATE devices SET enabled = false");
      site.daemon();
      eventually().until(() -> registered(psql));
      assertThat(site.holdfast("backup", "home"))
          .satisfies(refused -> assertThat(refused.exitCode()).isEqualTo(4))
          .satisfies(
              refused -> assertThat(refused.err()).contains("an admin has paused this device"));
      assertThat(site.runs("home")).isEmpty();

      psql.execute("UPDATE devices SET enabled = true");
      site.awaitRuns("home", 2);

      psql.execute("UPDATE devices SET enabled = false");
      eventually().until(() -> nextRun(psql, schedule) == null);
      eventually().until(() -> psql.rows("SELECT FROM runs WHERE status = 'running'").isEmpty());
      assertThat(site.holdfast("status").out()).contains("paused by an admin");
    }
  }

  @Test
  void a_devices_own_setting_wins_over_the_global_one() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.setting("repository_url", "/nowhere/at/all");
      psql.execute(
          "INSERT INTO settings (device_id, key, value) VALUES (?, 'repository_url', ?)",
          Site.DEVICE,
          site.repository().toString());
      // With a repository of its own it is not told the fleet's password.
      psql.execute(
          "INSERT INTO settings (device_id, key, value) VALUES (?, 'repository_password', ?)",
          Site.DEVICE,
          Site.REPOSITORY_PASSWORD);
      psql.job(Site.DEVICE, "home", site.source("first", 3).toString());
      assertThat(site.holdfast("backup", "home").exitCode()).isZero();
      assertThat(site.restic("snapshots")).hasSize(1);
    }
  }

  private static boolean registered(ControlPlane psql) {
    return psql.row("SELECT metadata::text AS m FROM devices").get("m") instanceof String text
        && text.contains("agent_version");
  }

  private static boolean fired(ControlPlane psql, int schedule) {
    return psql.row("SELECT last_run_at FROM schedules WHERE id = ?", schedule).get("last_run_at")
        != null;
  }

  private static Object nextRun(ControlPlane psql, int schedule) {
    return psql.row("SELECT next_run_at FROM schedules WHERE id = ?", schedule).get("next_run_at");
  }

  private static JsonNode lastSnapshot(Site site) throws IOException {
    JsonNode snapshots = site.restic("snapshots");
    return List.copyOf(snapshots.valueStream().toList()).getLast();
  }
}
