package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.OddTree;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.SortedMap;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What an admin asks a machine to restore by a row, and what the machine itself has to say to it.
 */
class RestoreRequestIT {

  @TempDir private Path directory;

  /** Away from the machine's configuration file and state. */
  @TempDir private Path elsewhere;

  private Path root;

  @BeforeEach
  void aRoot() throws IOException {
    root = Files.createDirectories(elsewhere.toRealPath().resolve("restored"));
  }

  /** A machine that permits restores below the root. */
  private Site site(Path restic) throws IOException {
    Site site = new Site(directory, restic);
    permit(site, root.toString());
    return site;
  }

  private static void permit(Site site, String roots) throws IOException {
    Files.writeString(
        site.config(), "policy:\n  restore_roots: " + roots + "\n", StandardOpenOption.APPEND);
  }

  private static void backUp(Site site, String job) {
    Result backup = site.holdfast("backup", job);
    assertThat(backup.exitCode()).as(backup.all()).isZero();
  }

  private static UUID job(Site site, String name, int files) throws IOException {
    UUID job = site.controlPlane().job(site.device(), name, site.source(name, files).toString());
    backUp(site, name);
    return job;
  }

  private static UUID ask(Site site, UUID job, String parameters) {
    return (UUID)
        site.controlPlane()
            .row(
                "INSERT INTO requests (kind, job_id, parameters)"
                    + " VALUES ('restore', ?, CAST(? AS jsonb)) RETURNING id",
                job,
                parameters)
            .get("id");
  }

  private UUID askTo(Site site, UUID job, Path target) {
    return ask(site, job, "{\"to\": \"" + target + "\"}");
  }

  private static Map<String, Object> answer(Site site, UUID id) {
    String sql =
        "SELECT q.status, q.message, q.result->>'outcome' AS outcome, r.status AS restore,"
            + " r.code, r.message AS said, r.files, r.job_id, r.snapshot_id, r.requested_by,"
            + " r.end_time IS NOT NULL AS ended, r.progress"
            + " FROM requests q LEFT JOIN restores r ON r.id = q.id WHERE q.id = ?";
    eventually()
        .until(() ->
            !String.valueOf(site.controlPlane().row(sql, id).get("status"))
                .matches("pending|claimed"));
    return site.controlPlane().row(sql, id);
  }

  private static void refused(Map<String, Object> answer, String code, String... words) {
    assertThat(answer)
        .containsEntry("status", "failed")
        .containsEntry("restore", "failed")
        .containsEntry("code", code)
        .containsEntry("files", 0L);
    assertThat((String) answer.get("message"))
        .contains(words)
        .hasLineCount(1)
        .endsWith(".")
        .doesNotContain("--", "Exception", Site.REPOSITORY_PASSWORD);
  }

  private static String restore(Site site, UUID id) {
    return site.controlPlane().rows("SELECT status FROM restores WHERE id = ?", id).stream()
        .map(row -> (String) row.get("status"))
        .findFirst()
        .orElse("none");
  }

  /** A job whose restore lasts for minutes: its restic reads so slowly. */
  private Site slowSite() throws IOException {
    Path slow =
        ResticBinaries.script(
            directory.resolve("slow-restic"),
            """
            #!/bin/sh
            case " $* " in *" restore "*) exec '%1$s' --limit-download=200 "$@";; esac
            exec '%1$s' "$@"
            """
                .formatted(ResticBinaries.current()));
    return site(slow);
  }

  private static UUID large(Site site) throws IOException {
    Path source = new FaultyJobs(site).randomSource("large", 24 << 10);
    UUID job = site.controlPlane().job(Site.DEVICE, "large", source.toString());
    backUp(site, "large");
    return job;
  }

  @ParameterizedTest
  @MethodSource("io.holdfast.agent.testing.ResticBinaries#all")
  void files_come_back_as_they_were_and_the_row_says_so(Path restic) throws Exception {
    try (Site site = site(restic)) {
      Path source = Files.createDirectories(site.directory().resolve("src/odd"));
      OddTree.plant(source);
      SortedMap<String, String> before = OddTree.account(source);
      UUID job = site.controlPlane().job(Site.DEVICE, "odd", source.toString());
      backUp(site, "odd");
      site.daemon();
      Path target = root.resolve("new/deeper");

      Map<String, Object> answer = answer(site, askTo(site, job, target));

      assertThat(answer)
          .as("%s", answer)
          .containsEntry("status", "done")
          .containsEntry("message", "the files were restored")
          .containsEntry("outcome", "success")
          .containsEntry("restore", "success")
          .containsEntry("code", "ok")
          .containsEntry("said", null)
          .containsEntry("job_id", job)
          .containsEntry("requested_by", "postgres")
          .containsEntry("ended", true);
      assertThat((Long) answer.get("files")).isGreaterThan(10);
      assertThat((String) answer.get("snapshot_id")).matches("[0-9a-f]{64}");
      assertThat(OddTree.account(Path.of(target + source.toString()))).isEqualTo(before);
      assertThat(site.state().resolve("open-restores")).isEmptyDirectory();
      assertThat(site.repository().resolve("locks")).isEmptyDirectory();
    }
  }

  @Test
  void a_snapshot_of_another_device_comes_back_here_if_an_admin_says_so() throws Exception {
    try (Site site = site(ResticBinaries.current())) {
      Site other = site.another("other-device");
      Path source = other.source("www", 3);
      UUID job = other.controlPlane().job("other-device", "www", source.toString());
      backUp(other, "www");
      site.daemon();
      UUID request =
          (UUID)
              site.controlPlane()
                  .row(
                      "INSERT INTO requests (kind, device_id, job_id, parameters) VALUES"
                          + " ('restore', ?, ?, jsonb_build_object('to', ?, 'include', ARRAY['file-2']))"
                          + " RETURNING id",
                      Site.DEVICE,
                      job,
                      root.resolve("www").toString())
                  .get("id");
      assertThat(answer(site, request)).containsEntry("status", "done");
      Path back = Path.of(root.resolve("www") + source.toString());
      assertThat(back.resolve("file-2")).hasSameBinaryContentAs(source.resolve("file-2"));
      assertThat(back.resolve("file-1")).doesNotExist();
      assertThat(
              site.controlPlane()
                  .row("SELECT job_id, job_name, device_id FROM restores WHERE id = ?", request))
          .containsEntry("job_id", job)
          .containsEntry("job_name", "www")
          .containsEntry("device_id", Site.DEVICE);
    }
  }

  @Test
  void without_a_rule_the_machine_restores_nothing_by_a_row_and_everything_by_hand()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      UUID job = job(site, "home", 2);
      site.daemon();
      refused(
          answer(site, askTo(site, job, root.resolve("new"))),
          "policy-refused",
          "this machine lets no row restore anything",
          site.config() + " has no policy.restore_roots");
      assertThat(root).isEmptyDirectory();
      assertThat(
              site.holdfast("restore", "home", "--to", root.resolve("by-hand").toString())
                  .exitCode())
          .isZero();
    }
  }

  @Test
  void what_lies_outside_the_roots_is_refused_also_by_way_of_a_link() throws Exception {
    try (Site site = site(ResticBinaries.current())) {
      UUID job = job(site, "home", 2);
      int line = Files.readAllLines(site.config()).size();
      Path secret = Files.createDirectories(root.resolveSibling("secret"));
      Files.createSymbolicLink(root.resolve("way-out"), secret);
      site.daemon();
      refused(
          answer(site, askTo(site, job, secret)),
          "policy-refused",
          secret + " does not lie within what policy.restore_roots allows",
          site.config() + ":" + line);
      refused(
          answer(site, askTo(site, job, root.resolve("way-out/new"))),
          "policy-refused",
          "which leads to " + secret.resolve("new"),
          site.config() + ":" + line);
      refused(
          answer(site, askTo(site, job, root.resolve("way-out"))),
          "policy-refused",
          "which leads to " + secret);
      assertThat(secret).isEmptyDirectory();
    }
  }

  /** A link that is put there after the row was looked at for the first time. */
  @Test
  void a_link_that_comes_while_the_restore_waits_is_seen_right_before_restic_starts()
      throws Exception {
    try (Site site = site(ResticBinaries.current())) {
      UUID job = job(site, "home", 2);
      site.controlPlane().setting("max_concurrent_backups", "1");
      FaultyJobs jobs = new FaultyJobs(site);
      jobs.due(jobs.slow("slow", 8));
      Path secret = Files.createDirectories(root.resolveSibling("secret"));
      site.daemon();
      eventually().until(() -> site.runs("slow").size() == 1);
      UUID request = askTo(site, job, root.resolve("way/new"));
      eventually().until(() -> site.log().contains("asks for a restore"));
      Files.createSymbolicLink(root.resolve("way"), secret);
      refused(answer(site, request), "policy-refused", "which leads to " + secret.resolve("new"));
      assertThat(site.awaitRuns("slow", 1)).containsEntry("outcome", "success");
      assertThat(secret).isEmptyDirectory();
    }
  }

  @Test
  void the_agents_own_directories_and_the_root_are_refused_whatever_the_policy_says()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      permit(site, "/");
      UUID job = job(site, "home", 2);
      site.daemon();
      for (Path own :
          new Path[] {site.state(), site.state().resolve("spool/x"), site.state().getParent()}) {
        refused(answer(site, askTo(site, job, own)), "policy-refused", "the agent's own directory");
      }
      UUID dots = ask(site, job, "{\"to\": \"//./\", \"overwrite\": \"always\"}");
      refused(answer(site, dots), "policy-refused", "is the root of a file system");
    }
  }

  @Test
  void a_directory_that_is_not_empty_needs_a_word_and_a_link_in_it_does_not_lead_out()
      throws Exception {
    try (Site site = site(ResticBinaries.current())) {
      Path source = site.source("home", 2);
      UUID job = job(site, "home", 2);
      Path target = Files.createDirectories(root.resolve("full"));
      Files.writeString(target.resolve("mine"), "mine");
      site.daemon();
      refused(
          answer(site, askTo(site, job, target)),
          "restore-refused",
          "the directory " + target + " is not empty",
          "{\"overwrite\": \"if-changed\"}");
      String overwrite = "{\"to\": \"" + target + "\", \"overwrite\": \"if-changed\"}";
      assertThat(answer(site, ask(site, job, overwrite))).containsEntry("status", "done");
      assertThat(Path.of(target + source.toString()).resolve("file-1"))
          .hasSameBinaryContentAs(source.resolve("file-1"));
      assertThat(target.resolve("mine")).hasContent("mine");

      Path secret = Files.createDirectories(root.resolveSibling("secret"));
      Path link = target.resolve("way-out");
      Files.createSymbolicLink(link, secret);
      refused(
          answer(site, ask(site, job, overwrite)),
          "policy-refused",
          link + " is a link that leads to where policy.restore_roots allows nothing");
    }
  }

  @Test
  void what_is_not_there_is_answered_with_the_reason() throws Exception {
    try (Site site = site(ResticBinaries.current())) {
      UUID job = job(site, "home", 2);
      UUID never = new FaultyJobs(site).job("never-run");
      site.daemon();
      UUID unknown =
          (UUID)
              site.controlPlane()
                  .row(
                      "INSERT INTO requests (kind, device_id, parameters) VALUES ('restore', ?,"
                          + " jsonb_build_object('to', ?, 'snapshot', 'deadbeef')) RETURNING id",
                      Site.DEVICE,
                      root.resolve("new").toString())
                  .get("id");
      refused(answer(site, unknown), "restore-refused", "no snapshot has an id that begins with");
      refused(
          answer(site, askTo(site, never, root.resolve("new"))),
          "restore-refused",
          "the repository holds no snapshot of job \"never-run\"");
      refused(
          answer(
              site,
              ask(site, job, "{\"to\": \"" + root.resolve("new") + "\", \"at\": \"2 years ago\"}")),
          "restore-refused",
          "job \"home\" has no snapshot from before");
      assertThat(root).isEmptyDirectory();
    }
  }

  @Test
  void one_that_goes_on_shows_how_far_it_is_and_is_cancelled_by_its_id_and_backups_go_on()
      throws Exception {
    try (Site site = slowSite()) {
      ControlPlane psql = site.controlPlane();
      psql.setting("max_concurrent_backups", "2");
      UUID job = large(site);
      site.daemon();
      site.awaitListening();
      UUID request = askTo(site, job, root.resolve("large"));
      UUID waiting = askTo(site, job, root.resolve("second"));
      eventually()
          .until(() ->
              !psql.rows(
                      "SELECT FROM restores WHERE id = ? AND status = 'running' AND progress_at IS"
                          + " NOT NULL AND (progress->>'total_bytes')::bigint > 0",
                      request)
                  .isEmpty());
      new FaultyJobs(site).goOn("beside");
      UUID second = cancel(site, waiting);
      assertThat(answer(site, waiting))
          .containsEntry("restore", "cancelled")
          .satisfies(row ->
              assertThat((String) row.get("message"))
                  .isEqualTo(
                      "the restore was cancelled by request of postgres; it had not begun."));
      assertThat(answer(site, second)).containsEntry("status", "done");
      assertThat(restore(site, request)).isEqualTo("running");

      UUID cancel = cancel(site, request);

      assertThat(answer(site, request))
          .containsEntry("status", "failed")
          .containsEntry("outcome", "cancelled")
          .containsEntry("restore", "cancelled")
          .containsEntry("progress", null)
          .satisfies(row ->
              assertThat((String) row.get("message"))
                  .startsWith("the restore was cancelled by request of postgres; what came back"));
      assertThat(answer(site, cancel)).containsEntry("status", "done");
      assertThat(answer(site, cancel(site, request)))
          .as("of one that has ended")
          .containsEntry("status", "failed");
      eventually()
          .untilAsserted(() -> assertThat(site.repository().resolve("locks")).isEmptyDirectory());
      assertThat(root.resolve("second")).doesNotExist();
    }
  }

  private static UUID cancel(Site site, UUID restore) {
    return (UUID)
        site.controlPlane()
            .row("INSERT INTO requests (kind, run_uuid) VALUES ('cancel', ?) RETURNING id", restore)
            .get("id");
  }

  @Test
  void one_whose_agent_was_killed_is_answered_openly_and_not_begun_again() throws Exception {
    try (Site site = slowSite()) {
      UUID job = large(site);
      Process daemon = site.daemon();
      UUID request = askTo(site, job, root.resolve("large"));
      UUID later = askTo(site, job, root.resolve("later"));
      eventually().until(() -> restore(site, request).equals("running"));
      ProcessHandle restic =
          daemon
              .descendants()
              .filter(p -> p.info().arguments().stream().anyMatch(a -> arguments(a, root)))
              .findFirst()
              .orElseThrow();
      daemon.destroyForcibly().waitFor();
      site.writeConfig(ResticBinaries.current().toString());
      permit(site, root.toString());

      site.daemon();

      assertThat(answer(site, request))
          .containsEntry("status", "failed")
          .containsEntry("restore", "failed")
          .containsEntry("code", "interrupted")
          .satisfies(row ->
              assertThat((String) row.get("message"))
                  .contains("the agent or its machine was ended in the middle of the restore"));
      assertThat(answer(site, later)).as("had not begun").containsEntry("status", "done");
      assertThat(restic.isAlive()).isFalse();
      assertThat(site.controlPlane().rows("SELECT FROM restores")).hasSize(2);
      assertThat(site.state().resolve("open-restores")).isEmptyDirectory();
    }
  }

  private static boolean arguments(String[] arguments, Path root) {
    return String.join(" ", arguments).contains("--target=" + root);
  }

  @Test
  void one_whose_agent_is_stopped_says_so_and_one_that_waited_is_begun_by_the_next()
      throws Exception {
    try (Site site = slowSite()) {
      UUID job = large(site);
      Process daemon = site.daemon();
      UUID request = askTo(site, job, root.resolve("large"));
      UUID later = askTo(site, job, root.resolve("later"));
      eventually().until(() -> restore(site, request).equals("running"));
      assertThat(Site.stop(daemon)).isZero();
      assertThat(answer(site, request))
          .containsEntry("code", "interrupted")
          .satisfies(row ->
              assertThat((String) row.get("message"))
                  .startsWith("the agent was stopped in the middle of the restore"));
      assertThat(restore(site, later)).isEqualTo("none");
      site.writeConfig(ResticBinaries.current().toString());
      permit(site, root.toString());
      site.daemon();
      assertThat(answer(site, later)).containsEntry("status", "done");
      assertThat(site.controlPlane().rows("SELECT FROM restores")).hasSize(2);
    }
  }
}
