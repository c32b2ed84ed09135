package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No result is lost for its size. */
class LongSentencesIT {

  @TempDir private Path directory;

  private static String[] missing(String... others) {
    return Stream.concat(
            Stream.of(others),
            IntStream.range(0, 140)
                .mapToObj(i ->
                    String.format(
                        Locale.ROOT,
                        "/mnt/nas/customers/vhosts/customer-%04d.example.org/htdocs",
                        i)))
        .toArray(String[]::new);
  }

  private Path standIn(Path restic) throws Exception {
    return ResticBinaries.script(
        directory.resolve("stand-in"),
        """
        #!/bin/sh
        case " $* " in
          *' --tag=backup_name=page '*)
            printf '{"message_type":"exit_error","code":1,"message":"Fatal: ' >&2
            yes '<p>日本語</p>' | tr -d '\\n' | head -c 12000 >&2
            printf '"}\\n' >&2
            exit 1 ;;
          *' --tag=backup_name=deep '*)
            printf '{"message_type":"error","during":"archival","item":"/' >&2
            yes 'ü/' | tr -d '\\n' | head -c 3900 >&2
            printf '","error":{"message":"' >&2
            yes 'ä' | tr -d '\\n' | head -c 9000 >&2
            printf '"}}\\n' >&2
            exec '%s' "$@" ;;
        esac
        exec '%s' "$@"
        """
            .formatted(restic, restic));
  }

  @Test
  void a_run_has_its_end_however_long_its_reasons_are() throws Exception {
    try (Site site = new Site(directory, standIn(ResticBinaries.current()))) {
      ControlPlane psql = site.controlPlane();
      String tree = site.source("tree", 2).toString();
      Map<String, String> jobs =
          Map.of("some", "partial", "all", "failed", "page", "failed", "deep", "partial");
      psql.job(Site.DEVICE, "some", missing(tree));
      psql.job(Site.DEVICE, "all", missing());
      psql.job(Site.DEVICE, "page", tree);
      psql.job(Site.DEVICE, "deep", tree);
      site.daemon();
      for (Map.Entry<String, String> job : jobs.entrySet()) {
        UUID request =
            (UUID)
                psql.row(
                        "INSERT INTO requests (kind, job_id) SELECT 'backup', id FROM backup_jobs"
                            + " WHERE name = ? RETURNING id",
                        job.getKey())
                    .get("id");
        Map<String, Object> run = site.awaitRuns(job.getKey(), 1);
        assertThat(run).as(job.getKey()).containsEntry("outcome", job.getValue());
        assertThat(run.get("error_message").toString()).as(job.getKey()).isNotBlank();
        eventually()
            .untilAsserted(() ->
                assertThat(
                        psql.row("SELECT status FROM requests WHERE id = ?", request).get("status"))
                    .as(job.getKey())
                    .isIn("done", "failed"));
        assertThat(psql.rows("SELECT FROM problems WHERE subject = ?", "job " + job.getKey()))
            .as(job.getKey())
            .hasSize(1);
      }
      assertThat(site.runs("all").getFirst().get("error_message").toString())
          .contains("customer-0004.example.org/htdocs and 135 more");
      assertThat(site.state().resolve("spool/refused")).isEmptyDirectory();
    }
  }

  /** Should there be a limit yet that nobody has thought of. */
  @Test
  void a_record_that_is_refused_all_the_same_ends_its_run_and_names_its_job() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.execute("ALTER TABLE runs ADD CONSTRAINT of_this_test CHECK (restic_output = '')");
      UUID job = psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      psql.everySeconds(job, 86_400);
      site.daemon();
      Map<String, Object> run = site.awaitRuns("home", 1);
      assertThat(run).containsEntry("status", "success");
      assertThat(run.get("snapshot_id")).isNotNull();
      // The next sync tells of it.
      psql.execute("UPDATE backup_jobs SET description = 'x' WHERE id = ?", job);
      eventually()
          .untilAsserted(() ->
              assertThat(psql.rows("SELECT message FROM problems WHERE code = 'records-refused'"))
                  .singleElement()
                  .satisfies(problem ->
                      assertThat(problem.get("message").toString()).contains("job \"home\"")));
    }
  }
}
