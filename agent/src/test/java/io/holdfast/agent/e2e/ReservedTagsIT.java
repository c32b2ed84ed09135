package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnEveryRestic;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;

/** A person's tags do not say whose snapshot it is: no job's retention removes another's. */
class ReservedTagsIT {

  @TempDir private Path directory;

  private static void done(Site site, String... command) {
    Result result = site.holdfast(command);
    assertThat(result.exitCode()).as(result.all()).isZero();
  }

  @TestOnEveryRestic
  void a_tag_of_another_jobs_is_refused_and_one_of_before_costs_no_snapshot(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      UUID jobA = psql.job(Site.DEVICE, "jobA", site.source("a", 1).toString());
      UUID jobB = psql.job(Site.DEVICE, "jobB", site.source("b", 1).toString());
      String copied =
          "UPDATE backup_jobs SET tags = ARRAY['daily', 'backup:"
              + jobA
              + "', ' run="
              + jobA
              + "', 'device=other', 'it''s'] WHERE name = 'jobB'";
      assertThatThrownBy(() -> psql.execute(copied))
          .hasMessageContaining("such a tag says whose snapshot it is");
      psql.takeAnyRow();
      psql.execute(copied);
      psql.execute("UPDATE devices SET housekeeper = true");
      psql.execute("INSERT INTO retention_policies (name, keep_last) VALUES ('one', 1)");
      psql.execute("UPDATE backup_jobs SET retention_policy = 'one' WHERE name = 'jobA'");

      done(site, "backup", "jobA");
      done(site, "backup", "jobB");
      done(site, "housekeep", "catalogue");
      done(site, "forget", "jobA");

      assertThat(site.restic("snapshots").valueStream().map(s -> s.path("tags").toString()))
          .hasSize(2)
          .anySatisfy(tags -> assertThat(tags).contains("backup:" + jobA).doesNotContain("daily"))
          .anySatisfy(tags ->
              assertThat(tags)
                  .contains("backup:" + jobB, "daily")
                  .doesNotContain("backup:" + jobA, "run=" + jobA, "device=other"));
      assertThat(site.holdfast("snapshots", "jobA").all()).doesNotContain("no snapshots yet");

      done(site, "sync");
      site.daemon();
      Site.eventually()
          .until(() ->
              psql.rows("SELECT FROM problems WHERE code = 'tag-reserved' AND severity = 'warning'")
                      .size()
                  == 1);
      String remedy =
          String.valueOf(
              psql.row("SELECT remedy FROM problems WHERE code = 'tag-reserved'").get("remedy"));
      psql.execute(remedy.substring(remedy.indexOf("UPDATE"), remedy.length() - 1));
      Site.eventually()
          .until(() -> psql.rows("SELECT FROM problems WHERE code = 'tag-reserved'").isEmpty());
      assertThat(psql.row("SELECT tags::text FROM backup_jobs WHERE name = 'jobB'"))
          .containsEntry("tags", "{daily,it's}");
    }
  }
}
