package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.BreakableServer;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database goes away while a machine restores what a row asked for. */
class RestoreRequestOutageIT {

  @TempDir private Path directory;
  @TempDir private Path elsewhere;

  @Test
  void its_result_arrives_when_the_database_is_back_and_it_is_not_begun_again() throws Exception {
    Path target = elsewhere.toRealPath().resolve("back");
    Path restic =
        ResticBinaries.script(
            directory.resolve("slow-restic"),
            """
            #!/bin/sh
            case " $* " in *" restore "*) exec '%1$s' --limit-download=2000 "$@";; esac
            exec '%1$s' "$@"
            """
                .formatted(ResticBinaries.current()));
    try (BreakableServer server = BreakableServer.startIn(directory.resolve("server"));
        Site site =
            new Site(
                directory, restic, server.controlPlane(), "connectTimeout=2&socketTimeout=4")) {
      ControlPlane psql = server.controlPlane();
      Files.writeString(
          site.config(),
          "policy:\n  restore_roots: " + elsewhere.toRealPath() + "\n",
          StandardOpenOption.APPEND);
      Path source = new FaultyJobs(site).randomSource("large", 16 << 10);
      UUID job = psql.job(Site.DEVICE, "large", source.toString());
      assertThat(site.holdfast("backup", "large").exitCode()).isZero();
      site.daemon();
      UUID request =
          (UUID)
              psql.row(
                      "INSERT INTO requests (kind, job_id, parameters)"
                          + " VALUES ('restore', ?, jsonb_build_object('to', ?)) RETURNING id",
                      job,
                      target.toString())
                  .get("id");
      eventually()
          .until(() -> !psql.rows("SELECT FROM restores WHERE status = 'running'").isEmpty());

      server.kill();
      eventually().until(() -> site.log().contains("restore " + request + " ended: success"));
      assertThat(Books.waiting(site)).isNotEmpty();
      server.start();

      eventually()
          .until(() -> psql.row("SELECT status FROM requests").get("status").equals("done"));
      assertThat(psql.row("SELECT status, code, target FROM restores WHERE id = ?", request))
          .containsEntry("status", "success")
          .containsEntry("code", "ok")
          .containsEntry("target", target.toString());
      assertThat(Path.of(target + source.toString()).resolve("random"))
          .hasSameBinaryContentAs(source.resolve("random"));
      eventually().until(() -> Books.waiting(site).isEmpty());
      assertThat(site.state().resolve("spool/refused")).isEmptyDirectory();
      assertThat(site.log().split("restore " + request + " of snapshot", -1)).hasSize(2);
    }
  }
}
