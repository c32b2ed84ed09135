package io.holdfast.agent.daemon;

import io.holdfast.agent.config.Environment;
import io.holdfast.agent.config.LocalConfigFile;
import io.holdfast.agent.postgres.Database;
import io.holdfast.agent.service.Supervisor;
import io.holdfast.agent.testing.SettableClock;
import io.holdfast.agent.testing.Site;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;

/** The whole agent of a site on real parts, on a machine in Berlin whose clock the test sets. */
final class ClockedAgent implements AutoCloseable {

  private final Site site;
  private final SettableClock clock;
  private Agent agent;

  /** Started at that time. */
  ClockedAgent(Site site, String instant) throws Exception {
    this.site = site;
    clock = new SettableClock(Instant.parse(instant));
    agent = started();
  }

  private Agent started() throws Exception {
    var config =
        LocalConfigFile.load(
            site.config(), new Environment(Map.of(), site.directory(), "test", false, false));
    Machine machine =
        new Machine(
            "linux", "test-host", "Test OS", "1", "amd64", () -> ZoneId.of("Europe/Berlin"));
    Agent fresh =
        new Agent(
            new AgentParts(config, machine, Database.pooled(config.database()), clock),
            Supervisor.NONE,
            _ -> {});
    fresh.start();
    return fresh;
  }

  void set(String instant) {
    clock.set(Instant.parse(instant));
    lookNow();
  }

  /** A change in the control plane makes the agent look at its clock at once. */
  private void lookNow() {
    site.controlPlane()
        .execute(
            "INSERT INTO settings (device_id, key, value) VALUES (NULL, 'sync_interval_seconds', '300')"
                + " ON CONFLICT (device_id, key)"
                + " DO UPDATE SET value = 300 + (settings.value::integer + 1) % 100");
  }

  void move(Duration by) {
    clock.set(clock.instant().plus(by));
    lookNow();
  }

  /** It is away until the clock shows that time. */
  void restartAt(String instant) throws Exception {
    agent.stop();
    clock.set(Instant.parse(instant));
    agent = started();
  }

  @Override
  public void close() {
    try {
      agent.stop();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
