package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Finding M10: a problem that somebody deletes, and that is still there. */
class DeletedProblemsIT {

  @TempDir private Path directory;

  @Test
  void it_comes_back_at_once_and_goes_when_its_cause_has_gone() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.setting("sync_interval_seconds", "86400");
      UUID job = new FaultyJobs(site).job("home");
      psql.takeAnyRow();
      psql.execute(
          "INSERT INTO schedules (job_id, schedule_type, cron_expression) VALUES (?, 'cron', 'never')",
          job);
      site.daemon();
      site.awaitListening();
      eventually().until(() -> told(psql).equals(List.of("schedule-invalid")));

      assertThat(psql.execute("DELETE FROM problems")).isEqualTo(1);
      eventually().until(() -> told(psql).equals(List.of("schedule-invalid")));

      psql.execute("UPDATE problems SET severity = 'warning', message = 'all is well'");
      eventually()
          .until(() ->
              psql.rows(
                          "SELECT FROM problems WHERE severity = 'error' AND message <> 'all is well'")
                      .size()
                  == 1);

      psql.execute("UPDATE schedules SET cron_expression = '0 2 * * *'");
      eventually().until(() -> told(psql).isEmpty());
    }
  }

  private static List<Object> told(ControlPlane psql) {
    return psql.rows("SELECT code FROM problems").stream().map(row -> row.get("code")).toList();
  }
}
