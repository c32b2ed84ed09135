package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.HandMade;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import io.holdfast.agent.testing.TestOnEveryRestic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that look into the repository and restore, as a person or a script meets them. */
class RestoreIT {

  @TempDir private Path directory;

  private static JsonNode json(Result result) throws Exception {
    assertThat(result.exitCode()).as(result.all()).isZero();
    return new ObjectMapper().readTree(result.out());
  }

  private static void says(Result result, int exitCode, String... sentences) {
    assertThat(result.exitCode()).as(result.all()).isEqualTo(exitCode);
    assertThat(result.err()).contains(sentences).doesNotContain("Exception", "\tat ");
  }

  private static Path file(Path file, String content) throws IOException {
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  private Path back(String target, Path source) {
    return Path.of(directory.resolve(target) + source.toString());
  }

  @TestOnCurrentRestic
  void snapshots_are_listed_looked_into_searched_and_compared(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      Path www = site.source("www", 3);
      UUID job = psql.job(Site.DEVICE, "www", www.toString());
      psql.job(Site.DEVICE, "other", site.source("other", 1).toString());
      assertThat(site.holdfast("backup", "www").exitCode()).isZero();
      file(www.resolve("deep/page.html"), "new");
      Files.delete(www.resolve("file-0"));
      assertThat(site.holdfast("backup", "www").exitCode()).isZero();
      assertThat(site.holdfast("backup", "other").exitCode()).isZero();
      new HandMade(restic, site).byHand(www);

      JsonNode all = json(site.holdfast("snapshots", "--json", "--all"));
      assertThat(all).hasSize(4);
      JsonNode own = json(site.holdfast("snapshots", "--json"));
      assertThat(own.findValuesAsText("job_name")).containsExactly("other", "www", "www");
      JsonNode ofJob = json(site.holdfast("snapshots", job.toString(), "--json"));
      assertThat(ofJob.findValuesAsText("job_id")).hasSize(2).containsOnly(job.toString());
      assertThat(ofJob.path(0).path("host").asText()).isEqualTo("Test Device");
      assertThat(ofJob.path(0).path("time").asText()).endsWith("Z");
      String newer = ofJob.path(0).path("id").asText();
      String older = ofJob.path(1).path("id").asText();
      assertThat(site.holdfast("snapshots", "www").out())
          .containsPattern("TIME +ID +JOB +HOST +SIZE +FILES")
          .contains(newer.substring(0, 8), older.substring(0, 8));

      assertThat(site.holdfast("ls", "www").out()).contains("deep").doesNotContain("page.html");
      assertThat(site.holdfast("ls", "www", www + "/deep").out()).contains("deep/page.html");
      assertThat(site.holdfast("ls", older.substring(0, 10), "-R").out())
          .contains("file-0")
          .doesNotContain("deep");
      Result lines = site.holdfast("ls", newer, www + "/deep/page.html", "--json");
      assertThat(json(lines).path("size").asLong()).isEqualTo(3);
      says(site.holdfast("ls", "www", "/not/there"), 4, "holds no /not/there");
      says(site.holdfast("ls", "www", "deep"), 2, "PATH begins with a /");

      Result found = site.holdfast("find", "page.*");
      assertThat(found.out().lines()).hasSize(2);
      assertThat(found.out())
          .startsWith("snapshot " + newer.substring(0, 8) + " of 20")
          .contains(", job \"www\"")
          .endsWith(www + "/deep/page.html\n");
      String line =
          found.err().lines().filter(said -> said.startsWith("holdfast restore")).findFirst().get();
      String to = directory.resolve("found").toString();
      Result back =
          site.holdfast(line.replaceFirst("^holdfast ", "").replace("DIR", to).split(" ", -1));
      assertThat(back.exitCode()).as(line + back.all()).isZero();
      assertThat(back("found", www).resolve("deep/page.html")).hasContent("new");
      JsonNode hit = json(site.holdfast("find", "page.*", "--json"));
      assertThat(hit.path("job_name").asText()).isEqualTo("www");
      assertThat(hit.path("snapshot_time")).isEqualTo(ofJob.path(0).path("time"));
      assertThat(
              site.holdfast("find", "page.*", "--all").out().lines().filter(l -> l.contains("/")))
          .hasSize(2);
      assertThat(site.holdfast("find", "file-0", "--job", "www").out().lines()).hasSize(2);
      says(site.holdfast("find", "nothing-of-the-kind"), 1, "--all looks through every snapshot");
      for (String[] wrong :
          new String[][] {{"find", "[a"}, {"restore", "www", "--to", to + "x", "-i", "a\\"}}) {
        Result refused = site.holdfast(wrong);
        says(refused, 2, "the pattern \"");
        assertThat(refused.err()).doesNotContain(".go:", "repository_url");
      }
      assertThat(site.holdfast("find", "page.*", "--job", "other").exitCode()).isEqualTo(1);
      assertThat(site.holdfast("find", "--", "--password-command=x").exitCode()).isEqualTo(1);

      assertThat(site.holdfast("diff", older, "www").out())
          .contains("+  " + www + "/deep/page.html", "-  " + www + "/file-0")
          .contains("1 files and 1 directories added, 1 and 0 removed");
      assertThat(site.holdfast("diff", older, "www", "--json").out())
          .contains("{\"path\":\"" + www + "/file-0\",\"modifier\":\"-\"}");
    }
  }

  @TestOnCurrentRestic
  void a_restore_brings_what_is_asked_for_and_refuses_what_may_not_be_meant(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      Path www = site.source("www", 3);
      file(www.resolve("deep/[x].html"), "deep");
      site.controlPlane().job(Site.DEVICE, "www", www.toString());
      assertThat(site.holdfast("backup", "www").exitCode()).isZero();

      String part = directory.resolve("part").toString();
      JsonNode result =
          json(site.holdfast("restore", "www", "--to", part, "--include", "file-*", "--json"));
      assertThat(result.path("outcome").asText()).isEqualTo("success");
      assertThat(result.path("job_name").asText()).isEqualTo("www");
      assertThat(result.path("bytes").asLong()).isPositive();
      assertThat(back("part", www)).isDirectoryNotContaining("glob:**/deep");
      assertThat(back("part", www).resolve("file-2")).hasSameBinaryContentAs(www.resolve("file-2"));

      says(
          site.holdfast("restore", "www", "--to", part),
          4,
          "the directory " + part + " is not empty",
          "--into-existing");
      file(back("part", www).resolve("file-1"), "changed since");
      file(back("part", www).resolve("mine"), "not in the snapshot");
      assertThat(site.holdfast("restore", "www", "--to", part, "--into-existing").exitCode())
          .isZero();
      assertThat(back("part", www).resolve("file-1")).hasSameBinaryContentAs(www.resolve("file-1"));
      assertThat(back("part", www).resolve("mine")).exists();

      String but = directory.resolve("but").toString();
      assertThat(
              site.holdfast("restore", "www", "--to", but, "-e", "deep", "-e", "file-0").exitCode())
          .isZero();
      assertThat(back("but", www).toFile().list()).containsExactlyInAnyOrder("file-1", "file-2");

      String none = directory.resolve("none").toString();
      assertThat(site.holdfast("restore", "www", "--to", none, "--include", "/no/such").out())
          .contains("failed", "nothing in the snapshot matches --include", "'holdfast find");
      says(site.holdfast("restore", "wwww", "--to", none), 4, "no job \"wwww\"", "It has: www.");
      says(site.holdfast("restore", "0000", "--to", none), 4, "no snapshot has an id");
      says(site.holdfast("restore", "www"), 2, "not said where to restore to");
      says(site.holdfast("restore", "www", "--in-place"), 2, "--in-place needs --overwrite");
      says(site.holdfast("restore", "www", "--to", none, "--at", "soon"), 2, "no moment");
      says(
          site.holdfast("restore", "www", "--to", site.repository() + "/x"),
          4,
          "lies within the repository itself");
      assertThat(site.repository().resolve("locks")).isEmptyDirectory();
    }
  }

  @TestOnEveryRestic
  void files_go_back_in_place_by_the_rule_that_was_given(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      Path www = site.source("www", 2);
      Path kept = file(www.resolve("kept"), "as backed up");
      Path lost = file(www.resolve("lost"), "lost");
      site.controlPlane().job(Site.DEVICE, "www", www.toString());
      assertThat(site.holdfast("backup", "www").exitCode()).isZero();
      Files.writeString(kept, "edited since");
      Files.delete(lost);

      String[] dryRun = {"restore", "www", "--in-place", "--overwrite", "always", "--dry-run"};
      String[] never = {"restore", "www", "--in-place", "--overwrite", "never"};
      if (!restic.equals(ResticBinaries.current())) {
        says(site.holdfast(never), 1, "--overwrite needs restic 0.17 or newer, and this is 0.");
        String to = directory.resolve("to").toString();
        says(site.holdfast("restore", "www", "--to", to, "-n"), 1, "--dry-run needs restic 0.17");
        assertThat(lost).doesNotExist();
        return;
      }
      assertThat(site.holdfast(dryRun).out())
          .contains("restored   " + lost, "updated    " + kept, "dry run: success");
      assertThat(lost).doesNotExist();
      assertThat(site.holdfast(never).exitCode()).isZero();
      assertThat(lost).hasContent("lost");
      assertThat(kept).hasContent("edited since");
      assertThat(
              site.holdfast("restore", "www", "--in-place", "--overwrite", "if-newer").exitCode())
          .isZero();
      assertThat(kept).hasContent("edited since");
      Result changed = site.holdfast("restore", "www", "--in-place", "--overwrite", "if-changed");
      assertThat(changed.out()).contains("left as they are");
      assertThat(kept).hasContent("as backed up");
    }
  }

  @Test
  void at_a_moment_the_snapshot_of_that_time_comes_back() throws Exception {
    Path restic = ResticBinaries.current();
    try (Site site = new Site(directory, restic)) {
      HandMade snapshots = new HandMade(restic, site);
      Path src = site.directory().resolve("src/www/file");
      UUID job = site.controlPlane().job(Site.DEVICE, "www", src.getParent().toString());
      for (int month = 1; month <= 3; month++) {
        file(src, "month " + month);
        String time = "2026-0" + month + "-15 12:00:00";
        snapshots.snapshot(Site.DEVICE, job, "www", time, src.getParent());
      }
      int n = 0;
      for (List<String> expected :
          List.of(
              List.of("2026-02-15", "month 2"),
              List.of("2026-02-15 11:59", "month 1"),
              List.of("2026-02-15 12:00", "month 2"),
              List.of("now", "month 3"))) {
        String to = directory.resolve("at-" + n++).toString();
        Result result = site.holdfast("restore", "www", "--at", expected.get(0), "--to", to);
        assertThat(result.exitCode()).as(result.all()).isZero();
        assertThat(Path.of(to + src.toString())).hasContent(expected.get(1));
      }
      says(
          site.holdfast("restore", "www", "--at", "2026-01-14", "--to", directory + "/no"),
          4,
          "has no snapshot from before 2026-01-14 23:59:59",
          "Its oldest is of 2026-01-15 12:00:00.");
    }
  }

  @Test
  void another_devices_job_is_shown_only_to_a_login_that_may_see_it() throws Exception {
    Path restic = ResticBinaries.current();
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      Path data = file(site.directory().resolve("src/db/data"), "of db-01").getParent();
      psql.execute("INSERT INTO devices (id, name, platform) VALUES ('db-01', 'DB', 'linux')");
      UUID job = psql.job("db-01", "db", data.toString());
      new HandMade(restic, site).snapshot("db-01", job, "db", "2026-01-15 12:00:00", data);
      String to = directory.resolve("out").toString();

      assertThat(site.holdfast("snapshots").out()).contains("no snapshots yet");
      for (String name : List.of("db-01", "DB", "no-such")) {
        says(
            site.holdfast("restore", "db", "--device", name, "--to", to),
            4,
            "this machine's login sees no device \"" + name + "\"",
            "holdfast snapshots --all");
      }
      says(site.holdfast("restore", "db", "--to", to), 4, "this device has no job \"db\"");
      psql.execute(
          "GRANT backup_shared_client TO "
              + psql.row("SELECT role_name FROM holdfast.device_logins").get("role_name"));
      for (String name : List.of("db-01", "DB")) {
        assertThat(site.holdfast("snapshots", "--device", name).out()).contains("db-01");
      }
      says(
          site.holdfast("restore", "db", "--device", "DB", "--in-place", "--overwrite", "never"),
          4,
          "is of device \"db-01\"",
          "over this machine's");
      says(
          site.holdfast("restore", "nope", "--device", "DB", "--to", to),
          4,
          "device \"DB\" has no");
      assertThat(site.holdfast("restore", "db", "--device", "DB", "--to", to).exitCode()).isZero();
      assertThat(Path.of(to + data.resolve("data"))).hasContent("of db-01");
      psql.execute(
          "INSERT INTO settings (device_id, key, value) VALUES ('db-01', 'repository_url', '/own')");
      says(site.holdfast("snapshots", "--device", "DB"), 4, "backs up to a repository of its own");
    }
  }

  @TestOnCurrentRestic
  void files_come_back_while_the_database_is_away_and_a_wrong_password_is_said_plainly(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      Path www = site.source("www", 2);
      psql.job(Site.DEVICE, "www", www.toString());
      assertThat(site.holdfast("backup", "www").exitCode()).isZero();
      String to = directory.resolve("out").toString();
      psql.setting("repository_password", "wrong-password-271828");
      Result wrong = site.holdfast("restore", "www", "--to", to);
      says(wrong, 1, "refuses the password", "Correct the setting repository_password.");
      assertThat(wrong.all()).doesNotContain("271828");
      psql.setting("repository_url", directory.resolve("repos/none").toString());
      says(site.holdfast("snapshots"), 1, "there is no restic repository at");
      psql.setting("repository_url", "");
      says(site.holdfast("snapshots"), 1, "the setting repository_url is empty");
      psql.setting("repository_url", site.repository().toString());
      psql.setting("repository_password", Site.REPOSITORY_PASSWORD);

      Process daemon = site.daemon();
      Site.eventually().until(() -> Files.exists(site.configCache()));
      Site.stop(daemon);
      String login =
          (String) psql.row("SELECT role_name FROM holdfast.device_logins").get("role_name");
      psql.execute("ALTER ROLE " + login + " NOLOGIN");
      Result restored = site.holdfast("restore", "www", "--to", to);
      assertThat(restored.exitCode()).as(restored.all()).isZero();
      assertThat(restored.err()).contains("going by the configuration of");
      assertThat(back("out", www).resolve("file-1")).hasSameBinaryContentAs(www.resolve("file-1"));
      assertThat(site.holdfast("ls", "www").out()).contains("file-0");
      says(site.holdfast("snapshots", "--device", "db-01"), 6, "going by the configuration of");
      assertThat(restored.all()).doesNotContain(Site.REPOSITORY_PASSWORD, Site.DATABASE_PASSWORD);
    }
  }
}
