package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.postgres.PasswordRotations;
import io.holdfast.agent.postgres.PasswordRotations.Passwords;
import io.holdfast.agent.secret.FleetKeys;
import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.testing.AdminRestic;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.SecondRepository;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import io.holdfast.agent.testing.TestOnEveryRestic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The repository gets a new password, and at no moment is a device locked out. */
class PasswordRotationIT {

  private static final String OTHER = "web-02";

  @TempDir private Path directory;

  /** The command of an admin on the housekeeper. */
  private static final class Rotation {
    private final Site site;
    private final List<String> login;

    Rotation(Site site) throws IOException {
      this.site = site;
      ControlPlane psql = site.controlPlane();
      psql.execute("UPDATE devices SET housekeeper = true WHERE id = ?", Site.DEVICE);
      psql.setting("sync_interval_seconds", "5");
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      backUp(site, "home");
      var admin = psql.member("backup_admin", "admin-password");
      Path file = site.directory().resolve("admin-password");
      secret(file, "admin-password");
      login =
          List.of(
              "--database-url=" + admin.jdbcUrl(),
              "--database-user=" + admin.user().orElseThrow(),
              "--password-file=" + file);
    }

    /** By somebody who has written the new password down, if he is asked. */
    Result call(String... options) {
      List<String> all = new ArrayList<>(List.of(options));
      if (all.contains("--finish")) {
        all.add("--written-down");
      }
      return callWithout(all.toArray(String[]::new));
    }

    /** By somebody who has not. */
    Result callWithout(String... options) {
      List<String> command = new ArrayList<>(List.of("rotate-repository-password"));
      command.addAll(login);
      command.addAll(List.of(options));
      return site.holdfast(command.toArray(String[]::new));
    }

    void succeeds(String... options) {
      Result result = call(options);
      assertThat(result.exitCode()).as(result.all()).isZero();
    }

    void awaitUsedBy(String device) {
      eventually()
          .untilAsserted(() ->
              assertThat(
                      site.controlPlane()
                          .rows(
                              "SELECT FROM password_rotation_devices WHERE device_id = ? AND uses_new_key",
                              device))
                  .hasSize(1));
    }
  }

  private static void secret(Path file, String value) throws IOException {
    Files.writeString(file, value + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private static void backUp(Site site, String job) {
    Result backup = site.holdfast("backup", job);
    assertThat(backup.exitCode()).as(backup.all()).isZero();
  }

  private static int keys(Site site) throws IOException {
    try (Stream<Path> keys = Files.list(site.repository().resolve("keys"))) {
      return (int) keys.count();
    }
  }

  private static String password(ControlPlane psql) {
    return (String)
        psql.row("SELECT value FROM settings WHERE key = 'repository_password'").get("value");
  }

  @TestOnEveryRestic
  void the_old_password_is_good_until_a_device_that_was_down_has_used_the_new_one(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic);
        Site other = site.another(OTHER)) {
      ControlPlane psql = site.controlPlane();
      Rotation rotation = new Rotation(site);
      psql.job(OTHER, "www", other.source("www", 2).toString());
      backUp(other, "www");
      site.daemon();
      rotation.succeeds();
      String after = password(psql);
      assertThat(after).hasSizeGreaterThanOrEqualTo(40).isNotEqualTo(Site.REPOSITORY_PASSWORD);
      rotation.succeeds();
      assertThat(password(psql)).as("a second call changes nothing").isEqualTo(after);
      assertThat(keys(site)).isEqualTo(2);

      rotation.awaitUsedBy(Site.DEVICE);
      Result refused = rotation.call("--finish");
      assertThat(refused.exitCode()).isNotZero();
      assertThat(refused.all()).contains(OTHER).doesNotContain(Site.DEVICE);
      AdminRestic oldPassword = new AdminRestic(restic, site);
      oldPassword.run("cat", "config");
      assertThat(rotation.call("--status").out()).contains("not yet").contains("used");

      other.daemon();
      rotation.awaitUsedBy(OTHER);
      Result notWritten = rotation.callWithout("--finish");
      assertThat(notWritten.exitCode()).isNotZero();
      assertThat(notWritten.all())
          .contains("SELECT value FROM settings", "--written-down")
          .doesNotContain(after);
      assertThat(keys(site)).isEqualTo(2);
      rotation.succeeds("--finish");
      assertThat(keys(site)).isEqualTo(1);
      assertThatThrownBy(() -> oldPassword.run("cat", "config")).hasMessageContaining("password");
      backUp(site, "home");
      backUp(other, "www");
      assertThat(psql.rows("SELECT FROM settings WHERE key = 'report_repository_key'")).isEmpty();
      String rows =
          psql.rows("SELECT * FROM audit_log").toString()
              + psql.rows("SELECT * FROM password_rotations")
              + psql.rows("SELECT * FROM holdfast.repository_keys_used")
              + psql.rows("SELECT * FROM devices")
              + psql.rows("SELECT * FROM settings_public");
      assertThat(rows + site.log() + other.log() + site.allState()).doesNotContain(after);
      assertThat(rows).contains("password_rotations");
    }
  }

  @Test
  void one_that_was_killed_after_it_had_added_its_key_is_taken_up_again() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Rotation rotation = new Rotation(site);
      UUID killed = UUID.randomUUID();
      AdminRestic admin = new AdminRestic(ResticBinaries.current(), site);
      String old = site.restic("key", "list").path(0).path("id").asText();
      psql.execute(
          "INSERT INTO password_rotations (id, repository_id, old_key) VALUES (?, ?, ?)",
          killed,
          site.restic("cat", "config").path("id").asText(),
          old);
      Path lost = directory.resolve("lost-password");
      secret(lost, "nobody-knows-it");
      admin.run("key", "add", "--new-password-file=" + lost, "--user=holdfast-" + killed);
      assertThat(keys(site)).isEqualTo(2);
      backUp(site, "home");

      rotation.succeeds();
      assertThat(keys(site)).as("the old one and the new one").isEqualTo(2);
      site.daemon();
      rotation.awaitUsedBy(Site.DEVICE);
      // Killed once more, when the key had gone and nobody had written it down.
      Path now = directory.resolve("now");
      secret(now, password(psql));
      admin.run("key", "list");
      Result removed =
          Program.run(
              Map.of(
                  "RESTIC_REPOSITORY", site.repository().toString(),
                  "RESTIC_PASSWORD_FILE", now.toString(),
                  "RESTIC_CACHE_DIR", directory.resolve("admin-cache").toString()),
              List.of(ResticBinaries.current().toString(), "key", "remove", old));
      assertThat(removed.exitCode()).as(removed.all()).isZero();
      rotation.succeeds("--finish");
      assertThat(keys(site)).isEqualTo(1);
      backUp(site, "home");
      assertThat(psql.rows("SELECT FROM password_rotations WHERE finished_at IS NULL")).isEmpty();
    }
  }

  @Test
  void a_password_that_lies_in_a_file_is_changed_by_the_machines_and_the_command_says_how()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Path inFile =
          Files.createDirectories(directory.resolve("secrets"))
              .resolve("repository_password.repository");
      secret(inFile, Site.REPOSITORY_PASSWORD);
      psql.setting("repository_password", "file:repository");
      Rotation rotation = new Rotation(site);
      assertThat(rotation.call().all()).contains("\"file:repository\"", "--new-password-file");
      Path chosen = directory.resolve("chosen");
      secret(chosen, "chosen-by-the-admin");
      assertThat(rotation.call("--new-password-file=" + chosen).out())
          .contains("write the new password into the file secrets/repository_password.repository");
      site.daemon();
      assertThat(rotation.call("--finish").all())
          .contains("does not open the repository by the new");
      secret(inFile, "chosen-by-the-admin");
      rotation.awaitUsedBy(Site.DEVICE);
      rotation.succeeds("--finish");
      backUp(site, "home");
      assertThat(password(psql)).isEqualTo("file:repository");
    }
  }

  @Test
  void a_password_in_a_variable_or_encrypted_is_changed_by_an_admin_and_the_command_says_how()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      site.variable("HOLDFAST_SECRET_REPOSITORY_PASSWORD", Site.REPOSITORY_PASSWORD);
      psql.setting("repository_password", "env:HOLDFAST_SECRET_REPOSITORY_PASSWORD");
      Rotation rotation = new Rotation(site);
      assertThat(rotation.call().all())
          .contains("\"env:HOLDFAST_SECRET_REPOSITORY_PASSWORD\"", "--new-password-file");
      Path first = directory.resolve("first");
      secret(first, "first-new-password");
      assertThat(rotation.call("--new-password-file=" + first).out())
          .contains("set that variable anew for the agent's service");
      assertThat(keys(site)).isEqualTo(2);
      site.variable("HOLDFAST_SECRET_REPOSITORY_PASSWORD", "first-new-password");
      site.daemon();
      rotation.awaitUsedBy(Site.DEVICE);
      rotation.succeeds("--finish");
      assertThat(password(psql)).isEqualTo("env:HOLDFAST_SECRET_REPOSITORY_PASSWORD");

      Path keyFile = Files.createDirectories(directory.resolve("secrets")).resolve("fleet.key");
      secret(keyFile, FleetKeys.newLine().value());
      FleetKeys fleet = FleetKeys.load(keyFile);
      psql.setting(
          "repository_password",
          fleet.encrypt("repository_password", new Secret("first-new-password")));
      assertThat(rotation.call().all()).contains("\"enc:...\"", "--new-password-file");
      Path second = directory.resolve("second");
      secret(second, "second-new-password");
      assertThat(rotation.call("--new-password-file=" + second).out())
          .contains("holdfast secret encrypt repository_password");
      psql.setting(
          "repository_password",
          fleet.encrypt("repository_password", new Secret("second-new-password")));
      rotation.awaitUsedBy(Site.DEVICE);
      rotation.succeeds("--finish");
      assertThat(keys(site)).isEqualTo(1);
      backUp(site, "home");
      assertThat(site.log() + site.allState() + psql.rows("SELECT * FROM audit_log"))
          .doesNotContain("first-new-password", "second-new-password");
    }
  }

  @Test
  void a_housekeeper_with_a_way_of_its_own_and_no_snapshots_is_no_stranger() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Rotation rotation = new Rotation(site);
      psql.execute("DELETE FROM snapshots");
      psql.execute(
          "INSERT INTO settings (device_id, key, value) VALUES (?, 'repository_url', ?)",
          Site.DEVICE,
          "local:" + site.repository());
      psql.execute(
          "INSERT INTO settings (device_id, key, value) VALUES (?, 'repository_password', ?)",
          Site.DEVICE,
          Site.REPOSITORY_PASSWORD);
      rotation.succeeds();
      assertThat(keys(site)).isEqualTo(2);
    }
  }

  @Test
  void whoever_was_overtaken_rolls_out_no_key_that_is_gone() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      try (PasswordRotations rotations =
          new PasswordRotations(psql.member("backup_admin", "admin-password"))) {
        var slow = rotations.begin("repository", "11111111").orElseThrow();
        var quick = rotations.begin("repository", "11111111").orElseThrow();
        assertThat(quick.id()).isEqualTo(slow.id());
        Optional<Passwords> passwords =
            Optional.of(new Passwords(new Secret(Site.REPOSITORY_PASSWORD), new Secret("new-one")));
        assertThat(rotations.rollOut(slow, "22222222", Site.DEVICE, passwords)).isFalse();
        assertThat(password(psql)).isEqualTo(Site.REPOSITORY_PASSWORD);
        assertThat(rotations.rollOut(quick, "33333333", Site.DEVICE, passwords)).isTrue();
        assertThat(password(psql)).isEqualTo("new-one");
        assertThat(rotations.begin("repository", "33333333")).isEmpty();
      }
    }
  }

  @Test
  void a_device_with_the_same_password_for_another_repository_is_not_locked_out_there()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current());
        Site other = site.another(OTHER)) {
      ControlPlane psql = site.controlPlane();
      Rotation rotation = new Rotation(site);
      psql.execute(
          "INSERT INTO settings (device_id, key, value) VALUES (?, 'repository_url', ?)",
          OTHER,
          other.directory().resolve("own").toString());
      Result refused = rotation.call();
      assertThat(refused.exitCode()).isNotZero();
      assertThat(refused.all()).contains("would be locked out: " + OTHER);
      assertThat(keys(site)).isEqualTo(1);
      assertThat(password(psql)).isEqualTo(Site.REPOSITORY_PASSWORD);
    }
  }

  @Test
  void force_ends_it_with_a_word_on_whom_it_locks_out() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current());
        Site other = site.another(OTHER)) {
      Rotation rotation = new Rotation(site);
      site.controlPlane().job(OTHER, "www", other.source("www", 2).toString());
      rotation.succeeds();
      Result forced = rotation.call("--finish", "--force");
      assertThat(forced.exitCode()).as(forced.all()).isZero();
      assertThat(forced.out()).contains("locked out until it syncs: " + OTHER);
      assertThat(keys(site)).isEqualTo(1);
      backUp(other, "www");
    }
  }

  /** A device of the fleet in the wrong hands: it has the repository's password and a login. */
  private static final class Attacker {
    private static final String PASSWORD = "attackers-own-password";
    private final Site site;
    private final Path restic;

    Attacker(Site site, Path restic) {
      this.site = site;
      this.restic = restic;
    }

    /** As any device can, through an append-only way in too. */
    void addsKey(String password) throws IOException {
      Path file = site.directory().resolve("attackers-password");
      secret(file, password);
      new AdminRestic(restic, site)
          .run("key", "add", "--new-password-file=" + file, "--user=evil", "--host=web-66");
    }

    boolean opens(String password) {
      Result result =
          Program.run(
              Map.of(
                  "RESTIC_REPOSITORY", site.repository().toString(),
                  "RESTIC_PASSWORD", password,
                  "RESTIC_CACHE_DIR", site.directory().resolve("attackers-cache").toString()),
              List.of(restic.toString(), "snapshots", "--no-lock"));
      if (result.exitCode() != 0) {
        assertThat(result.err()).contains("wrong password or no key found");
      }
      return result.exitCode() == 0;
    }
  }

  private static List<Map<String, Object>> keyProblems(ControlPlane psql) {
    return psql.rows(
        "SELECT device_id, subject, severity, message, remedy FROM problems WHERE code = 'repository-keys-unknown'");
  }

  private static void lists(Site site) {
    Result listed = site.holdfast("housekeep", "catalogue");
    assertThat(listed.exitCode()).as(listed.all()).isZero();
  }

  @TestOnEveryRestic
  void a_key_that_a_device_has_added_is_told_of_named_and_removed(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      Rotation rotation = new Rotation(site);
      lists(site);
      assertThat(keyProblems(psql)).as("the first key is nobody's secret").isEmpty();
      Attacker attacker = new Attacker(site, restic);
      attacker.addsKey(Attacker.PASSWORD);
      lists(site);
      assertThat(keyProblems(psql))
          .singleElement()
          .satisfies(problem ->
              assertThat(problem)
                  .containsEntry("device_id", Site.DEVICE)
                  .containsEntry("severity", "error")
                  .hasEntrySatisfying(
                      "message",
                      message ->
                          assertThat((String) message)
                              .startsWith(
                                  "1 of the keys that open the repository was not put there")
                              .contains("(evil@web-66, ")));

      assertThat(rotation.call().out())
          .contains("keys that nobody put into the repository on purpose", "evil", "web-66");
      assertThat(rotation.call("--remove-others").exitCode()).as("too early").isEqualTo(2);
      site.daemon();
      rotation.awaitUsedBy(Site.DEVICE);
      Result finished = rotation.call("--finish");
      assertThat(finished.exitCode()).isEqualTo(1);
      assertThat(finished.out())
          .contains("the old key is removed", "1 unknown key still opens the repository", "evil")
          .doesNotContain("opens nothing any more");
      assertThat(attacker.opens(Site.REPOSITORY_PASSWORD)).isFalse();
      assertThat(attacker.opens(Attacker.PASSWORD)).isTrue();

      Result removed = rotation.call("--finish", "--remove-others");
      assertThat(removed.exitCode()).as(removed.all()).isZero();
      assertThat(removed.out()).contains("removed too: ", "evil@web-66", "opens nothing any more");
      assertThat(attacker.opens(Attacker.PASSWORD)).isFalse();
      assertThat(keys(site)).isEqualTo(1);
      assertThat(keyProblems(psql)).isEmpty();
      lists(site);
      assertThat(keyProblems(psql)).as("the new key is ours").isEmpty();
      backUp(site, "home");
    }
  }

  /** restic opens by whichever of them it tries first. */
  @Test
  void a_second_key_of_the_old_password_does_not_outlive_it() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      Rotation rotation = new Rotation(site);
      Attacker attacker = new Attacker(site, ResticBinaries.current());
      for (int i = 0; i < 3; i++) {
        attacker.addsKey(Site.REPOSITORY_PASSWORD);
      }
      rotation.succeeds();
      site.daemon();
      rotation.awaitUsedBy(Site.DEVICE);
      Result finished = rotation.call("--finish");
      assertThat(finished.exitCode()).isEqualTo(1);
      assertThat(finished.out()).contains("3 unknown keys still open the repository");
      assertThat(attacker.opens(Site.REPOSITORY_PASSWORD)).isTrue();
      rotation.succeeds("--finish", "--remove-others");
      assertThat(attacker.opens(Site.REPOSITORY_PASSWORD)).isFalse();
      assertThat(keys(site)).isEqualTo(1);
    }
  }

  @Test
  void a_key_that_an_admin_knows_is_no_problem_and_stays() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Rotation rotation = new Rotation(site);
      Path office = directory.resolve("office-password");
      secret(office, "the-offices-own");
      new AdminRestic(ResticBinaries.current(), site)
          .run("key", "add", "--new-password-file=" + office, "--user=office");
      lists(site);
      assertThat((String) keyProblems(psql).getFirst().get("remedy"))
          .contains("UPDATE repository_keys SET known = true");
      try (Connection admin = connect(psql.member("backup_admin", "admin-password"))) {
        admin
            .createStatement()
            .execute("UPDATE repository_keys SET known = true WHERE user_name = 'office'");
      }
      assertThat(keyProblems(psql)).isEmpty();
      assertThat(psql.rows("SELECT FROM audit_log WHERE table_name = 'repository_keys'"))
          .hasSize(1);
      rotation.succeeds();
      site.daemon();
      rotation.awaitUsedBy(Site.DEVICE);
      rotation.succeeds("--finish", "--remove-others");
      assertThat(keys(site)).isEqualTo(2);
      assertThat(new Attacker(site, ResticBinaries.current()).opens("the-offices-own")).isTrue();
    }
  }

  private static Connection connect(DatabaseAddress login) throws SQLException {
    return DriverManager.getConnection(
        login.jdbcUrl(), login.user().orElseThrow(), login.password().orElseThrow().value());
  }

  @Test
  void what_a_device_says_of_its_key_holds_up_no_new_password() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Rotation rotation = new Rotation(site);
      psql.execute("INSERT INTO devices (id, name, platform) VALUES ('evil', 'Evil', 'linux')");
      psql.job("evil", "x", "/x");
      try (Connection evil = connect(psql.client("evil-password", "evil"))) {
        evil.createStatement().execute("SELECT holdfast.key_used('evil', 'r1', 'x')");
      }
      Result begun = rotation.call();
      assertThat(begun.exitCode()).as(begun.all()).isZero();
      assertThat(begun.out())
          .contains("these say that they back up into another repository", "evil");
      site.daemon();
      rotation.awaitUsedBy(Site.DEVICE);
      rotation.succeeds("--finish");

      // Settings of its own make it a matter for the admin, who has the last word; one that is
      // switched off is none.
      psql.execute(
          "INSERT INTO settings (device_id, key, value) VALUES ('evil', 'repository_url', '/own')");
      Result refused = rotation.call();
      assertThat(refused.err()).contains("would be locked out: evil", "--force");
      psql.execute("UPDATE devices SET enabled = false WHERE id = 'evil'");
      rotation.succeeds();
      rotation.awaitUsedBy(Site.DEVICE);
      rotation.succeeds("--finish");
      psql.execute("UPDATE devices SET enabled = true WHERE id = 'evil'");
      rotation.succeeds("--force");
      assertThat(keys(site)).isEqualTo(2);
    }
  }

  @TestOnCurrentRestic
  void a_strangers_key_of_a_copy_target_is_told_of_too(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      SecondRepository second = SecondRepository.made(site, restic);
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      backUp(site, "home");
      second.housekeep("copy");
      second.housekeep("catalogue");
      assertThat(keyProblems(psql)).isEmpty();
      Path file = directory.resolve("strangers-password");
      secret(file, "a-strangers");
      second.run("key", "add", "--new-password-file=" + file, "--user=evil");
      second.housekeep("catalogue");
      assertThat(keyProblems(psql))
          .singleElement()
          .satisfies(
              problem -> assertThat(problem).containsEntry("subject", "copy target offsite, keys"));
      psql.meant("DELETE FROM copy_targets");
      assertThat(keyProblems(psql)).isEmpty();
    }
  }
}
