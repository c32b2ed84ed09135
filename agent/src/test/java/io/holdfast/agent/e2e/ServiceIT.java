package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.BreakableServer;
import io.holdfast.agent.testing.NotifySocketServer;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What systemd hears of the daemon that it has started. */
class ServiceIT {

  @TempDir private Path directory;
  private BreakableServer server;
  private NotifySocketServer systemd;
  private Site site;

  @BeforeEach
  void start() throws IOException {
    server = BreakableServer.startIn(directory.resolve("server"));
    systemd = NotifySocketServer.at(directory.resolve("notify"));
    site =
        new Site(
            directory,
            ResticBinaries.current(),
            server.controlPlane(),
            "connectTimeout=2&socketTimeout=4");
    site.variable("NOTIFY_SOCKET", systemd.address());
    site.variable("WATCHDOG_USEC", "2000000");
  }

  @AfterEach
  void end() {
    site.close();
    systemd.close();
    server.close();
  }

  private void hears(String message) {
    eventually().untilAsserted(() -> assertThat(systemd.heard()).contains(message));
  }

  @Test
  void it_is_ready_after_the_first_sync_and_not_before() throws Exception {
    server.stop();
    Process daemon = site.daemon();
    eventually()
        .untilAsserted(() ->
            assertThat(systemd.heard())
                .anyMatch(m -> m.startsWith("STATUS=waits for its first sync: the database at ")));
    hears("WATCHDOG=1");
    assertThat(systemd.heard()).doesNotContain("READY=1");

    server.start();

    hears("READY=1");
    hears("STATUS=0 jobs");
    Site.stop(daemon);
    hears("STOPPING=1");
    assertThat(systemd.heard()).filteredOn("READY=1"::equals).hasSize(1);
  }

  @Test
  void with_what_was_synced_before_it_is_ready_at_once() throws Exception {
    site.controlPlane().job(Site.DEVICE, "home", site.source("home", 1).toString());
    Process before = site.daemon();
    hears("READY=1");
    Site.stop(before);
    server.stop();

    site.daemon();

    eventually()
        .untilAsserted(() -> assertThat(systemd.heard()).filteredOn("READY=1"::equals).hasSize(2));
    eventually()
        .untilAsserted(() ->
            assertThat(systemd.heard())
                .anyMatch(m -> m.startsWith("STATUS=1 job; goes by what was synced last: ")));
  }

  @Test
  void why_it_does_not_start_is_said_too() throws Exception {
    Files.writeString(
        site.config(), Files.readString(site.config()).replace("database:", "databse:"));

    Process daemon = site.daemon();

    assertThat(daemon.waitFor(3, TimeUnit.MINUTES)).as("ended").isTrue();
    assertThat(daemon.exitValue()).isEqualTo(5);
    assertThat(systemd.heard())
        .anyMatch(m -> m.matches("STATUS=.*holdfast.yaml:[0-9]+: the key databse is unknown.*"));
  }
}
