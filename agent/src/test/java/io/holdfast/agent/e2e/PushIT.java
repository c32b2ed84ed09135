package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;

import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In a large fleet no agent holds a connection while it has nothing to say. */
class PushIT {

  @TempDir private Path directory;

  private static int connections(Site site) {
    return site.controlPlane()
        .rows(
            "SELECT FROM pg_stat_activity a JOIN holdfast.device_logins l ON l.role_name = a.usename"
                + " WHERE a.datname = current_database() AND l.device_id = ?",
            Site.DEVICE)
        .size();
  }

  private static void awaitSync(ControlPlane psql) {
    eventually()
        .until(() -> !psql.rows("SELECT FROM devices WHERE last_seen IS NOT NULL").isEmpty());
  }

  @Test
  void without_push_no_connection_is_held_between_syncs_and_all_work_is_done() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.setting("push", "false");
      psql.setting("sync_interval_seconds", "86400");
      FaultyJobs jobs = new FaultyJobs(site);
      UUID job = jobs.job("home");
      psql.execute("INSERT INTO requests (kind, job_id) VALUES ('backup', ?)", job);
      site.daemon();
      awaitSync(psql);
      site.awaitRuns("home", 1);
      eventually().until(() -> connections(site) == 0);
      Books.balance(site);
    }
  }

  @Test
  void push_can_be_switched_off_and_on_while_the_daemon_runs() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.setting("sync_interval_seconds", "5");
      site.daemon();
      site.awaitListening();
      psql.setting("push", "false");
      eventually().until(() -> connections(site) == 0);
      psql.setting("push", "true");
      site.awaitListening();
    }
  }
}
