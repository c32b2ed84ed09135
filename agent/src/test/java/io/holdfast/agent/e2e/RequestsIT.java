package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an admin asks of a machine by a row in {@code requests}. */
class RequestsIT {

  @TempDir private Path directory;

  private static UUID ask(ControlPlane psql, String kind, UUID job) {
    return (UUID)
        psql.row("INSERT INTO requests (kind, job_id) VALUES (?, ?) RETURNING id", kind, job)
            .get("id");
  }

  private static Map<String, Object> request(Site site, UUID id) {
    return site.controlPlane()
        .row(
            "SELECT status, message, result->>'run_uuid' AS run, result->>'outcome' AS outcome,"
                + " finished_at IS NOT NULL AS answered FROM requests WHERE id = ?",
            id);
  }

  private static Map<String, Object> awaitAnswer(Site site, UUID id) {
    eventually().until(() -> Boolean.TRUE.equals(request(site, id).get("answered")));
    return request(site, id);
  }

  /** The daemon would not ask by itself before the test is over. */
  private static Site quietSite(Path directory, Path restic) throws Exception {
    Site site = new Site(directory, restic);
    site.controlPlane().setting("sync_interval_seconds", "86400");
    return site;
  }

  @Test
  void a_backup_that_is_asked_for_is_run_at_once_and_answered_with_its_run() throws Exception {
    try (Site site = quietSite(directory, ResticBinaries.current())) {
      FaultyJobs jobs = new FaultyJobs(site);
      UUID job = jobs.job("home");
      site.daemon();
      site.awaitListening();
      UUID request = ask(site.controlPlane(), "backup", job);
      Map<String, Object> answer = awaitAnswer(site, request);
      Map<String, Object> run = site.awaitRuns("home", 1);
      assertThat(run)
          .containsEntry("outcome", "success")
          .containsEntry("triggered_by", "request")
          .containsEntry("request_id", request);
      assertThat(answer)
          .containsEntry("status", "done")
          .containsEntry("run", run.get("run_uuid").toString());
      jobs.goOn("other");
      assertThat(site.runs("home")).as("claimed once").hasSize(1);
      Books.balance(site);
    }
  }

  @Test
  void two_requests_for_a_job_that_waits_are_answered_by_one_run() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      FaultyJobs jobs = new FaultyJobs(site);
      UUID job = jobs.job("home");
      UUID one = ask(site.controlPlane(), "backup", job);
      UUID two = ask(site.controlPlane(), "backup", job);
      site.daemon();
      Object run = awaitAnswer(site, one).get("run");
      assertThat(awaitAnswer(site, two)).containsEntry("status", "done").containsEntry("run", run);
      assertThat(site.runs("home")).hasSize(1);
      Books.balance(site);
    }
  }

  @Test
  void a_request_is_found_by_polling_when_nothing_is_heard() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.setting("sync_interval_seconds", "5");
      UUID job = new FaultyJobs(site).job("home");
      psql.execute("ALTER TABLE requests DISABLE TRIGGER requests_notify");
      site.daemon();
      eventually()
          .until(() -> !psql.rows("SELECT FROM devices WHERE last_seen IS NOT NULL").isEmpty());
      assertThat(awaitAnswer(site, ask(psql, "backup", job))).containsEntry("status", "done");
      Books.balance(site);
    }
  }

  @Test
  void a_sync_that_is_asked_for_is_answered() throws Exception {
    try (Site site = quietSite(directory, ResticBinaries.current())) {
      site.daemon();
      site.awaitListening();
      UUID request =
          (UUID)
              site.controlPlane()
                  .row(
                      "INSERT INTO requests (kind, device_id) VALUES ('sync', ?) RETURNING id",
                      Site.DEVICE)
                  .get("id");
      assertThat(awaitAnswer(site, request))
          .containsEntry("status", "done")
          .containsEntry("message", "the configuration was read");
    }
  }

  @Test
  void what_cannot_be_done_is_answered_with_the_reason() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      FaultyJobs jobs = new FaultyJobs(site);
      psql.takeAnyRow();
      UUID off = jobs.job("off");
      psql.execute("UPDATE backup_jobs SET enabled = false WHERE id = ?", off);
      UUID idle = jobs.job("idle");
      UUID wrong = psql.job(Site.DEVICE, "wrong");
      UUID backup = ask(psql, "backup", off);
      UUID mistaken = ask(psql, "backup", wrong);
      UUID cancel = ask(psql, "cancel", idle);
      site.daemon();
      assertThat(awaitAnswer(site, backup))
          .containsEntry("status", "failed")
          .containsEntry(
              "message",
              "the job is switched off (backup_jobs.enabled), or is no job of this device");
      assertThat(awaitAnswer(site, mistaken))
          .containsEntry("status", "failed")
          .extractingByKey("message", STRING)
          .contains("job \"wrong\" has an empty source_paths");
      assertThat(awaitAnswer(site, cancel))
          .containsEntry("status", "failed")
          .containsEntry("message", "nothing of it runs or waits on this device");
      assertThat(psql.rows("SELECT FROM runs")).isEmpty();
    }
  }

  @Test
  void a_failed_run_makes_a_failed_request() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      UUID job =
          site.controlPlane().job(Site.DEVICE, "gone", directory.resolve("not-there").toString());
      UUID request = ask(site.controlPlane(), "backup", job);
      site.daemon();
      assertThat(awaitAnswer(site, request)).containsEntry("status", "failed");
      assertThat(site.awaitRuns("gone", 1)).containsEntry("outcome", "failed");
      new FaultyJobs(site).goOn("other");
      Books.balance(site);
    }
  }

  @Test
  void a_request_expires_when_its_device_stays_away() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.execute(
          "INSERT INTO devices (id, name, platform) VALUES ('away', 'Laptop that is lost', 'linux')");
      UUID job = psql.job("away", "home", "/home");
      UUID request =
          (UUID)
              psql.row(
                      "INSERT INTO requests (kind, job_id, expires_at)"
                          + " VALUES ('backup', ?, now() + interval '1 second') RETURNING id",
                      job)
                  .get("id");
      UUID late =
          (UUID)
              psql.row(
                      "INSERT INTO requests (kind, device_id, expires_at)"
                          + " VALUES ('sync', ?, now() + interval '1 second') RETURNING id",
                      Site.DEVICE)
                  .get("id");
      Site.eventually()
          .until(() -> psql.rows("SELECT FROM requests WHERE expires_at > now()").isEmpty());
      site.daemon();
      assertThat(awaitAnswer(site, request))
          .containsEntry("status", "expired")
          .containsEntry("message", "the device did not claim it in time");
      assertThat(awaitAnswer(site, late)).containsEntry("status", "expired");
    }
  }

  @Test
  void a_request_that_cannot_be_meant_is_refused_as_it_is_typed() throws Exception {
    ControlPlane psql = ControlPlane.fresh();
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('a', 'A', 'linux')");
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('b', 'B', 'linux')");
    UUID job = psql.job("a", "home", "/home");
    assertThatThrownBy(() -> psql.execute("INSERT INTO requests (kind) VALUES ('backup')"))
        .hasMessageContaining("a backup needs a job_id");
    assertThatThrownBy(
            () -> psql.execute("INSERT INTO requests (kind, device_id) VALUES ('cancel', 'a')"))
        .hasMessageContaining("a cancel needs a run_uuid or a job_id");
    assertThatThrownBy(() ->
            psql.execute(
                "INSERT INTO requests (kind, device_id, job_id) VALUES ('backup', 'b', ?)", job))
        .hasMessageContaining("is not one of device b");
    assertThatThrownBy(() ->
            psql.execute(
                "INSERT INTO requests (kind, run_uuid) VALUES ('cancel', ?)", UUID.randomUUID()))
        .hasMessageContaining("there is no run");
    assertThatThrownBy(() -> psql.execute("INSERT INTO requests (kind) VALUES ('sync')"))
        .hasMessageContaining("it names no device");
  }

  @TestOnCurrentRestic
  void a_run_is_cancelled_by_request_and_leaves_no_lock(Path restic) throws Exception {
    try (Site site = quietSite(directory, restic)) {
      FaultyJobs jobs = new FaultyJobs(site);
      UUID slow = jobs.slow("slow", 120);
      jobs.due(slow);
      Process daemon = site.daemon();
      site.awaitListening();
      try (RunningRestic running = RunningRestic.of(site, daemon, "slow")) {
        eventually().until(() -> site.runs("slow").size() == 1);
        UUID request =
            (UUID)
                site.controlPlane()
                    .row(
                        "INSERT INTO requests (kind, run_uuid) VALUES ('cancel', ?) RETURNING id",
                        site.runs("slow").getFirst().get("run_uuid"))
                    .get("id");
        Map<String, Object> run = site.awaitRuns("slow", 1);
        assertThat(awaitAnswer(site, request)).containsEntry("status", "done");
        assertThat(run)
            .containsEntry("status", "cancelled")
            .containsEntry("outcome", "cancelled")
            .containsEntry("snapshot_id", null);
        assertThat((String) run.get("error_message"))
            .startsWith("the run was cancelled by request of postgres. ");
        assertThat(running.isAlive()).isFalse();
      }
      assertThat(RunningRestic.locks(site)).isEmpty();
      jobs.goOn("other");
      assertThat(site.runs("slow")).as("not tried again").hasSize(1);
      Books.balance(site);
    }
  }

  @Test
  void a_run_that_waits_for_its_turn_is_cancelled_and_remembered_as_missed() throws Exception {
    try (Site site = quietSite(directory, ResticBinaries.current())) {
      FaultyJobs jobs = new FaultyJobs(site);
      site.controlPlane().setting("max_concurrent_backups", "1");
      UUID slow = jobs.slow("slow", 60);
      jobs.due(slow);
      Process daemon = site.daemon();
      site.awaitListening();
      try (RunningRestic running = RunningRestic.of(site, daemon, "slow")) {
        UUID waiting = jobs.job("waiting");
        jobs.due(waiting);
        eventually().until(() -> site.log().contains("job \"waiting\" waits"));
        assertThat(awaitAnswer(site, ask(site.controlPlane(), "cancel", waiting)))
            .containsEntry("status", "done");
        eventually().until(() -> !site.controlPlane().rows("SELECT FROM missed_runs").isEmpty());
        assertThat(site.controlPlane().row("SELECT job_name, reason, message FROM missed_runs"))
            .containsEntry("job_name", "waiting")
            .containsEntry("reason", "cancelled")
            .containsEntry("message", "cancelled by request of postgres");
        assertThat(running.isAlive()).isTrue();
      }
      jobs.goOn("other");
      assertThat(site.runs("waiting")).isEmpty();
      Books.balance(site);
    }
  }

  /** Finding M3: it was taken out, and given again by the next sync. */
  @Test
  void a_backup_that_was_asked_for_and_waits_never_runs_once_it_is_cancelled() throws Exception {
    try (Site site = quietSite(directory, ResticBinaries.current())) {
      FaultyJobs jobs = new FaultyJobs(site);
      ControlPlane psql = site.controlPlane();
      psql.setting("max_concurrent_backups", "1");
      jobs.due(jobs.slow("slow", 60));
      Process daemon = site.daemon();
      site.awaitListening();
      try (RunningRestic running = RunningRestic.of(site, daemon, "slow")) {
        UUID waiting = jobs.job("waiting");
        UUID request = ask(psql, "backup", waiting);
        eventually().until(() -> site.log().contains("job \"waiting\" waits"));
        assertThat(awaitAnswer(site, ask(psql, "cancel", waiting))).containsEntry("status", "done");
        assertThat(request(site, request))
            .as("ended before the cancel is answered")
            .containsEntry("status", "failed")
            .containsEntry("message", "cancelled by request of postgres");
        assertThat(running.isAlive()).isTrue();
      }
      jobs.goOn("other");
      assertThat(site.runs("waiting")).isEmpty();
      Books.balance(site);
    }
  }

  @Test
  void nor_if_it_is_cancelled_while_the_agent_is_away() throws Exception {
    try (Site site = quietSite(directory, ResticBinaries.current())) {
      FaultyJobs jobs = new FaultyJobs(site);
      ControlPlane psql = site.controlPlane();
      psql.setting("max_concurrent_backups", "1");
      jobs.due(jobs.slow("slow", 60));
      Process daemon = site.daemon();
      site.awaitListening();
      UUID waiting = jobs.job("waiting");
      UUID request;
      try (RunningRestic _ = RunningRestic.of(site, daemon, "slow")) {
        request = ask(psql, "backup", waiting);
        eventually().until(() -> site.log().contains("job \"waiting\" waits"));
        Site.stop(daemon);
      }
      assertThat(request(site, request)).containsEntry("status", "claimed");
      psql.execute("UPDATE backup_jobs SET enabled = false WHERE name = 'slow'");
      UUID cancel = ask(psql, "cancel", waiting);
      site.daemon();
      assertThat(awaitAnswer(site, cancel)).containsEntry("status", "done");
      assertThat(request(site, request))
          .containsEntry("status", "failed")
          .containsEntry("message", "cancelled by request of postgres");
      jobs.goOn("other");
      assertThat(site.runs("waiting")).isEmpty();
      Books.balance(site);
    }
  }

  @Test
  void nor_if_the_agent_hears_of_both_at_once() throws Exception {
    try (Site site = quietSite(directory, ResticBinaries.current())) {
      FaultyJobs jobs = new FaultyJobs(site);
      ControlPlane psql = site.controlPlane();
      UUID job = jobs.job("never");
      UUID request = ask(psql, "backup", job);
      UUID cancel = ask(psql, "cancel", job);
      UUID later = jobs.job("later");
      UUID earlierCancel = ask(psql, "cancel", later);
      UUID wanted = ask(psql, "backup", later);
      site.daemon();
      assertThat(awaitAnswer(site, cancel)).containsEntry("status", "done");
      assertThat(awaitAnswer(site, request))
          .containsEntry("status", "failed")
          .containsEntry("message", "cancelled by request of postgres");
      assertThat(awaitAnswer(site, wanted))
          .as("asked for afterwards")
          .containsEntry("status", "done");
      assertThat(awaitAnswer(site, earlierCancel)).containsEntry("status", "failed");
      assertThat(site.runs("never")).isEmpty();
      eventually()
          .until(() -> psql.rows("SELECT FROM missed_runs WHERE job_name = 'never'").size() == 1);
      Books.balance(site);
    }
  }

  /** One job that runs and is asked for once more meanwhile. */
  @Test
  void a_cancel_of_a_job_ends_its_run_and_what_waits_for_its_end() throws Exception {
    try (Site site = quietSite(directory, ResticBinaries.current())) {
      FaultyJobs jobs = new FaultyJobs(site);
      ControlPlane psql = site.controlPlane();
      UUID slow = jobs.slow("slow", 120);
      jobs.due(slow);
      Process daemon = site.daemon();
      site.awaitListening();
      UUID again;
      try (RunningRestic running = RunningRestic.of(site, daemon, "slow")) {
        again = ask(psql, "backup", slow);
        eventually().until(() -> site.log().contains("asks for a run of job " + slow));
        assertThat(awaitAnswer(site, ask(psql, "cancel", slow))).containsEntry("status", "done");
        assertThat(running.isAlive()).isFalse();
      }
      assertThat(request(site, again))
          .containsEntry("status", "failed")
          .containsEntry("message", "cancelled by request of postgres");
      jobs.goOn("other");
      assertThat(site.runs("slow")).hasSize(1);
      Books.balance(site);
    }
  }

  @TestOnCurrentRestic
  void a_run_is_cancelled_at_the_machine_by_its_id_or_its_jobs_name(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      FaultyJobs jobs = new FaultyJobs(site);
      assertThat(site.holdfast("cancel", "slow"))
          .satisfies(none -> assertThat(none.exitCode()).isEqualTo(4))
          .satisfies(
              none -> assertThat(none.err()).contains("no run \"slow\" goes on on this device"));
      jobs.due(jobs.slow("slow", 120));
      Process daemon = site.daemon();
      try (RunningRestic first = RunningRestic.of(site, daemon, "slow")) {
        assertThat(site.holdfast("cancel", "slow"))
            .satisfies(done -> assertThat(done.exitCode()).isZero())
            .satisfies(done -> assertThat(done.out()).contains("of job \"slow\" has ended"));
        assertThat(first.isAlive()).isFalse();
      }
      Map<String, Object> cancelled = site.awaitRuns("slow", 1);
      assertThat(cancelled).containsEntry("status", "cancelled");
      assertThat((String) cancelled.get("error_message"))
          .startsWith("the run was cancelled on this machine. ");
      assertThat(RunningRestic.locks(site)).isEmpty();

      UUID again = jobs.slow("again", 120);
      jobs.due(again);
      try (RunningRestic second = RunningRestic.of(site, daemon, "again")) {
        eventually().until(() -> site.runs("again").size() == 1);
        String id = site.runs("again").getFirst().get("run_uuid").toString();
        assertThat(site.holdfast("cancel", id.substring(0, 13)).exitCode()).isZero();
        assertThat(second.isAlive()).isFalse();
      }
      assertThat(site.awaitRuns("again", 1)).containsEntry("status", "cancelled");
      jobs.goOn("other");
      Books.balance(site);
    }
  }
}
