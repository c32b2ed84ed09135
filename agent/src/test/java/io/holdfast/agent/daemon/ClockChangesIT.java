package io.holdfast.agent.daemon;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.HeldRestic;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The clock is set, the machine sleeps, the agent is away: what is due is run once, and told. */
class ClockChangesIT {

  @TempDir private Path directory;

  private Site site() throws Exception {
    Site site = new Site(directory, ResticBinaries.current());
    site.controlPlane().catchUpAtOnce();
    return site;
  }

  private static int hourly(Site site, String name) throws Exception {
    UUID job = new FaultyJobs(site).job(name);
    return site.controlPlane().cron(job, "0 * * * *");
  }

  /** The agent has seen the schedule. */
  private static void awaitSeen(Site site, int schedule) {
    eventually()
        .until(() ->
            !site.controlPlane()
                .rows("SELECT FROM schedules WHERE id = ? AND next_run_at IS NOT NULL", schedule)
                .isEmpty());
  }

  private static String due(ControlPlane psql, Map<String, Object> run) {
    return String.valueOf(
        psql.row(
                "SELECT to_char(scheduled_for AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS due"
                    + " FROM runs WHERE id = ?",
                run.get("id"))
            .get("due"));
  }

  /** How many due times the run makes up for besides its own. */
  private static String madeUpFor(ControlPlane psql, Map<String, Object> run) {
    return String.valueOf(
        psql.row("SELECT metadata->>'missed' AS missed FROM runs WHERE id = ?", run.get("id"))
            .get("missed"));
  }

  @Test
  void a_clock_set_forward_by_an_hour_is_made_up_for_once() throws Exception {
    try (Site site = site()) {
      int schedule = hourly(site, "home");
      try (ClockedAgent agent = new ClockedAgent(site, "2026-05-04T12:30:00Z")) {
        awaitSeen(site, schedule);
        agent.move(Duration.ofHours(1));
        Map<String, Object> run = site.awaitRuns("home", 1);
        assertThat(run).containsEntry("outcome", "success").containsEntry("triggered_by", "missed");
        assertThat(due(site.controlPlane(), run)).isEqualTo("2026-05-04 13:00");
        agent.set("2026-05-04T14:00:01Z");
        assertThat(site.awaitRuns("home", 2)).containsEntry("triggered_by", "schedule");
        assertThat(site.runs("home")).hasSize(2);
        Books.balance(site);
      }
    }
  }

  @Test
  void a_clock_set_forward_by_a_week_makes_one_run_of_168_due_times() throws Exception {
    try (Site site = site()) {
      int schedule = hourly(site, "home");
      try (ClockedAgent agent = new ClockedAgent(site, "2026-05-04T12:30:00Z")) {
        awaitSeen(site, schedule);
        agent.move(Duration.ofDays(7));
        Map<String, Object> run = site.awaitRuns("home", 1);
        assertThat(run).containsEntry("outcome", "success").containsEntry("triggered_by", "missed");
        assertThat(due(site.controlPlane(), run)).isEqualTo("2026-05-04 13:00");
        assertThat(madeUpFor(site.controlPlane(), run)).isEqualTo("167");
        agent.set("2026-05-11T13:00:01Z");
        assertThat(due(site.controlPlane(), site.awaitRuns("home", 2)))
            .isEqualTo("2026-05-11 13:00");
        assertThat(site.runs("home")).hasSize(2);
        Books.balance(site);
      }
    }
  }

  @Test
  void a_clock_set_back_by_an_hour_neither_repeats_at_once_nor_waits_an_hour_too_long()
      throws Exception {
    comesBackToWorkAfter("2026-05-04T12:30:00Z", "2026-05-04T13:00:01Z");
  }

  @Test
  void a_clock_set_back_by_a_week_does_not_stop_the_backups_for_a_week() throws Exception {
    comesBackToWorkAfter("2026-04-27T13:30:00Z", "2026-04-27T14:00:01Z");
  }

  /** A run at 13:00 on 4 May; then the clock is set to that time, and is due again at the other. */
  private void comesBackToWorkAfter(String setTo, String due) throws Exception {
    try (Site site = site()) {
      int schedule = hourly(site, "cron");
      int interval = site.controlPlane().everySeconds(new FaultyJobs(site).job("interval"), 3600);
      try (ClockedAgent agent = new ClockedAgent(site, "2026-05-04T12:30:00Z")) {
        awaitSeen(site, schedule);
        awaitSeen(site, interval);
        site.awaitRuns("interval", 1);
        agent.set("2026-05-04T13:30:01Z");
        site.awaitRuns("cron", 1);
        site.awaitRuns("interval", 2);
        agent.set(setTo);
        new FaultyJobs(site).goOn("other");
        assertThat(site.runs("cron")).hasSize(1);
        assertThat(site.runs("interval")).hasSize(2);
        agent.set(due);
        assertThat(site.awaitRuns("cron", 2)).containsEntry("outcome", "success");
        agent.move(Duration.ofMinutes(31));
        assertThat(site.awaitRuns("interval", 3)).containsEntry("outcome", "success");
        Books.balance(site);
      }
    }
  }

  @Test
  void what_passed_while_the_agent_was_away_is_made_up_for_after_the_delay() throws Exception {
    try (Site site = site()) {
      site.controlPlane().setting("catch_up_delay_seconds", "600");
      int schedule = hourly(site, "home");
      try (ClockedAgent agent = new ClockedAgent(site, "2026-05-04T12:30:00Z")) {
        awaitSeen(site, schedule);
        agent.restartAt("2026-05-04T16:30:00Z");
        new FaultyJobs(site).goOn("other");
        assertThat(site.runs("home")).as("before the delay is over").isEmpty();
        agent.move(Duration.ofMinutes(10));
        Map<String, Object> run = site.awaitRuns("home", 1);
        assertThat(run).containsEntry("triggered_by", "missed");
        assertThat(madeUpFor(site.controlPlane(), run)).isEqualTo("3");
        assertThat(site.runs("home")).hasSize(1);
        Books.balance(site);
      }
    }
  }

  @Test
  void without_catch_up_what_passed_is_told_and_not_run() throws Exception {
    try (Site site = site()) {
      int schedule = hourly(site, "home");
      site.controlPlane().execute("UPDATE schedules SET catch_up = false WHERE id = ?", schedule);
      try (ClockedAgent agent = new ClockedAgent(site, "2026-05-04T12:30:00Z")) {
        awaitSeen(site, schedule);
        agent.restartAt("2026-05-04T16:30:00Z");
        eventually().until(() -> !site.controlPlane().rows("SELECT FROM missed_runs").isEmpty());
        assertThat(
                site.controlPlane()
                    .row("SELECT job_name, schedule_id, due_count, reason FROM missed_runs"))
            .containsEntry("job_name", "home")
            .containsEntry("schedule_id", schedule)
            .containsEntry("due_count", 4)
            .containsEntry("reason", "away");
        agent.set("2026-05-04T17:00:01Z");
        assertThat(site.awaitRuns("home", 1)).containsEntry("triggered_by", "schedule");
        assertThat(site.runs("home")).hasSize(1);
        Books.balance(site);
      }
    }
  }

  @Test
  void a_paused_device_makes_up_for_the_pause_by_one_run() throws Exception {
    try (Site site = site()) {
      int schedule = hourly(site, "home");
      try (ClockedAgent agent = new ClockedAgent(site, "2026-05-04T12:30:00Z")) {
        awaitSeen(site, schedule);
        site.controlPlane().execute("UPDATE devices SET enabled = false");
        eventually().until(() -> site.holdfast("status").out().contains("paused"));
        agent.move(Duration.ofHours(3));
        site.controlPlane().execute("UPDATE devices SET enabled = true");
        Map<String, Object> run = site.awaitRuns("home", 1);
        assertThat(run).containsEntry("triggered_by", "missed");
        assertThat(madeUpFor(site.controlPlane(), run)).isEqualTo("2");
        Books.balance(site);
      }
    }
  }

  @Test
  void a_time_that_comes_while_the_job_still_runs_is_skipped_and_told() throws Exception {
    HeldRestic held = new HeldRestic(directory, ResticBinaries.current(), "slow");
    try (Site site = site()) {
      site.writeConfig(held.binary().toString());
      FaultyJobs jobs = new FaultyJobs(site);
      UUID slow = jobs.job("slow");
      int schedule = site.controlPlane().cron(slow, "0 * * * *");
      try (ClockedAgent agent = new ClockedAgent(site, "2026-05-04T12:59:00Z")) {
        awaitSeen(site, schedule);
        agent.set("2026-05-04T13:00:00Z");
        eventually().until(() -> site.runs("slow").size() == 1);
        agent.set("2026-05-04T14:00:00Z");
        eventually().until(() -> !site.controlPlane().rows("SELECT FROM missed_runs").isEmpty());
        assertThat(site.runs("slow").getFirst()).containsEntry("status", "running");
        assertThat(
                site.controlPlane().row("SELECT schedule_id, due_count, reason FROM missed_runs"))
            .containsEntry("schedule_id", schedule)
            .containsEntry("due_count", 1)
            .containsEntry("reason", "still_running");
        // Back beyond the run's start: no reason to lose its result.
        agent.set("2026-05-04T12:30:00Z");
        held.letGo();
        assertThat(site.awaitRuns("slow", 1)).containsEntry("outcome", "success");
        jobs.goOn("other");
        assertThat(site.runs("slow")).as("skipped, not queued").hasSize(1);
        assertThat(
                site.controlPlane()
                    .rows("SELECT FROM runs WHERE end_time < start_time OR duration_seconds < 0"))
            .isEmpty();
        Books.balance(site);
      }
    }
  }
}
