package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No row starts a program, reads a secret or reaches a host that the machine's own file does not
 * allow: findings H1, M1 and L4 as they were reproduced.
 */
class RepositoryPlaceIT {

  private static final String SECRET = "TOPSECRET-rest-password-9876";

  @TempDir private Path directory;

  /** A storage that has no repository, and remembers who asked for one. */
  private static final class Storage implements AutoCloseable {
    private final Queue<String> asked = new ConcurrentLinkedQueue<>();
    private final HttpServer server;

    Storage() throws IOException {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          exchange -> {
            asked.add(
                exchange.getRequestURI()
                    + " "
                    + exchange.getRequestHeaders().getFirst("Authorization"));
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
          });
      server.start();
    }

    String host() {
      return "127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  private static void aJob(Site site) throws IOException {
    site.controlPlane().setting("repository_auto_init", "false");
    site.controlPlane().job(Site.DEVICE, "home", site.source("home", 2).toString());
  }

  private void secret(String name, String content) throws IOException {
    Path secrets = Files.createDirectories(directory.resolve("secrets"));
    Files.writeString(secrets.resolve(name), content + "\n");
  }

  private static void policy(Site site, String rule) throws IOException {
    site.writeConfig(ResticBinaries.current().toString());
    Files.writeString(site.config(), "policy:\n  " + rule + "\n", StandardOpenOption.APPEND);
  }

  /** Programs of these names that only write down that they were started. */
  private Path trapped(Site site, String... programs) throws IOException {
    Path started = directory.resolve("started");
    Path bin = Files.createDirectories(directory.resolve("bin"));
    for (String program : programs) {
      Path file = bin.resolve(program);
      Files.writeString(file, "#!/bin/sh\necho \"$0 $*\" >>'" + started + "'\nexit 1\n");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    site.findFirst(bin);
    return started;
  }

  /** Everything by which somebody could be told something. */
  private static String told(Site site, Result... commands) throws IOException {
    StringBuilder told = new StringBuilder(site.log()).append(site.allState());
    for (String table :
        List.of(
            "runs",
            "problems",
            "requests",
            "missed_runs",
            "devices",
            "housekeeping_runs",
            "audit_log",
            "settings_public",
            "copy_targets_public")) {
      told.append(site.controlPlane().rows("SELECT * FROM " + table));
    }
    for (Result command : commands) {
      told.append(command.all());
    }
    return told.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rclone::webdav,url=\"http://127.0.0.1:1/\",bearer_token_command=\"touch %s/pwn\":x",
        "rclone:nas,bearer_token_command=\"touch %s/pwn\":x",
        "rclone:nas:x",
        "rclone:/etc",
        "rclone:--config=/x:y",
        "sftp:-oProxyCommand=touch %s/pwn:/x",
        "sftp://-oProxyCommand=touch%%20%s/x"
      })
  void no_row_starts_a_program(String url) throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Path started = trapped(site, "rclone", "ssh");
      aJob(site);
      // A row that was there before the schema refused it.
      psql.takeAnyRow();
      psql.setting("repository_url", url.formatted(directory));
      Result backup = site.holdfast("backup", "home");
      assertThat(backup.exitCode()).as(backup.all()).isNotZero();
      psql.execute("UPDATE devices SET housekeeper = true");
      psql.execute("ALTER TABLE copy_targets DISABLE TRIGGER USER");
      psql.execute(
          "INSERT INTO copy_targets (name, repository_url, repository_password, auto_init) VALUES ('t', ?, 'p', true)",
          url.formatted(directory));
      psql.setting("repository_url", site.repository().toString());
      Result copy = site.holdfast("housekeep", "copy", "--target", "t");
      assertThat(copy.all()).contains("copy target \"t\": setting \"repository_url\" ");
      assertThat(started).doesNotExist();
      assertThat(directory.resolve("pwn")).doesNotExist();
    }
  }

  @Test
  void a_remote_of_rclone_that_the_machine_names_is_used() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      Path started = trapped(site, "rclone");
      aJob(site);
      site.controlPlane().setting("repository_url", "rclone:nas:x");
      policy(site, "rclone_remotes: nas");
      site.holdfast("backup", "home");
      assertThat(started).content().contains("rclone serve restic", " nas:x");
    }
  }

  /** Finding M1, the first: the content came back in runs.restic_errors, for any viewer to read. */
  @Test
  void a_password_that_a_row_takes_for_a_url_comes_back_nowhere() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.setting("sync_interval_seconds", "5");
      aJob(site);
      psql.setting("repository_url", "file:offsite");
      secret("offsite", SECRET);
      secret("repository_password.offsite", SECRET);
      site.daemon();
      awaitProblem(psql, "refers to the file " + directory.resolve("secrets/repository_url.offs"));
      Result absent = site.holdfast("backup", "home");
      // Even one that is meant as a URL and is none.
      secret("repository_url.offsite", SECRET);
      awaitProblem(psql, "refers to what is no repository''s URL: that is a path that does not");
      Result none = site.holdfast("backup", "home");
      psql.execute("INSERT INTO requests (kind, job_id) SELECT 'backup', id FROM backup_jobs");
      eventually()
          .until(() -> psql.rows("SELECT FROM requests WHERE status = 'failed'").size() == 1);
      assertThat(psql.rows("SELECT FROM runs WHERE status = 'failed'")).hasSizeGreaterThan(2);
      assertThat(told(site, absent, none)).doesNotContain("TOPSECRET");
    }
  }

  private static void awaitProblem(ControlPlane psql, String message) {
    eventually()
        .until(() ->
            !psql.rows(
                    "SELECT FROM problems WHERE code = 'setting-invalid' AND message LIKE '%"
                        + message
                        + "%'")
                .isEmpty());
  }

  @Test
  void nothing_of_a_url_that_the_machine_keeps_is_told() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current());
        Storage storage = new Storage()) {
      aJob(site);
      secret(
          "repository_url.main",
          "rest:http://somebody:" + SECRET + "@" + storage.host() + "/very/private/");
      site.controlPlane().setting("repository_url", "file:main");
      site.daemon();
      site.controlPlane()
          .execute("INSERT INTO requests (kind, job_id) SELECT 'backup', id FROM backup_jobs");
      Map<String, Object> run = site.awaitRuns("home", 1);
      Result doctor = site.holdfast("doctor");
      assertThat(storage.asked).as("it is used").anyMatch(line -> line.startsWith("/very/private"));
      assertThat(run.get("error_message").toString()).contains("there is no restic repository");
      assertThat(told(site, doctor))
          .doesNotContain("TOPSECRET", "very/private", storage.host(), "somebody");
    }
  }

  /** Finding M1, the second: the credentials arrived at whatever host a row named. */
  @Test
  void credentials_that_the_machine_keeps_go_only_to_a_place_that_it_names() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current());
        Storage storage = new Storage()) {
      ControlPlane psql = site.controlPlane();
      aJob(site);
      secret(
          "repository_environment.restenv",
          "{\"RESTIC_REST_USERNAME\": \"u\", \"RESTIC_REST_PASSWORD\": \"" + SECRET + "\"}");
      psql.setting("repository_environment", "file:restenv");
      psql.setting("repository_url", "rest:http://" + storage.host() + "/");
      Result unbound = site.holdfast("backup", "home");
      policy(site, "repositories: rest:https://nas.example/, " + site.repository());
      Result foreign = site.holdfast("backup", "home");
      // The same by way of a copy target.
      psql.execute("UPDATE devices SET housekeeper = true");
      psql.execute(
          "INSERT INTO copy_targets (name, repository_url, repository_password, repository_environment)"
              + " VALUES ('t', ?, 'p', 'file:restenv')",
          "rest:http://" + storage.host() + "/copies");
      psql.setting("repository_environment", "");
      psql.setting("repository_url", site.repository().toString());
      Result copy = site.holdfast("housekeep", "copy", "--target", "t");
      assertThat(unbound.exitCode()).isNotZero();
      assertThat(foreign.exitCode()).isNotZero();
      assertThat(copy.all()).contains("policy.repositories does not allow");
      assertThat(storage.asked).isEmpty();
      assertThat(told(site, unbound, foreign, copy)).doesNotContain("TOPSECRET");

      policy(site, "repositories: rest:http://" + storage.host() + "/");
      psql.setting("repository_environment", "file:restenv");
      psql.setting("repository_url", "rest:http://" + storage.host() + "/x");
      site.holdfast("backup", "home");
      assertThat(storage.asked)
          .as("what the test could miss")
          .anyMatch(line -> line.contains(" Basic "));
    }
  }

  /** Finding L4. */
  @Test
  void nothing_is_made_where_the_daemon_happens_to_stand_nor_outside_of_the_cache_s_place()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      aJob(site);
      psql.setting("repository_auto_init", "true");
      psql.takeAnyRow();
      String relative = "relative-" + ProcessHandle.current().pid();
      psql.setting("repository_url", relative);
      assertThat(site.holdfast("backup", "home").exitCode()).isNotZero();
      assertThat(Path.of(relative)).doesNotExist();

      psql.setting("repository_url", site.repository().toString());
      psql.setting("repository_cache_dir", relative);
      assertThat(site.holdfast("backup", "home").exitCode()).isZero();
      assertThat(Path.of(relative)).doesNotExist();

      Path inside = directory.resolve("caches/of-restic");
      Path outside = directory.resolve("elsewhere");
      policy(site, "cache_roots: " + directory.resolve("caches"));
      psql.setting("repository_cache_dir", outside.toString());
      assertThat(site.holdfast("backup", "home").exitCode()).isZero();
      assertThat(outside).doesNotExist();
      psql.setting("repository_cache_dir", inside.toString());
      assertThat(site.holdfast("backup", "home").exitCode()).isZero();
      assertThat(inside).isNotEmptyDirectory();
    }
  }
}
