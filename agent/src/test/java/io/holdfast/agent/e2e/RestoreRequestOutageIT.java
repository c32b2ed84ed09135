package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.BreakableServer;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RestoreRequests;
import io.holdfast.agent.testing.Site;
import java.nio.file.Path;
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
    try (BreakableServer server = BreakableServer.startIn(directory.resolve("server"))) {
      carriedOut(server, server.controlPlane(), restic, target);
    }
  }

  private void carriedOut(BreakableServer server, ControlPlane psql, Path restic, Path target)
      throws Exception {
    try (Site site = new Site(directory, restic, psql, "connectTimeout=2&socketTimeout=4")) {
      RestoreRequests admin = new RestoreRequests(site);
      admin.permit(target.getParent().toString());
      Path source = new FaultyJobs(site).randomSource("large", 16 << 10);
      UUID job = admin.backedUp("large", source);
      site.daemon();
      UUID request = admin.ask(job, target);
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
