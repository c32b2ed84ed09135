package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.AdminRestic;
import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.BreakableServer;
import io.holdfast.agent.testing.Campaign;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.OpenRunsOnDisk;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.Steadily;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever happens in whatever order, on the real parts: a job falls due, is asked for, is
 * cancelled, the configuration is synced, the database goes and comes, the agent is killed. In the
 * end nothing is lost, doubled or left open.
 */
@Campaign
class RandomSequencesIT {

  private static final int STEPS = Campaign.Size.of(15, 40);

  @TempDir private Path directory;

  private enum Step {
    DUE,
    REQUEST,
    SYNC,
    DATABASE_DOWN,
    DATABASE_UP,
    DATABASE_FROZEN,
    CRASH,
    POWER_CUT,
    STOP,
    CANCEL,
    WAIT
  }

  /** The installation and what the test has done to it. */
  private static final class World {
    private final Site site;
    private final BreakableServer server;
    private final FaultyJobs jobs;
    private final Random random;
    private final List<UUID> known = new ArrayList<>();
    private final Set<String> begun = new TreeSet<>();
    private final List<UUID> requests = new ArrayList<>();
    private Process daemon;
    private boolean databaseUp = true;
    private boolean frozen;

    private World(Site site, BreakableServer server, Random random) throws Exception {
      this.site = site;
      this.server = server;
      this.random = random;
      jobs = new FaultyJobs(site);
      ControlPlane psql = site.controlPlane();
      psql.setting("max_concurrent_backups", "2");
      psql.catchUpAtOnce();
      psql.setting("sync_interval_seconds", "5");
      for (int i = 0; i < 3; i++) {
        UUID job = jobs.slow("slow-" + i, i + 1);
        jobs.retries(job, 3, 1);
        psql.everySeconds(job, 7 + 4 * i);
        known.add(job);
      }
      daemon = site.daemon();
    }

    private void take(Step step) throws Exception {
      begun.addAll(OpenRunsOnDisk.of(site));
      switch (step) {
        case DUE -> {
          if (reachable()) {
            site.controlPlane()
                .execute("UPDATE schedules SET interval_seconds = ?", 5 + random.nextInt(10));
          }
        }
        case REQUEST -> {
          if (reachable()) {
            requests.add(
                (UUID)
                    site.controlPlane()
                        .row(
                            "INSERT INTO requests (kind, job_id) VALUES (?, ?) RETURNING id",
                            random.nextBoolean() ? "backup" : "cancel",
                            any())
                        .get("id"));
          }
        }
        case SYNC -> site.holdfast("sync");
        case DATABASE_DOWN -> {
          if (reachable()) {
            if (random.nextBoolean()) {
              server.stop();
            } else {
              server.kill();
            }
            databaseUp = false;
          }
        }
        case DATABASE_UP -> bringUp();
        case DATABASE_FROZEN -> {
          if (reachable()) {
            server.freeze();
            frozen = true;
          }
        }
        case CRASH -> crash(false);
        case POWER_CUT -> crash(true);
        case STOP -> {
          Site.stop(daemon);
          daemon = site.daemon();
        }
        case CANCEL -> site.holdfast("cancel", "slow-" + random.nextInt(known.size()));
        case WAIT -> TimeUnit.MILLISECONDS.sleep(random.nextInt(4000));
      }
    }

    private boolean reachable() {
      return databaseUp && !frozen;
    }

    private UUID any() {
      return known.get(random.nextInt(known.size()));
    }

    private void bringUp() throws Exception {
      if (frozen) {
        server.thaw();
        frozen = false;
      }
      if (!databaseUp) {
        server.start();
        databaseUp = true;
      }
    }

    private void crash(boolean withItsRestic) throws Exception {
      Set<ProcessHandle> restics = daemon.descendants().collect(Collectors.toSet());
      daemon.destroyForcibly();
      assertThat(daemon.waitFor(3, TimeUnit.MINUTES)).isTrue();
      if (withItsRestic) {
        restics.forEach(ProcessHandle::destroyForcibly);
      }
      begun.addAll(OpenRunsOnDisk.of(site));
      daemon = site.daemon();
    }

    private void comeToRest() throws Exception {
      bringUp();
      // What the storm has left is made up for before the jobs are switched off.
      int before = site.controlPlane().rows("SELECT FROM runs").size();
      eventually()
          .until(() ->
              site.controlPlane().rows("SELECT FROM runs WHERE outcome = 'success'").size() > before
                  || known.stream().allMatch(this::hasSucceededLast));
      site.controlPlane().execute("UPDATE backup_jobs SET enabled = false");
      jobs.goOn("afterwards");
      Books.balance(site);
    }

    private boolean hasSucceededLast(UUID job) {
      return site.controlPlane()
          .rows(
              "SELECT outcome FROM runs WHERE job_id = ? AND status <> 'running'"
                  + " ORDER BY start_time DESC LIMIT 1",
              job)
          .equals(List.of(Map.of("outcome", "success")));
    }
  }

  private static IntStream sequences() {
    return IntStream.range(0, Campaign.Size.of(1, 3));
  }

  @ParameterizedTest
  @MethodSource("sequences")
  void nothing_is_lost_doubled_or_left_open(int number) throws Exception {
    Random random = Campaign.Size.random("sequence " + number + " of steps", number);
    List<Step> steps =
        random.ints(STEPS, 0, Step.values().length).mapToObj(i -> Step.values()[i]).toList();
    System.out.println(steps);
    Path restic = ResticBinaries.current();
    try (BreakableServer server = BreakableServer.startIn(directory.resolve("server"));
        Site site =
            new Site(
                directory,
                restic,
                server.controlPlane(),
                "connectTimeout=2&socketTimeout=5&loginTimeout=5")) {
      World world = new World(site, server, random);
      try {
        for (Step step : steps) {
          world.take(step);
        }
      } finally {
        world.bringUp();
      }
      world.comeToRest();
      holds(site, world);
      Site.stop(world.daemon);
      new AdminRestic(restic, site).run("check", "--read-data");
    }
  }

  private static void holds(Site site, World world) throws Exception {
    ControlPlane psql = site.controlPlane();
    assertThat(
            psql.rows("SELECT run_uuid::text AS run FROM runs").stream()
                .map(row -> (String) row.get("run"))
                .collect(Collectors.toSet()))
        .as("rows of all runs that had begun")
        .containsAll(world.begun);
    assertThat(
            psql.rows(
                "SELECT a.run_uuid AS one, b.run_uuid AS other FROM runs a JOIN runs b ON a.job_id = b.job_id"
                    + " AND a.start_time < b.start_time AND a.end_time > b.start_time"))
        .as("runs of one job that overlap")
        .isEmpty();
    assertThat(
            psql.rows(
                "SELECT b.run_uuid FROM runs b JOIN runs a ON a.run_uuid = b.retry_of"
                    + " WHERE a.job_id <> b.job_id OR a.outcome IN ('success', 'partial')"))
        .as("retries of what had not failed")
        .isEmpty();
    Steadily.reaches(
        world.requests.size(),
        () -> psql.rows("SELECT FROM requests WHERE finished_at IS NOT NULL").size());
    assertThat(
            psql.rows("SELECT id, kind, status, message FROM requests WHERE finished_at IS NULL"))
        .as("requests without an answer")
        .isEmpty();
    assertThat(psql.rows("SELECT FROM requests")).hasSameSizeAs(world.requests);
    eventually().untilAsserted(() -> assertThat(OpenRunsOnDisk.of(site)).isEmpty());
    assertThat(RunningRestic.locks(site)).isEmpty();
  }
}
