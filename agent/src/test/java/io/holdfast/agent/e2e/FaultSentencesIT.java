package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import io.holdfast.embedded.FreePort;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every mistake gets its own sentence in the log, in the control plane where it can be reached, and
 * in status.
 */
class FaultSentencesIT {

  @TempDir private Path directory;

  @Test
  void a_mistake_in_one_job_is_told_everywhere_and_the_other_jobs_go_on() throws Exception {
    Path restic = ResticBinaries.bound(ResticBinaries.current(), directory);
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      psql.takeAnyRow();
      String tree = site.source("good", 2).toString();
      UUID good = psql.job(Site.DEVICE, "good", tree);
      psql.everySeconds(good, 5);

      UUID badCron = psql.job(Site.DEVICE, "bad-cron", tree);
      psql.cron(badCron, "61 25 * * *");
      psql.job(Site.DEVICE, "no-paths");
      UUID badArgs = psql.job(Site.DEVICE, "bad-args", tree);
      psql.execute("UPDATE backup_jobs SET restic_args = '{\"a\": 1}' WHERE id = ?", badArgs);
      UUID dangerous = psql.job(Site.DEVICE, "dangerous", tree);
      psql.execute(
          "UPDATE backup_jobs SET restic_args = '[\"--password-command=touch /tmp/x\"]' WHERE id = ?",
          dangerous);
      psql.everySeconds(psql.job(Site.DEVICE, "gone", directory.resolve("gone").toString()), 3600);
      Path unreadable = site.source("unreadable", 2).resolve("file-0");
      Files.setPosixFilePermissions(unreadable, PosixFilePermissions.fromString("---------"));
      psql.everySeconds(
          psql.job(Site.DEVICE, "unreadable", unreadable.getParent().toString()), 3600);
      psql.setting("sync_intervall_seconds", "60");

      site.daemon();
      site.awaitRuns("gone", 1);
      site.awaitRuns("unreadable", 1);

      List<String> sentences =
          List.of(
              "of job \"bad-cron\" is not used: cron_expression \"61 25 * * *\": the field minute is \"61\"",
              "job \"no-paths\" has an empty source_paths, so there is nothing to back up",
              "job \"bad-args\" has restic_args that is an object instead of an array of strings",
              "job \"dangerous\" cannot run: restic_args has \"--password-command\", which is not allowed: it starts a program",
              "none of the source paths exists: " + directory.resolve("gone"),
              "the snapshot is incomplete: 1 file or directory could not be read, the first "
                  + unreadable,
              "setting \"sync_intervall_seconds\" is unknown and has no effect");
      eventually().until(() -> psql.rows("SELECT FROM problems").size() >= sentences.size());
      String problems = psql.rows("SELECT message FROM problems").toString();
      String log = site.log();
      Result status = site.holdfast("status");
      assertThat(status.exitCode()).isEqualTo(1);
      for (String sentence : sentences) {
        assertThat(problems).as("problems").contains(sentence);
        assertThat(log).as("log").contains(sentence);
        assertThat(status.out()).as("status").contains(sentence);
      }
      assertThat(status.out()).contains("Did you mean \"sync_interval_seconds\"?");
      assertThat(log).doesNotContain("Exception").doesNotContain("\tat ");

      int before = site.runs("good").size();
      assertThat(site.awaitRuns("good", before + 2)).containsEntry("outcome", "success");

      psql.execute(
          "UPDATE backup_jobs SET source_paths = ? WHERE name = 'no-paths'",
          (Object) new String[] {tree});
      eventually()
          .until(
              () -> psql.rows("SELECT FROM problems WHERE code = 'source-paths-empty'").isEmpty());
    }
  }

  @Test
  void a_wrong_repository_password_is_named() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      UUID job = psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      assertThat(site.holdfast("backup", "home").exitCode()).isZero();
      psql.setting("repository_password", "not-the-password");
      psql.everySeconds(job, 3600);
      site.daemon();
      Map<String, Object> run = site.awaitRuns("home", 2);
      assertThat(run).containsEntry("outcome", "failed").containsEntry("exit_code", 12);
      told(site, "the repository refuses the password in the setting repository_password");
      assertThat(site.holdfast("doctor").out()).contains("refuses the password");
    }
  }

  @Test
  void a_zone_that_does_not_exist_is_told_everywhere_and_one_that_does_is_named() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      site.variable("TZ", "Asia/Kolkata");
      assertThat(site.holdfast("status").out()).contains("times     in Asia/Kolkata");
      assertThat(site.holdfast("doctor").out()).contains("time zone: Asia/Kolkata");
      site.variable("TZ", "Europe/Berln");
      String sentence = "the variable TZ is \"Europe/Berln\", which names no time zone";
      assertThat(site.holdfast("doctor").out()).contains(sentence, "Did you mean Europe/Berlin?");
      assertThat(site.holdfast("status").out()).contains(sentence);
      site.daemon();
      eventually()
          .until(() ->
              !site.controlPlane()
                  .rows("SELECT FROM problems WHERE code = 'time-zone-unknown'")
                  .isEmpty());
      assertThat(site.log()).contains(sentence).contains("; time zone ");
    }
  }

  @Test
  void a_missing_repository_is_named_and_never_made_without_leave() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      site.removeRepository();
      ControlPlane psql = site.controlPlane();
      psql.setting("repository_auto_init", "false");
      psql.everySeconds(psql.job(Site.DEVICE, "home", site.source("home", 2).toString()), 3600);
      site.daemon();
      assertThat(site.awaitRuns("home", 1)).containsEntry("outcome", "failed");
      told(site, "there is no restic repository at the place that repository_url names");
      assertThat(site.repository()).doesNotExist();
    }
  }

  @Test
  void a_repository_on_a_disk_that_is_not_mounted_is_never_made() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Path unmounted = directory.resolve("mnt/backup/repo");
      psql.setting("repository_url", unmounted.toString());
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      Result backup = site.holdfast("backup", "home");
      assertThat(backup.exitCode()).isEqualTo(1);
      assertThat(backup.out())
          .contains("the directory " + unmounted.getParent() + " does not exist")
          .contains("Mount the disk");
      assertThat(unmounted).doesNotExist();
    }
  }

  @Test
  void empty_repository_settings_are_named() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      site.controlPlane().setting("repository_url", "");
      site.controlPlane()
          .everySeconds(
              site.controlPlane().job(Site.DEVICE, "home", site.source("home", 2).toString()),
              3600);
      site.daemon();
      assertThat(site.awaitRuns("home", 1)).containsEntry("outcome", "failed");
      told(site, "the setting repository_url is empty");
    }
  }

  @Test
  void a_missing_restic_is_named_and_found_as_soon_as_it_is_there() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      Path later = directory.resolve("installed-later");
      site.writeConfig(later.toString());
      ControlPlane psql = site.controlPlane();
      psql.everySeconds(psql.job(Site.DEVICE, "home", site.source("home", 2).toString()), 3);
      site.daemon();
      assertThat(site.awaitRuns("home", 1)).containsEntry("outcome", "failed");
      told(site, "restic.path names " + later + ", which does not exist");
      Files.createSymbolicLink(later, ResticBinaries.current());
      eventually()
          .until(() ->
              site.runs("home").stream().anyMatch(run -> "success".equals(run.get("outcome"))));
    }
  }

  @Test
  void a_wrong_database_password_is_named() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      Files.writeString(site.passwordFile(), "not-the-password-of-the-database\n");
      site.daemon();
      String sentence = "refuses user \"client_";
      eventually().until(() -> site.log().contains(sentence));
      Result status = site.holdfast("status");
      assertThat(status.exitCode()).isEqualTo(6);
      assertThat(status.out())
          .contains(sentence)
          .contains("password authentication failed")
          .contains("Correct user and password in the configuration file")
          .contains("not reachable");
      assertThat(status.all() + site.log()).doesNotContain("not-the-password-of-the-database");
      Files.writeString(site.passwordFile(), Site.DATABASE_PASSWORD + "\n");
      assertThat(site.holdfast("sync").exitCode()).isZero();
    }
  }

  /** It may be a slip, so that backups go on for a day; RetirementTest has the day. */
  @Test
  void a_login_that_was_closed_is_named_and_the_device_is_not_paused_for_it() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      Process daemon = site.daemon();
      new FaultyJobs(site).goOn("before");
      Site.stop(daemon);
      Object login =
          site.controlPlane().row("SELECT role_name FROM holdfast.device_logins").get("role_name");
      site.controlPlane().execute("ALTER ROLE " + login + " NOLOGIN");
      site.daemon();
      String sentence = "has closed the login of this device";
      eventually().until(() -> site.log().contains(sentence));
      Result status = site.holdfast("status");
      assertThat(status.out()).contains(sentence).contains("is not permitted to log in");
      Path since = site.state().resolve("login-refused-since");
      eventually().until(() -> Files.exists(since));
      assertThat(Files.readString(since)).startsWith("20");
      assertThat(Files.readString(site.configCache())).doesNotContain("\"enabled\":false");
      site.controlPlane().execute("ALTER ROLE " + login + " LOGIN");
      eventually().until(() -> Files.notExists(since));
    }
  }

  @Test
  void an_unreachable_database_is_named() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      int port = FreePort.find();
      Files.writeString(
          site.config(),
          Files.readString(site.config())
              .replaceFirst("127\\.0\\.0\\.1:[0-9]+", "127.0.0.1:" + port));
      site.daemon();
      String sentence = "the database at 127.0.0.1:" + port;
      eventually().until(() -> site.log().contains(sentence));
      Result status = site.holdfast("status");
      assertThat(status.exitCode()).isEqualTo(6);
      assertThat(status.out())
          .contains(sentence)
          .contains("cannot be reached")
          .contains("Connection to 127.0.0.1:" + port + " refused");
      assertThat(site.holdfast("backup", "home").exitCode()).isEqualTo(6);
      assertThat(site.log()).doesNotContain("\tat ");
    }
  }

  @Test
  void a_schema_that_is_missing_or_does_not_fit_is_named() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.execute("UPDATE control_plane_version SET schema_version = 1, oldest_agent_schema = 1");
      assertThat(site.holdfast("sync"))
          .satisfies(r -> assertThat(r.exitCode()).isEqualTo(6))
          .satisfies(r ->
              assertThat(r.err())
                  .contains("is version 1, and this agent needs version")
                  .contains("Run 'holdfast migrate'"));
      psql.execute(
          "UPDATE control_plane_version SET schema_version = 1000, oldest_agent_schema = 999");
      assertThat(site.holdfast("sync"))
          .satisfies(r -> assertThat(r.exitCode()).isEqualTo(6))
          .satisfies(r ->
              assertThat(r.err()).contains("no longer serves agents").contains("Upgrade Holdfast"));
      psql.execute(
          "UPDATE control_plane_version SET schema_version = 1000, oldest_agent_schema = 1");
      assertThat(site.holdfast("sync").exitCode()).isZero();
      psql.execute("DROP TABLE control_plane_version");
      assertThat(site.holdfast("sync").err())
          .contains("does not have the schema")
          .contains("Run 'holdfast migrate'");
    }
  }

  @Test
  void a_job_that_cannot_be_run_by_hand_says_why() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.takeAnyRow();
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      psql.job(Site.DEVICE, "no-paths");
      psql.execute(
          "INSERT INTO backup_jobs (device_id, name, source_paths, enabled) VALUES (?, 'off', '{/srv}', false)",
          Site.DEVICE);
      assertThat(site.holdfast("backup", "hme"))
          .satisfies(r -> assertThat(r.exitCode()).isEqualTo(4))
          .satisfies(r ->
              assertThat(r.err())
                  .contains("this device has no job \"hme\"")
                  .contains("It has: home."));
      assertThat(site.holdfast("backup", "off").err()).contains("job \"off\" is switched off");
      assertThat(site.holdfast("backup", "no-paths").err()).contains("has an empty source_paths");
      assertThat(site.holdfast("backup").exitCode()).isEqualTo(2);
      assertThat(psql.rows("SELECT FROM runs")).isEmpty();
    }
  }

  /** In the log, in the control plane and in status, which ends with 1 for an error. */
  private static void told(Site site, String sentence) throws Exception {
    assertThat(shown(site, sentence).exitCode()).isEqualTo(1);
  }

  private static Result shown(Site site, String sentence) throws Exception {
    eventually()
        .until(() ->
            site.controlPlane().rows("SELECT message FROM problems").toString().contains(sentence));
    assertThat(site.log()).contains(sentence).doesNotContain("\tat ");
    Result status = site.holdfast("status");
    assertThat(status.out()).contains(sentence);
    return status;
  }

  @Test
  void a_cache_that_cannot_be_kept_is_told_and_costs_no_backup() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Path file = Files.writeString(directory.resolve("file"), "x");
      psql.setting("repository_cache_dir", file.resolve("cache").toString());
      psql.everySeconds(psql.job(Site.DEVICE, "home", site.source("home", 2).toString()), 3600);
      site.daemon();
      assertThat(site.awaitRuns("home", 1)).containsEntry("outcome", "success");
      assertThat(shown(site, "restic's cache cannot be kept in " + file + "/cache").exitCode())
          .as("a warning")
          .isZero();
      Path made = directory.resolve("caches/of/restic");
      psql.setting("repository_cache_dir", made.toString());
      eventually()
          .until(() -> psql.rows("SELECT FROM problems WHERE code = 'cache-unusable'").isEmpty());
      assertThat(made).isDirectory();
    }
  }
}
