package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.AdminRestic;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.EmptyRepository;
import io.holdfast.agent.testing.OtherMachine;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.SftpServer;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import io.holdfast.agent.testing.TestOnEveryRestic;
import io.holdfast.agent.testing.WantsRoot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Situations that people have reported to other backup programs, each with where. What becomes of
 * them here.
 */
class ReportedElsewhereIT {

  @TempDir private Path directory;

  private static String job(Site site, String name, Path... sources) {
    site.controlPlane()
        .job(
            Site.DEVICE,
            name,
            List.of(sources).stream().map(Path::toString).toArray(String[]::new));
    return name;
  }

  private static Result backsUp(Site site, String job) {
    Result backup = site.holdfast("backup", job);
    assertThat(backup.exitCode()).as(backup.all()).isZero();
    return backup;
  }

  private static Result fails(Site site, String job, String... words) {
    Result backup = site.holdfast("backup", job);
    assertThat(backup.exitCode()).as(backup.all()).isEqualTo(1);
    assertThat(backup.all()).contains(words);
    assertThat((String) site.runs(job).getLast().get("error_message"))
        .contains(words)
        .hasLineCount(1);
    return backup;
  }

  /** nicotsx/zerobyte#178, schlomo/rbme#3: each backup holds all that the repository holds. */
  @TestOnEveryRestic
  void a_repository_and_the_agents_own_files_below_a_source_are_left_out(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      Path repository = directory.resolve("disk/re[p]o ?");
      EmptyRepository.make(repository, Site.REPOSITORY_PASSWORD);
      Path beside = Files.writeString(directory.resolve("disk/beside"), "beside");
      site.controlPlane().setting("repository_url", repository.toString());
      Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
      site.source("home", 2);
      job(site, "everything", directory);
      job(site, "by-a-link", link.resolve("disk"));
      for (String job : List.of("everything", "by-a-link", "everything", "by-a-link")) {
        backsUp(site, job);
      }
      Result everything = site.holdfast("ls", "--recursive", latest(site, "everything"));
      assertThat(everything.out())
          .contains(beside.toString(), directory.resolve("src/home/file-1").toString())
          .doesNotContain(repository.toString(), site.state().toString());
      assertThat(site.holdfast("ls", "--recursive", latest(site, "by-a-link")).out())
          .contains(link.resolve("disk/beside").toString())
          .doesNotContain("re[p]o");

      job(site, "itself", repository.resolve("data"));
      fails(site, "itself", "lies in the repository itself", "copy");
    }
  }

  private static String latest(Site site, String job) {
    return (String) site.runs(job).getLast().get("snapshot_id");
  }

  /** restic may end before it has read what ssh says, and then the next attempt shows it. */
  private static void failsInTime(Site site, String job, String... words) {
    eventually().untilAsserted(() -> fails(site, job, words));
  }

  /**
   * garethgeorge/backrest#873 and #535, djmaze/resticker#140: restic says "unexpected EOF", and
   * what ssh has said is a line elsewhere.
   */
  @TestOnEveryRestic
  void what_ssh_says_is_in_the_sentence(Path restic) throws Exception {
    try (SftpServer server = new SftpServer(directory.resolve("sftp"));
        Site site = new Site(directory.resolve("site"), restic)) {
      site.findFirst(server.programs());
      site.controlPlane().setting("repository_url", server.url(site.repository()));
      job(site, "home", site.source("home", 2));
      backsUp(site, "home");
      Path keys = directory.resolve("sftp/authorized_keys");
      Files.move(keys, directory.resolve("keys"));
      failsInTime(site, "home", "ssh said: ", "Permission denied");
      Files.move(directory.resolve("keys"), keys);
      Files.delete(directory.resolve("sftp/known_hosts"));
      Path config = directory.resolve("sftp/ssh_config");
      Files.writeString(config, Files.readString(config).replace("accept-new", "yes"));
      // ssh says it in two lines, of which one is told.
      failsInTime(site, "home", "ssh said: ", "ost key ");
    }
  }

  /** restic/restic#4848: with a file of it lost, the repository was made anew over what it held. */
  @TestOnEveryRestic
  void a_repository_that_has_lost_its_config_is_not_made_anew(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      job(site, "home", site.source("home", 2));
      backsUp(site, "home");
      Path config = site.repository().resolve("config");
      Path kept = directory.resolve("config-of-repository");
      Files.move(config, kept);
      for (String mayInitialise : List.of("true", "false")) {
        site.controlPlane().setting("repository_auto_init", mayInitialise);
        fails(site, "home", "its file \"config\" is gone", "Do not run 'restic init'");
        assertThat(config).doesNotExist();
      }
      assertThat(site.holdfast("doctor").out()).contains("its file \"config\" is gone");
      Files.move(kept, config);
      backsUp(site, "home");
      assertThat(site.restic("snapshots")).hasSize(2);
    }
  }

  /** restic/restic#3776: of many keys restic tries twenty, and says so in words of its own. */
  @TestOnEveryRestic
  void a_repository_with_more_keys_than_restic_tries_is_told(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      job(site, "home", site.source("home", 2));
      backsUp(site, "home");
      // Whether ours is among the first twenty is a matter of the file system.
      while (Program.run(
                  Map.of("RESTIC_PASSWORD", Site.REPOSITORY_PASSWORD),
                  List.of(
                      restic.toString(),
                      "--repo",
                      site.repository().toString(),
                      "--no-lock",
                      "--no-cache",
                      "cat",
                      "config"))
              .exitCode()
          == 0) {
        for (int i = 0; i < 20; i++) {
          EmptyRepository.addKeyOfSomebodyElse(site.repository());
        }
      }
      fails(site, "home", "it tries the password on 20 of them", "--key-hint");
      assertThat(site.holdfast("doctor").out()).contains("it tries the password on 20 of them");
    }
  }

  /**
   * restic/restic#3003, #3269: the file of a snapshot is empty. restic then begins no backup of
   * that host, and leaves the snapshot out of its lists as if it were gone.
   */
  @TestOnEveryRestic
  void a_damaged_snapshot_keeps_no_backup_from_being_made_and_is_told(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      psql.execute("UPDATE devices SET housekeeper = true");
      job(site, "home", site.source("home", 2));
      backsUp(site, "home");
      backsUp(site, "home");
      assertThat(site.holdfast("housekeep", "catalogue").exitCode()).isZero();
      Path snapshot = site.repository().resolve("snapshots").resolve(newest(psql));
      Program.mustRun(List.of("chmod", "u+w", snapshot.toString()));
      Files.write(snapshot, new byte[0]);
      // A machine that has not made it has no copy of it.
      Program.mustRun(List.of("rm", "-r", site.state().resolve("restic-cache").toString()));

      backsUp(site, "home");
      Result catalogue = site.holdfast("housekeep", "catalogue");
      assertThat(catalogue.exitCode()).as(catalogue.all()).isEqualTo(1);
      assertThat(catalogue.all())
          .contains("cannot be loaded", "the list is not whole", "remove snapshots/");
      assertThat(psql.rows("SELECT FROM snapshots WHERE vanished_at IS NOT NULL")).isEmpty();
      assertThat(psql.rows("SELECT FROM problems WHERE code = 'snapshots-vanished'")).isEmpty();

      Files.delete(snapshot);
      assertThat(site.holdfast("housekeep", "catalogue").exitCode()).isZero();
      assertThat(psql.rows("SELECT FROM problems WHERE code = 'snapshots-vanished'")).hasSize(1);
    }
  }

  private static String newest(ControlPlane psql) {
    return (String) psql.row("SELECT id FROM snapshots ORDER BY time DESC LIMIT 1").get("id");
  }

  /**
   * restic/restic#4143, #1652, #2014: a lock that cannot be read stops all, and what does it say?
   */
  @TestOnCurrentRestic
  void a_lock_that_cannot_be_read_is_told_with_the_way_out(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      site.controlPlane().execute("UPDATE devices SET housekeeper = true");
      job(site, "home", site.source("home", 2));
      backsUp(site, "home");
      Files.writeString(site.repository().resolve("locks").resolve("a".repeat(64)), "garbage");
      fails(site, "home", "invalid lock file", "unlock --remove-all");
      Result check = site.holdfast("housekeep", "check");
      assertThat(check.exitCode()).as(check.all()).isEqualTo(1);
      assertThat(check.all()).contains("invalid lock file", "unlock --remove-all");
      new AdminRestic(restic, site).run("unlock", "--remove-all");
      backsUp(site, "home");
    }
  }

  /** restic/restic#1318, stashed/stash#703: caches of repositories that are not used any more. */
  @TestOnEveryRestic
  void the_cache_of_a_repository_that_nobody_uses_any_more_goes(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      job(site, "home", site.source("home", 2));
      backsUp(site, "home");
      Path caches = site.state().resolve("restic-cache");
      Path old = Files.createDirectories(caches.resolve("0123456789abcdef".repeat(4)));
      Path recent = Files.createDirectories(caches.resolve("fedcba9876543210".repeat(4)));
      Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(40))));
      Files.setLastModifiedTime(recent, FileTime.from(Instant.now().minus(Duration.ofDays(20))));
      backsUp(site, "home");
      assertThat(old).doesNotExist();
      assertThat(recent).exists();
    }
  }

  /**
   * Icinga/icinga2#8528, openhab/openhab-core#2136, sabeechen/hassio-google-drive-backup#742: after
   * a loss of power files have their old length and hold zeros, or hold nothing.
   */
  @Test
  void an_agent_whose_files_a_loss_of_power_has_emptied_goes_on() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      UUID job = site.controlPlane().job(Site.DEVICE, "home", site.source("home", 2).toString());
      site.controlPlane().cron(job, "0 0 1 1 *");
      int runs = 0;
      for (boolean zeros : new boolean[] {true, false}) {
        Process daemon = site.daemon();
        backsUp(site, "home");
        runs++;
        site.awaitListening();
        Site.stop(daemon);
        assertThat(damaged(site.state(), zeros)).as("files that were damaged").isGreaterThan(4);
        assertThat(site.holdfast("status").err()).doesNotContain("\tat ", "a bug");
        Process next = site.daemon();
        site.controlPlane()
            .execute("INSERT INTO requests (kind, job_id) VALUES ('backup', ?)", job);
        runs++;
        assertThat(site.awaitRuns("home", runs)).containsEntry("outcome", "success");
        Site.stop(next);
      }
      assertThat(site.log()).doesNotContain("\tat ");
    }
  }

  private static int damaged(Path state, boolean zeros) throws Exception {
    int damaged = 0;
    try (Stream<Path> files = Files.walk(state)) {
      for (Path file :
          files
              .filter(Files::isRegularFile)
              .filter(f -> !f.startsWith(state.resolve("restic-cache")))
              .toList()) {
        int length = (int) Files.size(file);
        Files.write(file, new byte[zeros ? length : 0]);
        damaged += length > 0 ? 1 : 0;
      }
    }
    return damaged;
  }

  /** systemd/systemd#25097, truenas/ports#294: the state lies on another disk. */
  @Test
  void a_state_directory_may_be_a_link_and_one_that_leads_nowhere_is_told() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      Path disk = Files.createDirectories(directory.resolve("disk/holdfast"));
      Files.createSymbolicLink(site.state(), disk);
      job(site, "home", site.source("home", 2));
      backsUp(site, "home");
      assertThat(disk.resolve("spool")).isDirectory();
      Files.move(disk, directory.resolve("away"));
      Result refused = site.holdfast("backup", "home");
      assertThat(refused.exitCode()).as(refused.all()).isEqualTo(1);
      assertThat(refused.err()).contains(site.state().toString()).doesNotContain("\tat ", "a bug");
    }
  }

  /**
   * nicotsx/zerobyte#16, velero-io/velero#5963, restic/restic#5089: root may not set owners there,
   * in a container or on a share, and a restore whose files are all there is called a failure.
   */
  @WantsRoot
  @TestOnEveryRestic
  void files_whose_owner_cannot_be_set_are_restored_and_it_is_said(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      Path source = site.source("home", 3);
      Program.mustRun(List.of("chown", "-R", "12345:12345", source.toString()));
      job(site, "home", source);
      backsUp(site, "home");
      Path bound =
          ResticBinaries.script(
              directory.resolve("restic-in-a-container"),
              "#!/bin/sh\nexec setpriv --bounding-set=-chown -- '" + restic + "' \"$@\"\n");
      site.writeConfig(bound.toString());
      Path target = directory.resolve("back");
      Result restore = site.holdfast("restore", "home", "--to", target.toString());
      assertThat(restore.exitCode()).as(restore.all()).isEqualTo(3);
      assertThat(restore.all())
          .contains("all came back, but the owner, rights or attributes of")
          .doesNotContain("restore the rest");
      assertThat(target.resolve(source.toString().substring(1)).resolve("file-2"))
          .hasSameBinaryContentAs(source.resolve("file-2"));

      Result proof = site.holdfast("prove", "home");
      assertThat(proof.exitCode()).as(proof.all()).isEqualTo(1);
      assertThat(proof.all())
          .contains("could not set owner, rights or attributes")
          .doesNotContain("did not come back");
    }
  }

  /**
   * pgbackrest/pgbackrest#1693 and #2812: root has typed a command once, and the files that it left
   * cannot be read by the user that backups run as.
   */
  @WantsRoot
  @Test
  void root_leaves_no_files_among_those_of_another_users_agent() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      job(site, "home", site.source("home", 2));
      backsUp(site, "home");
      Program.mustRun(List.of("chown", "-R", "nobody", site.state().toString()));
      for (String[] command :
          new String[][] {{"backup", "home"}, {"sync"}, {"status"}, {"doctor"}, {"daemon"}}) {
        Result refused = site.holdfast(command);
        assertThat(refused.exitCode()).as(refused.all()).isEqualTo(1);
        assertThat(refused.err())
            .contains("runs as the user nobody", "sudo -u nobody")
            .doesNotContain("\tat ");
      }
      assertThat(
              Program.mustRun(List.of("find", site.state().toString(), "!", "-user", "nobody"))
                  .out())
          .isEmpty();
      assertThat(site.runs("home")).hasSize(1);
    }
  }

  /** RPi-Distro/raspi-config#111, yo8192/fcron#39: set to another zone while the daemon runs. */
  @WantsRoot
  @Test
  void a_machine_that_is_set_to_another_zone_backs_up_by_that_one() throws Exception {
    try (Site site = new Site(directory.resolve("site"), ResticBinaries.current());
        OtherMachine machine = OtherMachine.inThisNetwork("mover", directory.resolve("machines"))) {
      ControlPlane psql = site.controlPlane();
      UUID job = psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      int schedule = psql.cron(job, "0 2 * * *");
      setZone(machine, "Asia/Tokyo");
      machine.start(
          directory.resolve("daemon.log"),
          "env",
          "-u",
          "TZ",
          "HOLDFAST_CONFIG=" + site.config(),
          Program.HOLDFAST,
          "daemon");
      awaitNext(psql, schedule, "17:00");
      setZone(machine, "Asia/Kolkata");
      psql.setting("sync_interval_seconds", "301");
      awaitNext(psql, schedule, "20:30");
      assertThat(psql.row("SELECT metadata->>'timezone' AS zone FROM devices"))
          .containsEntry("zone", "Asia/Kolkata");
    }
  }

  private static void setZone(OtherMachine machine, String zone) {
    machine.mustRun("ln", "-sfn", "/usr/share/zoneinfo/" + zone, "/etc/localtime");
  }

  private static void awaitNext(ControlPlane psql, int schedule, String time) {
    eventually()
        .untilAsserted(() ->
            assertThat(
                    psql.row(
                        "SELECT to_char(next_run_at AT TIME ZONE 'UTC', 'HH24:MI') AS next"
                            + " FROM schedules WHERE id = ?",
                        schedule))
                .containsEntry("next", time));
  }
}
