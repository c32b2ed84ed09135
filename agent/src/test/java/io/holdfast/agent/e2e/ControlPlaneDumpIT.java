package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.restic.ProcessIdentity;
import io.holdfast.agent.testing.AdminRestic;
import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.OpenRunsOnDisk;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job of the kind control-plane: real pg_dump, whole or not at all, and never left behind. */
class ControlPlaneDumpIT {

  private static final String JOB = "control plane";
  private static final String DUMPER_PASSWORD = "dumper-pass-2718-quux";

  @TempDir private Path directory;

  /** The private half is nowhere but in the directory of the test. */
  private static Path newKey(Path file) {
    Result made = Program.run(Map.of(), List.of(Program.HOLDFAST, "recovery-key", "--to=" + file));
    assertThat(made.exitCode()).as(made.all()).isZero();
    return file;
  }

  private static String publicHalf(Path key) throws IOException {
    return Files.readString(key)
        .lines()
        .skip(1)
        .findFirst()
        .orElseThrow()
        .replace("# public key: ", "");
  }

  private Path key() {
    Path key = directory.resolve("recovery-key");
    return Files.exists(key) ? key : newKey(key);
  }

  private static UUID job(Site site) {
    return (UUID)
        site.controlPlane()
            .row(
                "INSERT INTO backup_jobs (device_id, name, kind, max_retries) VALUES (?, ?, 'control-plane', 0)"
                    + " RETURNING id",
                Site.DEVICE,
                JOB)
            .get("id");
  }

  private static DatabaseAddress admin(Site site) {
    return site.controlPlane().member("backup_admin", DUMPER_PASSWORD);
  }

  /** Adds the section to the machine's own configuration file, with one recipient. */
  private void configure(Site site, DatabaseAddress login, String password, String... more)
      throws IOException {
    List<String> lines = new ArrayList<>(List.of("  recipients: " + publicHalf(key()) + "\n"));
    lines.addAll(List.of(more));
    configureWith(site, login, password, lines);
  }

  private void configureWith(Site site, DatabaseAddress login, String password, List<String> more)
      throws IOException {
    Path file = directory.resolve("dumper-password");
    Files.writeString(file, password + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Files.writeString(
        site.config(),
        """
        control_plane_dump:
          url: %s
          user: %s
          password_file: %s
        """
                .formatted(login.jdbcUrl(), login.user().orElseThrow(), file)
            + String.join("", more),
        StandardOpenOption.APPEND);
  }

  private static Path dumps(Site site) {
    return site.state().resolve("control-plane-dump");
  }

  private static void nothingIsLeft(Site site) throws IOException {
    if (Files.exists(dumps(site))) {
      try (var left = Files.list(dumps(site))) {
        assertThat(left).isEmpty();
      }
    }
  }

  /** The one run there is has failed with this code, made no snapshot, and left nothing. */
  private static Map<String, Object> failed(Site site, String code) throws IOException {
    Map<String, Object> run =
        site.controlPlane().row("SELECT *, metadata ->> 'code' AS code FROM runs");
    assertThat(run)
        .containsEntry("outcome", "failed")
        .containsEntry("code", code)
        .containsEntry("snapshot_id", null);
    nothingIsLeft(site);
    return run;
  }

  private static void noSnapshot(Site site) throws IOException {
    if (Files.exists(site.repository())) {
      assertThat(site.restic("snapshots")).isEmpty();
    }
  }

  @TestOnCurrentRestic
  void a_dump_is_an_ordinary_run_and_restores_to_what_pg_restore_reads(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      UUID job = job(site);
      configure(site, admin(site), DUMPER_PASSWORD);
      // Anybody's who may log in: no admin can read it, and so nobody could dump it.
      site.controlPlane().execute("SELECT lo_from_bytea(0, 'x')");
      for (int run = 1; run <= 2; run++) {
        Result result = site.holdfast("backup", JOB);
        assertThat(result.exitCode()).as(result.all()).isZero();
        nothingIsLeft(site);
      }
      JsonNode snapshots = site.restic("snapshots", "--tag", "kind=control-plane");
      assertThat(snapshots).hasSize(2);
      Path dump = dumps(site).resolve(job.toString()).resolve("control-plane.dump.age");
      for (JsonNode snapshot : snapshots) {
        assertThat(snapshot.path("paths").toString()).isEqualTo("[\"" + dump + "\"]");
        assertThat(snapshot.path("tags").toString())
            .contains("backup:" + job, "device=test-device");
      }
      Path restored = directory.resolve("restored");
      new AdminRestic(restic, site).run("restore", "latest", "--target", restored.toString());
      Path file = restored.resolve(dump.toString().substring(1));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      Path plain = directory.resolve("plain");
      decrypt(key(), file, plain);
      Result list = Program.run(Map.of(), List.of("pg_restore", "--list", plain.toString()));
      assertThat(list.exitCode()).as(list.err()).isZero();
      assertThat(list.out())
          .contains("TABLE DATA public runs", "TABLE DATA holdfast device_logins");
      Books.balance(site);
    }
  }

  private static void decrypt(Path key, Path dump, Path to) {
    Result decrypted =
        Program.run(
            Map.of(),
            List.of(
                Program.HOLDFAST, "decrypt", "--identity=" + key, dump.toString(), "--to=" + to));
    assertThat(decrypted.exitCode()).as(decrypted.all()).isZero();
  }

  /** What the machine itself has on its disk while its dump is backed up. */
  private static final String HOUSEKEEPERS_PASSWORD = "keeper-can-delete-3141";

  private static final String TARGETS_PASSWORD = "copy-target-pass-1732";
  private static final String OTHERS_PASSWORD = "own-repository-pass-2236";

  /** All that the fleet's rows keep from a device, put there. */
  private static List<String> secrets(Site site) {
    site.controlPlane()
        .execute("INSERT INTO devices (id, name, platform) VALUES ('keeper', 'Keeper', 'linux')");
    site.controlPlane()
        .execute(
            "INSERT INTO settings (device_id, key, value) VALUES ('keeper', 'repository_url', ?)",
            "rest:https://keeper:" + HOUSEKEEPERS_PASSWORD + "@nas/");
    site.controlPlane()
        .execute(
            "INSERT INTO settings (device_id, key, value) VALUES ('keeper', 'repository_password', ?)",
            OTHERS_PASSWORD);
    site.controlPlane()
        .execute(
            "INSERT INTO copy_targets (name, repository_url, repository_password) VALUES ('offsite', '/srv/offsite', ?)",
            TARGETS_PASSWORD);
    return List.of(HOUSEKEEPERS_PASSWORD, OTHERS_PASSWORD, TARGETS_PASSWORD);
  }

  /** Every file of a directory as one text, be it what it may. */
  private static String allOf(Path place) throws IOException {
    StringBuilder all = new StringBuilder();
    try (var files = Files.walk(place)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.append(Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    return all.toString();
  }

  @TestOnCurrentRestic
  void
      a_device_with_the_repositorys_password_finds_no_secret_in_the_dump_and_each_recipient_all_of_them(
          Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      UUID job = job(site);
      List<String> secrets = secrets(site);
      Path second = newKey(directory.resolve("second-key"));
      configureWith(
          site,
          admin(site),
          DUMPER_PASSWORD,
          List.of(
              "  recipients:\n",
              "    - " + publicHalf(key()) + "\n",
              "    - " + publicHalf(second) + "\n"));
      Result backup = site.holdfast("backup", JOB);
      assertThat(backup.exitCode()).as(backup.all()).isZero();

      // As any device could: with the password that its settings have.
      Path restored = directory.resolve("as-a-device");
      new AdminRestic(restic, site)
          .run("restore", "latest", "--tag=kind=control-plane", "--target=" + restored);
      assertThat(allOf(restored)).startsWith("age-encryption.org/v1\n").doesNotContain(secrets);
      Path dump =
          restored.resolve(
              dumps(site)
                  .resolve(job.toString())
                  .resolve("control-plane.dump.age")
                  .toString()
                  .substring(1));
      assertThat(Program.run(Map.of(), List.of("pg_restore", "-f-", dump.toString())))
          .satisfies(refused ->
              assertThat(refused.err()).contains("does not appear to be a valid archive"))
          .satisfies(refused -> assertThat(refused.all()).doesNotContain(secrets));

      for (Path key : List.of(key(), second)) {
        Path plain = directory.resolve("plain-of-" + key.getFileName());
        decrypt(key, dump, plain);
        Result data =
            Program.run(
                Map.of(),
                List.of(
                    "pg_restore",
                    "-f-",
                    "-a",
                    "-t",
                    "settings",
                    "-t",
                    "copy_targets",
                    plain.toString()));
        assertThat(data.exitCode()).as(data.err()).isZero();
        assertThat(data.out()).contains(secrets);
      }

      Path cut = directory.resolve("cut");
      byte[] whole = Files.readAllBytes(dump);
      Files.write(cut, Arrays.copyOf(whole, whole.length - 1));
      Path nothing = directory.resolve("nothing");
      Result refused =
          Program.run(
              Map.of(),
              List.of(
                  Program.HOLDFAST,
                  "decrypt",
                  "--identity=" + key(),
                  cut.toString(),
                  "--to=" + nothing));
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(refused.err()).contains("is damaged or cut off");
      assertThat(nothing).doesNotExist();
    }
  }

  /** The real one, which does not end once it has written all. */
  private Path endlessDump() throws IOException {
    Path program = directory.resolve("endless-dump");
    Files.writeString(program, "#!/bin/sh\npg_dump \"$@\"\nexec sleep 3600\n");
    return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void nothing_that_could_be_read_is_ever_on_the_disk_nor_left_by_an_agent_that_dies()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      UUID job = job(site);
      List<String> secrets = secrets(site);
      // More than any buffer holds, and nothing that could be compressed.
      site.controlPlane()
          .execute(
              "INSERT INTO audit_log (table_name, operation, row_id, after) SELECT 'a', 'INSERT', 'x',"
                  + " jsonb_build_object('x', sha512(random()::text::bytea)::text) FROM generate_series(1, 20000)");
      configure(site, admin(site), DUMPER_PASSWORD, "  pg_dump: " + endlessDump() + "\n");
      site.controlPlane().everySeconds(job, 3600);
      Process daemon = site.daemon();
      Path dump = dumps(site).resolve(job + "/control-plane.dump.age");
      eventually().until(() -> Files.exists(dump) && Files.size(dump) > 500_000);
      daemon.destroyForcibly();
      assertThat(daemon.waitFor(3, TimeUnit.MINUTES)).isTrue();
      assertThat(allOf(dumps(site)))
          .startsWith("age-encryption.org/v1\n")
          .doesNotContain("PGDMP", "control_plane_version")
          .doesNotContain(secrets);
      Result decrypted =
          Program.run(
              Map.of(),
              List.of(
                  Program.HOLDFAST, "decrypt", "--identity=" + key(), dump.toString(), "--to=-"));
      assertThat(decrypted.err()).contains("is damaged or cut off");
      assertThat(decrypted.out()).isEmpty();
      site.controlPlane().execute("UPDATE backup_jobs SET enabled = false");
      site.daemon();
      assertThat(site.awaitRuns(JOB, 1)).containsEntry("outcome", "failed");
      nothingIsLeft(site);
    }
  }

  @Test
  void without_recipients_there_is_no_dump_and_the_problem_says_how_to_get_them() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      job(site);
      configureWith(site, admin(site), DUMPER_PASSWORD, List.of());
      Result sync = site.holdfast("sync");
      assertThat(sync.exitCode()).isEqualTo(1);
      assertThat(sync.all()).contains("names no recipients");
      site.daemon();
      eventually().until(() -> !site.controlPlane().rows("SELECT FROM problems").isEmpty());
      assertThat(site.controlPlane().row("SELECT code, subject, message, remedy FROM problems"))
          .containsEntry("code", "control-plane-dump-recipients-missing")
          .containsEntry("subject", "job " + JOB)
          .hasEntrySatisfying(
              "message",
              message ->
                  assertThat((String) message)
                      .contains("control_plane_dump", "names no recipients"))
          .hasEntrySatisfying(
              "remedy",
              remedy ->
                  assertThat((String) remedy)
                      .contains("holdfast recovery-key --to", "control_plane_dump.recipients"));
      assertThat(site.holdfast("backup", JOB).exitCode()).isEqualTo(1);
      failed(site, "control-plane-dump-recipients-missing");
      noSnapshot(site);
    }
  }

  @Test
  void without_the_section_no_row_starts_anything_and_the_problem_says_what_to_add()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      job(site);
      Result sync = site.holdfast("sync");
      assertThat(sync.exitCode()).isEqualTo(1);
      assertThat(sync.all()).contains("has no section control_plane_dump that says how");
      site.daemon();
      eventually().until(() -> !site.controlPlane().rows("SELECT FROM problems").isEmpty());
      assertThat(site.controlPlane().row("SELECT code, subject, message, remedy FROM problems"))
          .containsEntry("code", "control-plane-dump-missing")
          .containsEntry("subject", "job " + JOB)
          .hasEntrySatisfying(
              "remedy",
              remedy ->
                  assertThat((String) remedy)
                      .contains("Add to that file 'control_plane_dump:'", "recipients"));
      Result backup = site.holdfast("backup", JOB);
      assertThat(backup.exitCode()).isEqualTo(4);
      assertThat(backup.err()).contains("has no section control_plane_dump that says how");
      assertThat(site.controlPlane().rows("SELECT FROM runs")).isEmpty();
    }
  }

  @Test
  void a_pg_dump_that_is_not_there_fails_the_run() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      job(site);
      configure(site, admin(site), DUMPER_PASSWORD, "  pg_dump: /nowhere/pg_dump\n");
      assertThat(site.holdfast("backup", JOB).exitCode()).isEqualTo(1);
      assertThat((String) failed(site, "pg-dump-missing").get("error_message"))
          .contains("control_plane_dump.pg_dump names /nowhere/pg_dump")
          .contains("apt install postgresql-client");
      noSnapshot(site);
    }
  }

  @Test
  void a_wrong_password_a_login_with_too_few_rights_and_another_database_fail_the_run()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      job(site);
      String config = Files.readString(site.config());
      DatabaseAddress admin = admin(site);
      configure(site, admin, "not-the-password-1234");
      Result wrong = site.holdfast("backup", JOB);
      assertThat(wrong.exitCode()).isEqualTo(1);
      assertThat((String) failed(site, "dump-login-refused").get("error_message"))
          .contains("password authentication failed for user")
          .doesNotContain("not-the-password-1234");
      assertThat(wrong.all()).doesNotContain("not-the-password-1234");

      site.controlPlane().execute("DELETE FROM runs");
      Files.writeString(site.config(), config);
      DatabaseAddress viewer = site.controlPlane().member("backup_viewer", DUMPER_PASSWORD);
      configure(site, viewer, DUMPER_PASSWORD);
      assertThat(site.holdfast("backup", JOB).exitCode()).isEqualTo(1);
      assertThat((String) failed(site, "dump-right-missing").get("error_message"))
          .contains("permission denied", "GRANT backup_admin TO");

      // It may read every table, and row-level security would show it none of the rows.
      site.controlPlane().execute("DELETE FROM runs");
      Files.writeString(site.config(), config);
      configure(
          site, site.controlPlane().member("pg_read_all_data", DUMPER_PASSWORD), DUMPER_PASSWORD);
      assertThat(site.holdfast("backup", JOB).exitCode()).isEqualTo(1);
      assertThat((String) failed(site, "dump-right-missing").get("error_message"))
          .contains("GRANT backup_admin TO");

      site.controlPlane().execute("DELETE FROM runs");
      Files.writeString(site.config(), config);
      DatabaseAddress elsewhere =
          new DatabaseAddress(
              admin.jdbcUrl().replace("/" + site.controlPlane().database(), "/postgres"),
              admin.user(),
              admin.password(),
              "test");
      configure(site, elsewhere, DUMPER_PASSWORD);
      assertThat(site.holdfast("backup", JOB).exitCode()).isEqualTo(1);
      assertThat((String) failed(site, "dump-no-control-plane").get("error_message"))
          .contains("/postgres, which control_plane_dump.url names, holds no control plane");
      noSnapshot(site);
    }
  }

  /** Keeps pg_dump in the middle of its work for as long as it is open. */
  private static final class Held implements AutoCloseable {
    private final Connection connection;

    Held(Site site) throws SQLException {
      connection = DriverManager.getConnection(site.controlPlane().url());
      connection.setAutoCommit(false);
    }

    /** By a table that only changes of jobs, and pg_dump, ask for. */
    void fast() throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute("LOCK TABLE restic_arguments IN ACCESS EXCLUSIVE MODE");
      }
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  private static void awaitDump(Site site) {
    eventually()
        .until(() ->
            !site.controlPlane()
                .rows(
                    "SELECT FROM pg_stat_activity WHERE application_name = 'holdfast-pg_dump'"
                        + " AND datname = current_database() AND wait_event_type = 'Lock'")
                .isEmpty());
  }

  private static void awaitNoDump(Site site) {
    eventually()
        .until(() ->
            site.controlPlane()
                .rows(
                    "SELECT FROM pg_stat_activity WHERE application_name = 'holdfast-pg_dump'"
                        + " AND datname = current_database()")
                .isEmpty());
  }

  private static Optional<ProcessHandle> pgDump(Process daemon) {
    return daemon
        .descendants()
        .filter(process -> process.info().command().orElse("").endsWith("/pg_dump"))
        .findFirst();
  }

  private Process dumping(Site site, UUID job) throws IOException {
    configure(site, admin(site), DUMPER_PASSWORD);
    return dumpingAgain(site, job);
  }

  private static Process dumpingAgain(Site site, UUID job) throws IOException {
    site.controlPlane().everySeconds(job, 3600);
    Process daemon = site.daemon();
    awaitDump(site);
    return daemon;
  }

  @Test
  void one_that_is_killed_in_mid_dump_leaves_no_snapshot_and_no_file_and_shows_no_secret()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current());
        Held held = new Held(site)) {
      UUID job = job(site);
      held.fast();
      Process daemon = dumping(site, job);
      ProcessHandle process = pgDump(daemon).orElseThrow();
      assertThat(Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")))
          .contains("--format=custom")
          .doesNotContain(DUMPER_PASSWORD);
      Path dump = dumps(site).resolve(job.toString());
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dump)))
          .isEqualTo("rwx------");
      process.destroyForcibly();
      site.awaitRuns(JOB, 1);
      assertThat((String) failed(site, "pg-dump-killed").get("error_message"))
          .contains("ended from outside by signal 9");
      noSnapshot(site);
      String rows =
          site.controlPlane().rows("SELECT * FROM runs").toString()
              + site.controlPlane().rows("SELECT * FROM problems");
      assertThat(rows).doesNotContain(DUMPER_PASSWORD);
      assertThat(site.log()).doesNotContain(DUMPER_PASSWORD);
      assertThat(site.allState()).doesNotContain(DUMPER_PASSWORD);
    }
  }

  @Test
  void cancelling_a_time_limit_and_a_stall_end_pg_dump_too() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current());
        Held held = new Held(site)) {
      UUID job = job(site);
      held.fast();
      dumping(site, job);
      assertThat(site.holdfast("cancel", JOB).exitCode()).isZero();
      Map<String, Object> cancelled = site.awaitRuns(JOB, 1);
      assertThat(cancelled)
          .containsEntry("outcome", "cancelled")
          .containsEntry("snapshot_id", null);
      awaitNoDump(site);
      nothingIsLeft(site);

      site.controlPlane().execute("UPDATE backup_jobs SET timeout_seconds = 2");
      assertThat(site.holdfast("backup", JOB).exitCode()).isEqualTo(1);
      assertThat(site.runs(JOB).getLast().get("error_message").toString())
          .contains("the dump of the control plane took longer than timeout_seconds");
      awaitNoDump(site);

      site.controlPlane().execute("UPDATE backup_jobs SET timeout_seconds = NULL");
      site.controlPlane().setting("stalled_after_seconds", "10");
      assertThat(site.holdfast("backup", JOB).exitCode()).isEqualTo(1);
      assertThat(site.runs(JOB).getLast().get("error_message").toString())
          .contains("pg_dump wrote nothing for longer than stalled_after_seconds");
      awaitNoDump(site);
      nothingIsLeft(site);
      noSnapshot(site);
    }
  }

  @Test
  void what_an_agent_that_died_in_mid_dump_has_left_is_ended_and_removed_by_the_next()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      UUID job = job(site);
      configure(site, admin(site), DUMPER_PASSWORD);
      assertThat(site.holdfast("backup", JOB).exitCode()).isZero();
      ProcessHandle orphan;
      try (Held held = new Held(site)) {
        held.fast();
        Process daemon = dumpingAgain(site, job);
        orphan = pgDump(daemon).orElseThrow();
        daemon.destroyForcibly();
        assertThat(daemon.waitFor(3, TimeUnit.MINUTES)).isTrue();
        assertThat(orphan.isAlive()).as("pg_dump outlives its agent").isTrue();
        assertThat(dumps(site).resolve(job + "/control-plane.dump.age")).exists();
        site.controlPlane().execute("UPDATE backup_jobs SET enabled = false");
        site.daemon();
        Map<String, Object> run = site.awaitRuns(JOB, 2);
        assertThat(run).containsEntry("outcome", "failed").containsEntry("snapshot_id", null);
        assertThat((String) run.get("error_message"))
            .contains("was ended in the middle of this run");
      }
      // A zombie that nobody has asked for its code has ended.
      assertThat(ProcessIdentity.of(orphan)).isEmpty();
      nothingIsLeft(site);
      eventually().untilAsserted(() -> assertThat(OpenRunsOnDisk.of(site)).isEmpty());
      assertThat(site.restic("snapshots")).hasSize(1);
    }
  }
}
