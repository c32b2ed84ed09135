package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.BreakableServer;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.SmallDisk;
import io.holdfast.agent.testing.WantsRoot;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database answers and takes no rows: its disk is full, or it is read-only. */
class DatabaseUnwritableIT {

  @TempDir private Path directory;

  @WantsRoot
  @Test
  void a_full_disk_refuses_no_record_for_good() throws Exception {
    try (SmallDisk disk = SmallDisk.at(directory.resolve("disk"), 32);
        BreakableServer server = BreakableServer.startIn(directory.resolve("server"));
        Site site = site(server.controlPlane(disk))) {
      // Every row needs a page of its own, so that the next one feels the full disk.
      site.controlPlane().execute("ALTER TABLE runs SET (fillfactor = 10)");
      Process daemon = running(site);
      disk.fill();
      eventually().until(() -> site.log().contains("No space left on device"));
      long before = Snapshots.count(site);
      eventually().until(() -> Snapshots.count(site) >= before + 2);
      assertThat(Books.waiting(site)).hasSizeGreaterThanOrEqualTo(3);
      disk.makeRoom();
      balance(site, daemon);
    }
  }

  @WantsRoot
  @Test
  void a_server_that_crashes_since_its_log_has_no_room_loses_no_record() throws Exception {
    try (SmallDisk disk = SmallDisk.at(directory.resolve("disk"), 32);
        BreakableServer server = BreakableServer.startWithLogOn(disk, directory.resolve("server"));
        Site site = site(server.controlPlane())) {
      Process daemon = running(site);
      disk.fill();
      server.crashByWriting();
      long before = Snapshots.count(site);
      eventually().until(() -> Snapshots.count(site) >= before + 2);
      disk.makeRoom();
      server.kill();
      server.start();
      balance(site, daemon);
    }
  }

  @Test
  void a_read_only_database_refuses_no_record_for_good() throws Exception {
    try (BreakableServer server = BreakableServer.startIn(directory.resolve("server"));
        Site site = site(server.controlPlane())) {
      Process daemon = running(site);
      server.readOnly(true);
      eventually().until(() -> site.log().contains("is read-only"));
      long before = Snapshots.count(site);
      eventually().until(() -> Snapshots.count(site) >= before + 2);
      assertThat(Books.waiting(site)).hasSizeGreaterThanOrEqualTo(3);
      server.readOnly(false);
      balance(site, daemon);
    }
  }

  private Site site(ControlPlane psql) throws IOException {
    return new Site(directory, ResticBinaries.current(), psql, "connectTimeout=2&socketTimeout=4");
  }

  /** A daemon that backs up every other second and has done so already. */
  private static Process running(Site site) throws IOException {
    ControlPlane psql = site.controlPlane();
    psql.everySeconds(psql.job(Site.DEVICE, "home", site.source("home", 3).toString()), 2);
    Process daemon = site.daemon();
    site.awaitRuns("home", 1);
    return daemon;
  }

  /** The daemon delivers what waits by itself, and is stopped only so that it comes to rest. */
  private static void balance(Site site, Process daemon) throws IOException {
    long made = Snapshots.count(site);
    site.awaitRuns("home", (int) made + 1);
    Site.stop(daemon);
    Books.balance(site);
  }
}
