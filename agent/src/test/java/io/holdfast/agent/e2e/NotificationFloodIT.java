package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.HostNames;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Somebody notifies without end: agents stay small, sync at their pace, and hear again afterwards.
 */
class NotificationFloodIT {

  /** 140 MB, as in the attack, of which a heap of 40 MB does not hold a third. */
  private static final String FLOOD =
      "SELECT count(pg_notify(?, repeat(chr(65 + i % 26), 7000) || i)) FROM generate_series(1,"
          + " 20000) i";

  @TempDir private Path directory;

  private static void flood(Connection connection, String channel) throws Exception {
    try (PreparedStatement flood = connection.prepareStatement(FLOOD)) {
      flood.setString(1, channel);
      flood.execute();
    }
  }

  private static long syncs(ControlPlane psql) {
    return (Long)
        psql.row(
                "SELECT n_tup_upd AS n FROM pg_stat_user_tables WHERE relname = 'devices' AND"
                    + " schemaname = 'public'")
            .get("n");
  }

  @Test
  void a_flood_fills_no_heap_and_the_agent_hears_of_changes_afterwards() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.setting("sync_interval_seconds", "86400");
      site.variable(HostNames.VARIABLE, "-Xmx40m -XX:+ExitOnOutOfMemoryError");
      Process daemon = site.daemon();
      site.awaitListening();

      // Of another device, where everybody listened once.
      psql.execute("INSERT INTO devices (id, name, platform) VALUES ('evil', 'Evil', 'linux')");
      DatabaseAddress evil = psql.client("evil", "evil");
      Properties login = new Properties();
      login.setProperty("user", evil.user().orElseThrow());
      login.setProperty("password", "evil");
      try (Connection connection = DriverManager.getConnection(evil.jdbcUrl(), login)) {
        flood(connection, "holdfast_config");
      }
      assertThat(daemon.isAlive()).isTrue();

      // Of somebody who knows its own channel.
      String channel =
          (String)
              psql.row("SELECT channel FROM holdfast.channels WHERE device_id = ?", Site.DEVICE)
                  .get("channel");
      Object listener = listener(psql);
      try (Connection connection = DriverManager.getConnection(psql.url())) {
        for (int i = 0; i < 3; i++) {
          flood(connection, channel);
        }
      }
      eventually().until(() -> !listener.equals(listener(psql)));
      site.awaitListening();
      assertThat(daemon.isAlive()).isTrue();
      assertThat(site.log()).doesNotContain("OutOfMemoryError").doesNotContain("\tat ");

      FaultyJobs jobs = new FaultyJobs(site);
      psql.execute("INSERT INTO requests (kind, job_id) VALUES ('backup', ?)", jobs.job("home"));
      assertThat(site.awaitRuns("home", 1)).containsEntry("outcome", "success");
    }
  }

  /** The session that listens; 0 while there is none. */
  private static Object listener(ControlPlane psql) {
    return psql.row(
            "SELECT coalesce(max(pid), 0) AS pid FROM pg_stat_activity WHERE datname ="
                + " current_database() AND query ILIKE 'listen%'")
        .get("pid");
  }

  @Test
  void two_thousand_notifications_bring_a_few_syncs() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.setting("sync_interval_seconds", "86400");
      site.daemon();
      site.awaitListening();
      FaultyJobs jobs = new FaultyJobs(site);
      long begin = System.nanoTime();
      long before = syncs(psql);
      try (Connection connection = DriverManager.getConnection(psql.url());
          PreparedStatement wake = connection.prepareStatement("SELECT holdfast.wake(?)")) {
        wake.setString(1, Site.DEVICE);
        for (int i = 0; i < 2000; i++) {
          wake.execute();
        }
      }
      psql.execute("INSERT INTO requests (kind, job_id) VALUES ('backup', ?)", jobs.job("home"));
      site.awaitRuns("home", 1);
      long seconds = (System.nanoTime() - begin) / 1_000_000_000;
      // Each run brings one more of its own at its end, and so does each problem that comes or
      // goes.
      assertThat(syncs(psql) - before).isLessThanOrEqualTo(seconds / 5 + 6);
    }
  }
}
