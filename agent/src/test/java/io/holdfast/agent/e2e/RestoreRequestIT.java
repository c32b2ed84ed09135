package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.HeldRestic;
import io.holdfast.agent.testing.OddTree;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RestoreRequests;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    new RestoreRequests(site).permit(root.toString());
    return site;
  }

  @TestOnCurrentRestic
  void files_come_back_as_they_were_and_the_row_says_so(Path restic) throws Exception {
    try (Site site = site(restic)) {
      RestoreRequests admin = new RestoreRequests(site);
      Path source = Files.createDirectories(site.directory().resolve("src/odd"));
      OddTree.plant(source);
      SortedMap<String, String> before = OddTree.account(source);
      UUID job = admin.backedUp("odd", source);
      site.daemon();
      Path target = root.resolve("new/deeper");

      Map<String, Object> answer = admin.answer(admin.ask(job, target));

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
      RestoreRequests admin = new RestoreRequests(site);
      Site other = site.another("other-device");
      Path source = other.source("www", 3);
      UUID job = new RestoreRequests(other).backedUp("www", source);
      site.daemon();
      UUID request =
          admin.id(
              "INSERT INTO requests (kind, device_id, job_id, parameters) VALUES"
                  + " ('restore', ?, ?, jsonb_build_object('to', ?, 'include', ARRAY['file-2']))"
                  + " RETURNING id",
              Site.DEVICE,
              job,
              root.resolve("www").toString());
      assertThat(admin.answer(request)).containsEntry("status", "done");
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
      RestoreRequests admin = new RestoreRequests(site);
      UUID job = admin.job("home", 2);
      site.daemon();
      admin.refused(
          admin.ask(job, root.resolve("new")),
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
      RestoreRequests admin = new RestoreRequests(site);
      UUID job = admin.job("home", 2);
      int line = Files.readAllLines(site.config()).size();
      Path secret = Files.createDirectories(root.resolveSibling("secret"));
      Files.createSymbolicLink(root.resolve("way-out"), secret);
      site.daemon();
      admin.refused(
          admin.ask(job, secret),
          "policy-refused",
          secret + " does not lie within what policy.restore_roots allows",
          site.config() + ":" + line);
      admin.refused(
          admin.ask(job, root.resolve("way-out/new")),
          "policy-refused",
          "which leads to " + secret.resolve("new"),
          site.config() + ":" + line);
      admin.refused(
          admin.ask(job, root.resolve("way-out")), "policy-refused", "which leads to " + secret);
      assertThat(secret).isEmptyDirectory();
    }
  }

  /** A link that is put there after the row was looked at for the first time. */
  @Test
  void a_link_that_comes_while_the_restore_waits_is_seen_right_before_restic_starts()
      throws Exception {
    HeldRestic held = new HeldRestic(directory, ResticBinaries.current(), "held");
    try (Site site = site(held.binary())) {
      RestoreRequests admin = new RestoreRequests(site);
      UUID job = admin.job("home", 2);
      site.controlPlane().setting("max_concurrent_backups", "1");
      FaultyJobs jobs = new FaultyJobs(site);
      jobs.due(jobs.job("held"));
      Path secret = Files.createDirectories(root.resolveSibling("secret"));
      site.daemon();
      eventually().until(() -> site.runs("held").size() == 1);
      UUID request = admin.ask(job, root.resolve("way/new"));
      eventually().until(() -> site.log().contains("asks for a restore"));
      Files.createSymbolicLink(root.resolve("way"), secret);
      held.letGo();
      admin.refused(request, "policy-refused", "which leads to " + secret.resolve("new"));
      assertThat(site.awaitRuns("held", 1)).containsEntry("outcome", "success");
      assertThat(secret).isEmptyDirectory();
    }
  }

  @Test
  void the_agents_own_directories_and_the_root_are_refused_whatever_the_policy_says()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      RestoreRequests admin = new RestoreRequests(site);
      admin.permit("/");
      UUID job = admin.job("home", 2);
      site.daemon();
      for (Path own :
          new Path[] {site.state(), site.state().resolve("spool/x"), site.state().getParent()}) {
        admin.refused(admin.ask(job, own), "policy-refused", "the agent's own directory");
      }
      UUID dots = admin.ask(job, "{\"to\": \"//./\", \"overwrite\": \"always\"}");
      admin.refused(dots, "policy-refused", "is the root of a file system");
    }
  }

  @Test
  void a_directory_that_is_not_empty_needs_a_word_and_a_link_in_it_does_not_lead_out()
      throws Exception {
    try (Site site = site(ResticBinaries.current())) {
      RestoreRequests admin = new RestoreRequests(site);
      Path source = site.source("home", 2);
      UUID job = admin.job("home", 2);
      Path target = Files.createDirectories(root.resolve("full"));
      Files.writeString(target.resolve("mine"), "mine");
      site.daemon();
      admin.refused(
          admin.ask(job, target),
          "restore-refused",
          "the directory " + target + " is not empty",
          "{\"overwrite\": \"if-changed\"}");
      String overwrite = "{\"to\": \"" + target + "\", \"overwrite\": \"if-changed\"}";
      assertThat(admin.answer(admin.ask(job, overwrite))).containsEntry("status", "done");
      assertThat(Path.of(target + source.toString()).resolve("file-1"))
          .hasSameBinaryContentAs(source.resolve("file-1"));
      assertThat(target.resolve("mine")).hasContent("mine");

      Path secret = Files.createDirectories(root.resolveSibling("secret"));
      Path link = target.resolve("way-out");
      Files.createSymbolicLink(link, secret);
      admin.refused(
          admin.ask(job, overwrite),
          "policy-refused",
          link + " is a link that leads to where policy.restore_roots allows nothing");
    }
  }

  @Test
  void what_is_not_there_is_answered_with_the_reason() throws Exception {
    try (Site site = site(ResticBinaries.current())) {
      RestoreRequests admin = new RestoreRequests(site);
      UUID job = admin.job("home", 2);
      UUID never = new FaultyJobs(site).job("never-run");
      site.daemon();
      UUID unknown =
          admin.id(
              "INSERT INTO requests (kind, device_id, parameters) VALUES ('restore', ?,"
                  + " jsonb_build_object('to', ?, 'snapshot', 'deadbeef')) RETURNING id",
              Site.DEVICE,
              root.resolve("new").toString());
      admin.refused(unknown, "restore-refused", "no snapshot has an id that begins with");
      admin.refused(
          admin.ask(never, root.resolve("new")),
          "restore-refused",
          "the repository holds no snapshot of job \"never-run\"");
      admin.refused(
          admin.ask(job, "{\"to\": \"" + root.resolve("new") + "\", \"at\": \"2 years ago\"}"),
          "restore-refused",
          "job \"home\" has no snapshot from before");
      assertThat(root).isEmptyDirectory();
    }
  }
}
