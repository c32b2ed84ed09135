package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Finding B8: a cloned machine, whose agent works as the same device. */
class TwoAgentsIT {

  @TempDir private Path directory;

  private static final String SHARED = "two agents work as this device at the same time";

  @Test
  void a_clone_is_told_of_and_a_request_is_carried_out_once() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.setting("sync_interval_seconds", "5");
      FaultyJobs jobs = new FaultyJobs(site);
      site.daemon();
      jobs.goOn("before");
      Site clone = site.cloned("copy");
      try {
        clone.daemon();
        eventually()
            .until(() -> !psql.rows("SELECT FROM problems WHERE code = 'device-shared'").isEmpty());
        assertThat(
                psql.row(
                    "SELECT source, severity, message FROM problems WHERE code = 'device-shared'"))
            .containsEntry("source", "limit")
            .containsEntry("severity", "error")
            .hasEntrySatisfying("message", said -> assertThat((String) said).startsWith(SHARED));
        eventually().until(() -> site.log().contains(SHARED) && clone.log().contains(SHARED));
        for (Site either : List.of(site, clone)) {
          assertThat(either.holdfast("status").all()).contains(SHARED);
          assertThat(either.holdfast("doctor").all()).contains(SHARED);
        }
        eventually().until(() -> !instance(site).equals(instance(clone)));

        UUID job = jobs.job("asked");
        UUID request =
            (UUID)
                psql.row(
                        "INSERT INTO requests (kind, job_id) VALUES ('backup', ?) RETURNING id",
                        job)
                    .get("id");
        site.awaitRuns("asked", 1);
        eventually()
            .until(() ->
                psql.row("SELECT status FROM requests WHERE id = ?", request)
                    .equals(Map.of("status", "done")));
        jobs.goOn("after");
        assertThat(site.runs("asked")).hasSize(1);
      } finally {
        clone.stopDaemons();
      }
      // The agent that is left tells of it once more with its next sync, which is the last proof of
      // the other.
      eventually()
          .until(() -> {
            psql.execute("UPDATE problems SET seen_at = now() - interval '61 minutes'");
            psql.execute("UPDATE holdfast.last_sweep SET stale_at = '-infinity'");
            return psql.rows("SELECT FROM problems WHERE code = 'device-shared'").isEmpty();
          });
    }
  }

  private static String instance(Site site) throws Exception {
    return Files.readString(site.state().resolve("instance"));
  }

  @Test
  void an_agent_that_is_started_anew_is_no_second_one() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      FaultyJobs jobs = new FaultyJobs(site);
      for (String run : List.of("one", "two", "three")) {
        Process daemon = site.daemon();
        jobs.goOn(run);
        assertThat(site.holdfast("sync").exitCode()).isZero();
        Site.stop(daemon);
      }
      assertThat(site.controlPlane().rows("SELECT FROM problems WHERE code = 'device-shared'"))
          .isEmpty();
      assertThat(
              site.controlPlane()
                  .row(
                      "SELECT count(*) AS processes, count(DISTINCT instance) AS instances FROM"
                          + " holdfast.instances"))
          .containsEntry("processes", 3L)
          .containsEntry("instances", 1L);
    }
  }

  /** By rows alone, as each agent's spool delivers them. */
  @Test
  void a_run_of_the_other_agent_that_gives_signs_of_life_is_left_to_it() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      UUID job = new FaultyJobs(site).job("home");
      UUID first = UUID.randomUUID();
      UUID second = UUID.randomUUID();
      start(psql, job, first);
      start(psql, job, second);
      assertThat(running(psql)).as("both live").containsExactlyInAnyOrder(first, second);
      start(psql, job, second);
      assertThat(running(psql)).as("its own").containsExactlyInAnyOrder(first, second);
      assertThat(psql.rows("SELECT FROM runs WHERE metadata ->> 'code' = 'superseded'")).hasSize(1);
      psql.execute(
          "UPDATE runs SET progress_at = now() - interval '11 minutes' WHERE instance = ?", first);
      start(psql, job, second);
      assertThat(running(psql)).as("one that is silent").containsExactly(second);
    }
  }

  private static void start(ControlPlane psql, UUID job, UUID instance) {
    psql.execute(
        "INSERT INTO runs (run_uuid, job_id, device_id, status, start_time, instance) VALUES"
            + " (gen_random_uuid(), ?, ?, 'running', now(), ?)",
        job,
        Site.DEVICE,
        instance);
  }

  private static List<Object> running(ControlPlane psql) {
    return psql.rows("SELECT instance FROM runs WHERE status = 'running'").stream()
        .map(row -> row.get("instance"))
        .toList();
  }
}
