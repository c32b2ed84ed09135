package io.holdfast.agent.cli;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a machine joins, changes its password, and leaves. */
class EnrolmentIT {

  private static final String DEVICE = "web-01";

  @TempDir private Path directory;

  /** An admin's own login, whose password stands in a file as a person's would. */
  private String[] asAdmin(Site site, String... arguments) throws Exception {
    var admin = site.controlPlane().member("backup_admin", "admin-password");
    Path file = directory.resolve("admin-password");
    Files.writeString(file, "admin-password\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    String[] all = new String[arguments.length + 6];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    String[] rest = {
      "--database-url", admin.jdbcUrl(),
      "--database-user", admin.user().orElseThrow(),
      "--password-file", file.toString()
    };
    System.arraycopy(rest, 0, all, arguments.length, rest.length);
    return all;
  }

  private String token(Site site, String... more) throws Exception {
    String[] arguments = new String[more.length + 3];
    arguments[0] = "enrol-token";
    arguments[1] = "--device";
    arguments[2] = DEVICE;
    System.arraycopy(more, 0, arguments, 3, more.length);
    Result result = site.holdfast(asAdmin(site, arguments));
    assertThat(result.exitCode()).as(result.all()).isZero();
    assertThat(result.out()).startsWith("hf1.").hasLineCount(1);
    return result.out().strip();
  }

  private Path config() {
    return directory.resolve("joined/holdfast.yaml");
  }

  private Path passwordFile() {
    return directory.resolve("joined/database-password");
  }

  private Result joined(Site site, String... arguments) {
    String[] all = new String[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--config";
    all[arguments.length + 1] = config().toString();
    return site.holdfast(all);
  }

  private Result register(Site site, String token) {
    return joined(
        site,
        "register",
        "--token",
        token,
        "--state-directory",
        directory.resolve("joined/state").toString(),
        "--restic",
        ResticBinaries.current().toString());
  }

  @Test
  void a_machine_joins_with_a_token_and_works_with_a_login_of_its_own() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      String token = token(site);
      Result registered = register(site, token);
      assertThat(registered.exitCode()).as(registered.all()).isZero();
      assertThat(registered.out()).contains("device \"web-01\" (web-01) is registered");
      assertThat(Files.readString(config()))
          .contains("id: 'web-01'")
          .contains("password_file: '" + passwordFile() + "'")
          .contains("  repositories: '" + site.repository() + "'");
      for (Path file : new Path[] {config(), passwordFile()}) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as("%s", file)
            .isEqualTo("rw-------");
      }
      assertThat(
              psql.row(
                  "SELECT rolvaliduntil = 'infinity' AS for_good FROM pg_roles r"
                      + " JOIN holdfast.device_logins l ON l.role_name = r.rolname"
                      + " WHERE l.device_id = 'web-01'"))
          .containsEntry("for_good", true);

      assertThat(register(site, token).exitCode()).as("safe to repeat").isZero();
      psql.job(DEVICE, "www", site.source("www", 3).toString());
      psql.job(Site.DEVICE, "not-mine", site.source("not-mine", 3).toString());
      assertThat(joined(site, "backup", "www").exitCode()).isZero();
      assertThat(joined(site, "jobs").out()).contains("www").doesNotContain("not-mine");
      assertThat(psql.row("SELECT device_id, outcome FROM runs"))
          .containsEntry("device_id", DEVICE)
          .containsEntry("outcome", "success");
      Books.balance(site);
    }
  }

  /** Each with a login of its own: two machines with their daemons, an admin, a viewer. */
  @Test
  void two_machines_an_admin_and_a_viewer_work_side_by_side() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      assertThat(register(site, token(site)).exitCode()).isZero();
      Jdbi admin = as(psql, "backup_admin");
      Jdbi viewer = as(psql, "backup_viewer");
      site.daemon();
      Process other =
          new ProcessBuilder(Program.HOLDFAST, "daemon", "--config", config().toString())
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("other.log").toFile())
              .start();
      try {
        for (String device : new String[] {Site.DEVICE, DEVICE}) {
          String source = site.source("of-" + device, 3).toString();
          admin.useHandle(h -> {
            h.execute(
                "INSERT INTO backup_jobs (device_id, name, source_paths) VALUES (?, 'of-' || ?, ARRAY[?])",
                device,
                device,
                source);
            h.execute(
                "INSERT INTO schedules (job_id, schedule_type, interval_seconds)"
                    + " SELECT id, 'interval', 86400 FROM backup_jobs WHERE device_id = ?",
                device);
          });
        }
        assertThat(site.awaitRuns("of-" + DEVICE, 1))
            .containsEntry("device_id", DEVICE)
            .containsEntry("outcome", "success");
        assertThat(site.awaitRuns("of-" + Site.DEVICE, 1))
            .containsEntry("device_id", Site.DEVICE)
            .containsEntry("outcome", "success");
        assertThat(
                viewer.<List<String>, RuntimeException>withHandle(h ->
                    h.createQuery(
                            "SELECT device_id FROM job_summary WHERE last_run_outcome = 'success'"
                                + " ORDER BY device_id")
                        .mapTo(String.class)
                        .list()))
            .containsExactly(Site.DEVICE, DEVICE);
        admin.useHandle(h ->
            h.execute(
                "INSERT INTO requests (kind, job_id) SELECT 'backup', id FROM backup_jobs WHERE device_id = ?",
                DEVICE));
        assertThat(site.awaitRuns("of-" + DEVICE, 2)).containsEntry("triggered_by", "request");
        assertThat(site.runs("of-" + Site.DEVICE)).hasSize(1);
        assertThat(psql.rows("SELECT FROM problems WHERE severity = 'error'")).isEmpty();
        Books.balance(site);
      } finally {
        Site.stop(other);
      }
    }
  }

  @Test
  void a_machine_that_has_registered_backs_up_nowhere_else_until_its_own_file_says_so()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      assertThat(register(site, token(site)).exitCode()).isZero();
      psql.job(DEVICE, "www", site.source("www", 3).toString());
      psql.setting("repository_url", site.repository().resolveSibling("evil").toString());
      assertThat(joined(site, "backup", "www").exitCode()).isNotZero();
      assertThat(site.repository().resolveSibling("evil")).doesNotExist();
      psql.setting("repository_url", site.repository().toString());
      assertThat(joined(site, "backup", "www").exitCode()).isZero();

      String file = Files.readString(config());
      assertThat(register(site, token(site)).exitCode()).isZero();
      assertThat(config()).as("it is never changed again").hasContent(file);
      Files.delete(config());
      Files.delete(passwordFile());
      Result unbound =
          joined(
              site,
              "register",
              "--any-repository",
              "--token",
              token(site),
              "--state-directory",
              directory.resolve("joined/state").toString());
      assertThat(unbound.exitCode()).as(unbound.all()).isZero();
      assertThat(config()).content().doesNotContain("repositories");
    }
  }

  private static Jdbi as(ControlPlane psql, String group) {
    var address = psql.member(group, "password");
    Properties login = new Properties();
    login.setProperty("user", address.user().orElseThrow());
    login.setProperty("password", "password");
    return Jdbi.create(address.jdbcUrl(), login);
  }

  @Test
  void a_token_is_good_once_and_for_its_device_and_for_a_while() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      String token = token(site);
      assertThat(register(site, token.substring(0, token.length() - 20)))
          .satisfies(cut -> assertThat(cut.exitCode()).isEqualTo(2))
          .satisfies(cut -> assertThat(cut.err()).contains("this is no token, or not all of one"));
      assertThat(joined(site, "register", "--token", token, "--id", "db-01"))
          .satisfies(other -> assertThat(other.exitCode()).isEqualTo(2))
          .satisfies(
              other -> assertThat(other.err()).contains("the token is for device \"web-01\""));
      assertThat(register(site, token).exitCode()).isZero();

      // Somebody who has seen the token tries it on another machine.
      Files.move(directory.resolve("joined"), directory.resolve("first"));
      Result thief = register(site, token);
      assertThat(thief.exitCode()).isEqualTo(6);
      assertThat(thief.err())
          .contains("does not take the token for device \"web-01\"", "it has been used")
          .contains("Ask an admin for a new one: holdfast enrol-token --device web-01.")
          .doesNotContain("\tat ", "PGPASSWORD", "tries again", "spool");
      assertThat(config()).doesNotExist();
      assertThat(passwordFile()).doesNotExist();

      site.controlPlane().execute("UPDATE devices SET name = 'Web 1' WHERE id = 'web-01'");
      String late = token(site, "--expires", "1m");
      String role =
          (String)
              site.controlPlane()
                  .row(
                      "SELECT role_name::text AS r FROM holdfast.device_logins WHERE device_id = ?",
                      DEVICE)
                  .get("r");
      site.controlPlane().execute("ALTER ROLE " + role + " VALID UNTIL '2020-01-01'");
      assertThat(register(site, late))
          .satisfies(expired -> assertThat(expired.exitCode()).isEqualTo(6))
          .satisfies(expired -> assertThat(expired.err()).contains("it has expired"));
    }
  }

  @Test
  void whoever_issues_a_token_is_told_for_which_device_and_until_when() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      Result first = issued(site, "--device", DEVICE);
      assertThat(first.err())
          .contains("device \"web-01\" is new; the token is good until 20")
          .contains("is this machine itself: for any other one give --database-url the name")
          .doesNotContain("was tried");
      assertThat(issued(site, "--device", "WEB-01").err())
          .contains("device \"WEB-01\" is new (and another one than \"web-01\"); the token");
      Result again = issued(site, "--device", DEVICE, "--name", "Web 1", "--platform", "windows");
      assertThat(again.err())
          .contains("device \"web-01\" is there already, as \"web-01\"; the token is good until")
          .contains("--name has no effect on it; to rename it: UPDATE devices SET name")
          .contains("--platform has no effect on it");
      assertThat(site.controlPlane().rows("SELECT FROM devices")).hasSize(3);
    }
  }

  private Result issued(Site site, String... more) throws Exception {
    String[] arguments = new String[more.length + 1];
    arguments[0] = "enrol-token";
    System.arraycopy(more, 0, arguments, 1, more.length);
    Result result = site.holdfast(asAdmin(site, arguments));
    assertThat(result.exitCode()).as(result.all()).isZero();
    assertThat(result.out()).startsWith("hf1.").hasLineCount(1);
    return result;
  }

  @Test
  void a_token_names_no_secret_but_its_own_and_mistakes_are_answered() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      assertThat(site.holdfast(asAdmin(site, "enrol-token", "--device", "web 01")).err())
          .contains("device refused: the id \"web 01\" is not allowed")
          .contains("Use letters, digits")
          .doesNotContain("\tat ");
      assertThat(site.holdfast(asAdmin(site, "enrol-token", "--device", "x", "--expires", "1y")))
          .satisfies(wrong -> assertThat(wrong.exitCode()).isEqualTo(2))
          .satisfies(wrong -> assertThat(wrong.err()).contains("'1y' is no time such as 30m"));
      assertThat(site.holdfast(asAdmin(site, "enrol-token", "--device", "x", "--expires", "90d")))
          .satisfies(wrong -> assertThat(wrong.exitCode()).isEqualTo(6))
          .satisfies(wrong -> assertThat(wrong.err()).contains("good for 1 minute to 30 days"));
      // A device's own login may not bring others.
      assertThat(site.holdfast("enrol-token", "--device", "x").exitCode()).isEqualTo(6);
      assertThat(
              new ObjectMapper()
                  .readTree(
                      site.holdfast(asAdmin(site, "enrol-token", "--device", "x", "--json")).out())
                  .path("device_id")
                  .asText())
          .isEqualTo("x");
    }
  }

  @Test
  void a_daemon_goes_on_when_its_password_is_rotated() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.setting("sync_interval_seconds", "5");
      Process daemon = site.daemon();
      FaultyJobs jobs = new FaultyJobs(site);
      jobs.goOn("before");
      String old = Files.readString(site.passwordFile());
      assertThat(site.holdfast("rotate-credential").exitCode()).isZero();
      assertThat(Files.readString(site.passwordFile())).isNotEqualTo(old);
      // As after the end of every connection that still knew the old one.
      psql.rows(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'client%'");
      jobs.goOn("after");
      assertThat(site.holdfast("rotate-credential").exitCode()).as("again").isZero();
      assertThat(site.holdfast("status").exitCode()).isZero();
      assertThat(daemon.isAlive()).isTrue();
      Books.balance(site);
    }
  }

  @Test
  void a_rotation_that_was_cut_short_is_finished_by_the_next() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      assertThat(site.holdfast("rotate-credential").exitCode()).isZero();
      // The control plane has the new one, and the file was not replaced any more.
      Path file = site.passwordFile();
      Path next = file.resolveSibling(file.getFileName() + ".next");
      Files.move(file, next);
      Files.writeString(file, "the old one\n");
      assertThat(site.holdfast("sync").exitCode()).isEqualTo(6);
      assertThat(site.holdfast("rotate-credential").exitCode()).isZero();
      assertThat(next).doesNotExist();
      assertThat(site.holdfast("sync").exitCode()).isZero();
    }
  }

  @Test
  void a_retired_device_is_shut_out_and_its_history_stays() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      site.daemon();
      new FaultyJobs(site).goOn("before");
      psql.rows("SELECT holdfast.retire_device(?)", Site.DEVICE);
      eventually().until(() -> site.holdfast("sync").exitCode() == 6);
      assertThat(psql.rows("SELECT FROM runs WHERE device_id = ?", Site.DEVICE)).hasSize(1);
    }
  }

  /** Finding M4: it took its closed login for an outage, and went on by its cache for ever. */
  @Test
  void a_device_that_is_retired_while_its_daemon_runs_makes_no_backups_any_more() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Result registered = register(site, token(site));
      assertThat(registered.exitCode()).as(registered.all()).isZero();
      Path source = site.source("often", 2);
      psql.everySeconds(psql.job(DEVICE, "often", source.toString()), 2);
      Site web = site.as(config(), directory.resolve("joined"));
      try {
        Process daemon = web.daemon();
        site.awaitRuns("often", 1);
        psql.rows("SELECT holdfast.retire_device(?)", DEVICE);
        eventually().until(() -> web.log().contains("an admin has retired this device"));
        eventually()
            .until(() ->
                psql.row(
                        "SELECT rolcanlogin AS can FROM pg_roles r JOIN holdfast.device_logins l ON"
                            + " l.role_name = r.rolname WHERE l.device_id = ?",
                        DEVICE)
                    .equals(Map.of("can", false)));
        eventually()
            .until(() -> joined(site, "status").all().contains("an admin has retired this device"));
        eventually().until(() -> endedRuns(web) == startedRuns(web));
        long made = startedRuns(web);
        untilTwoMoreWereDue(psql);
        assertThat(startedRuns(web)).isEqualTo(made);

        Site.stop(daemon);
        web.daemon();
        eventually().until(() -> web.log().split("goes by the configuration of", -1).length > 1);
        untilTwoMoreWereDue(psql);
        assertThat(startedRuns(web)).as("nor after its end").isEqualTo(made);

        Result again = register(site, token(site));
        assertThat(again.all()).doesNotContain("Exception");
        assertThat(psql.row("SELECT enabled FROM devices WHERE id = ?", DEVICE))
            .as("a token brings it back, paused")
            .containsEntry("enabled", false);
      } finally {
        web.stopDaemons();
      }
    }
  }

  private static void untilTwoMoreWereDue(ControlPlane psql) {
    Object then = psql.row("SELECT clock_timestamp() + interval '5 seconds' AS t").get("t");
    eventually()
        .until(() ->
            psql.row("SELECT clock_timestamp() > ? AS past", then).equals(Map.of("past", true)));
  }

  private static long startedRuns(Site site) throws Exception {
    return site.log().lines().filter(line -> line.contains(" of job \"often\" started ")).count();
  }

  private static long endedRuns(Site site) throws Exception {
    return site.log()
        .lines()
        .filter(line -> line.contains(" of job \"often\" ") && !line.contains(" started "))
        .filter(line -> line.matches(".* (succeeded|failed|is partial|is cancelled).*"))
        .count();
  }
}
