package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.ProcessIdentity;
import io.holdfast.agent.state.OpenRestoreFiles;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RestoreRequests;
import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A restore by a row that is cancelled, or whose agent ends in the middle of it. */
class RestoreRequestEndedIT {

  @TempDir private Path directory;
  @TempDir private Path elsewhere;
  private Path root;

  @BeforeEach
  void aRoot() throws IOException {
    root = Files.createDirectories(elsewhere.toRealPath().resolve("restored"));
  }

  /** A job whose restore lasts for minutes: its restic reads so slowly. */
  private Site slowSite() throws IOException {
    return slowSite("");
  }

  /**
   * The same.
   *
   * @param variables what is set for its restic, as a shell writes it
   */
  private Site slowSite(String variables) throws IOException {
    Path slow =
        ResticBinaries.script(
            directory.resolve("slow-restic"),
            """
            #!/bin/sh
            case " $* " in *" restore "*) exec env %2$s '%1$s' --limit-download=200 "$@";; esac
            exec '%1$s' "$@"
            """
                .formatted(ResticBinaries.current(), variables));
    Site site = new Site(directory, slow);
    // One that is asked to end reads its pack to the end: a small one.
    site.controlPlane()
        .execute(
            "ALTER TABLE backup_jobs ALTER COLUMN restic_args SET DEFAULT '[\"--pack-size=4\"]'");
    new RestoreRequests(site).permit(root.toString());
    return site;
  }

  private static UUID large(Site site) throws IOException {
    Path source = new FaultyJobs(site).randomSource("large", 24 << 10);
    return new RestoreRequests(site).backedUp("large", source);
  }

  @Test
  void one_that_goes_on_shows_how_far_it_is_and_is_cancelled_by_its_id_and_backups_go_on()
      throws Exception {
    try (Site site = slowSite()) {
      RestoreRequests admin = new RestoreRequests(site);
      ControlPlane psql = site.controlPlane();
      psql.setting("max_concurrent_backups", "2");
      UUID job = large(site);
      site.daemon();
      site.awaitListening();
      UUID request = admin.ask(job, root.resolve("large"));
      UUID waiting = admin.ask(job, root.resolve("second"));
      eventually()
          .until(() ->
              !psql.rows(
                      "SELECT FROM restores WHERE id = ? AND status = 'running' AND progress_at IS"
                          + " NOT NULL AND (progress->>'total_bytes')::bigint > 0",
                      request)
                  .isEmpty());
      new FaultyJobs(site).goOn("beside");
      UUID second = admin.cancel(waiting);
      assertThat(admin.answer(waiting))
          .containsEntry("restore", "cancelled")
          .satisfies(row ->
              assertThat((String) row.get("message"))
                  .isEqualTo(
                      "the restore was cancelled by request of postgres; it had not begun."));
      assertThat(admin.answer(second)).containsEntry("status", "done");
      assertThat(admin.status(request)).isEqualTo("running");

      UUID cancel = admin.cancel(request);

      assertThat(admin.answer(request))
          .containsEntry("status", "failed")
          .containsEntry("outcome", "cancelled")
          .containsEntry("restore", "cancelled")
          .containsEntry("progress", null)
          .satisfies(row ->
              assertThat((String) row.get("message"))
                  .startsWith("the restore was cancelled by request of postgres; what came back"));
      assertThat(admin.answer(cancel)).containsEntry("status", "done");
      assertThat(admin.answer(admin.cancel(request)))
          .as("of one that has ended")
          .containsEntry("status", "failed");
      eventually()
          .untilAsserted(() -> assertThat(site.repository().resolve("locks")).isEmptyDirectory());
      assertThat(root.resolve("second")).doesNotExist();
    }
  }

  /** An agent may also die between the start of its restic and writing down which it is. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void one_whose_agent_was_killed_is_answered_openly_and_not_begun_again(boolean writtenDown)
      throws Exception {
    // One that reports how far it is dies of the pipe that nobody reads any more; this one does
    // not.
    try (Site site = slowSite("RESTIC_PROGRESS_FPS=0.001")) {
      RestoreRequests admin = new RestoreRequests(site);
      UUID job = large(site);
      Process daemon = site.daemon();
      UUID request = admin.ask(job, root.resolve("large"));
      UUID later = admin.ask(job, root.resolve("later"));
      eventually().until(() -> admin.status(request).equals("running"));
      OpenRestoreFiles open = new OpenRestoreFiles(site.state().resolve("open-restores"));
      eventually()
          .until(() -> open.all().stream().anyMatch(restore -> restore.restic().isPresent()));
      ProcessIdentity restic = restorer(daemon);
      assertThat(daemon.destroyForcibly().waitFor(3, TimeUnit.MINUTES)).isTrue();
      if (!writtenDown) {
        open.all().forEach(restore -> open.open(restore.start()));
      }
      site.writeConfig(ResticBinaries.current().toString());
      admin.permit(root.toString());

      site.daemon();

      assertThat(admin.answer(request))
          .containsEntry("status", "failed")
          .containsEntry("restore", "failed")
          .containsEntry("code", "interrupted")
          .satisfies(row ->
              assertThat((String) row.get("message"))
                  .contains("the agent or its machine was ended in the middle of the restore"));
      assertThat(admin.answer(later)).as("had not begun").containsEntry("status", "done");
      assertThat(restic.hasEnded()).isTrue();
      assertThat(site.controlPlane().rows("SELECT FROM restores")).hasSize(2);
      assertThat(site.state().resolve("open-restores")).isEmptyDirectory();
    }
  }

  private ProcessIdentity restorer(Process daemon) {
    return daemon
        .descendants()
        .filter(process ->
            String.join(" ", process.info().arguments().orElse(new String[0]))
                .contains("--target=" + root))
        .findFirst()
        .flatMap(ProcessIdentity::of)
        .orElseThrow();
  }

  @Test
  void one_whose_agent_is_stopped_says_so_and_one_that_waited_is_begun_by_the_next()
      throws Exception {
    try (Site site = slowSite()) {
      RestoreRequests admin = new RestoreRequests(site);
      UUID job = large(site);
      Process daemon = site.daemon();
      UUID request = admin.ask(job, root.resolve("large"));
      UUID later = admin.ask(job, root.resolve("later"));
      eventually().until(() -> admin.status(request).equals("running"));
      Site.stop(daemon);
      assertThat(admin.answer(request))
          .containsEntry("code", "interrupted")
          .satisfies(row ->
              assertThat((String) row.get("message"))
                  .startsWith("the agent was stopped in the middle of the restore"));
      assertThat(admin.status(later)).isEqualTo("none");
      site.writeConfig(ResticBinaries.current().toString());
      admin.permit(root.toString());
      site.daemon();
      assertThat(admin.answer(later)).containsEntry("status", "done");
      assertThat(site.controlPlane().rows("SELECT FROM restores")).hasSize(2);
    }
  }
}
