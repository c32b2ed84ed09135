package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the daemon logs to, and how much. */
class LoggingIT {

  @TempDir private Path directory;

  private static void setLevel(Site site, String level) {
    site.controlPlane()
        .execute(
            "INSERT INTO settings (device_id, key, value) VALUES (?, 'log_level', ?)"
                + " ON CONFLICT (device_id, key) DO UPDATE SET value = excluded.value",
            Site.DEVICE,
            level);
  }

  @Test
  void the_level_follows_the_setting_without_a_restart_and_a_wrong_one_is_a_problem()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      site.terseDaemon();
      site.awaitListening();
      assertThat(site.log()).contains(" INFO ").doesNotContain(" DEBUG ");
      setLevel(site, "debug");
      eventually().until(() -> site.log().contains(" DEBUG ") && site.log().contains("log_level"));
      // As a row that was there before the database refused it.
      site.controlPlane().execute("ALTER TABLE settings DISABLE TRIGGER settings_words_check");
      setLevel(site, "debugg");
      eventually()
          .until(() ->
              !site.controlPlane()
                  .rows("SELECT FROM problems WHERE code = 'setting-invalid'")
                  .isEmpty());
      assertThat(
              site.controlPlane()
                  .row("SELECT message, remedy FROM problems WHERE code = 'setting-invalid'"))
          .containsEntry(
              "message",
              "setting \"log_level\" must be one of error, warn, info, debug; info is used")
          .containsEntry("remedy", "Did you mean \"debug\"?");
      setLevel(site, "error");
      eventually().until(() -> site.controlPlane().rows("SELECT FROM problems").isEmpty());
      int before = site.log().length();
      site.controlPlane().setting("max_concurrent_backups", "2");
      assertThat(site.holdfast("sync").exitCode()).isZero();
      site.stopDaemons();
      assertThat(site.log().substring(before)).doesNotContain(" INFO ", " DEBUG ");
    }
  }

  @Test
  void under_systemd_lines_have_priorities_and_no_times() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      Path stream = Files.createFile(directory.resolve("daemon.log"));
      var identity = Files.readAttributes(stream, "unix:dev,ino");
      site.variable("JOURNAL_STREAM", identity.get("dev") + ":" + identity.get("ino"));
      site.variable("INVOCATION_ID", "0123456789abcdef0123456789abcdef");
      site.terseDaemon();
      site.awaitListening();
      site.stopDaemons();
      assertThat(site.log()).contains("<6>holdfast ").contains("<6>holdfast has stopped\n");
      assertThat(site.log().lines()).allMatch(line -> line.matches("<[3467]>.*"));
    }
  }

  @Test
  void a_log_file_of_json_holds_no_secret_and_nobody_else_can_read_it() throws Exception {
    Path file = directory.resolve("log/agent.log");
    try (Site site = new Site(directory, ResticBinaries.current())) {
      append(site, "log:\n  file: " + file + "\n  format: json\n");
      ControlPlane psql = site.controlPlane();
      psql.setting("log_level", "debug");
      psql.everySeconds(psql.job(Site.DEVICE, "home", site.source("home", 3).toString()), 3600);
      site.terseDaemon();
      site.awaitRuns("home", 1);
      psql.setting(
          "repository_url", "rest:http://user:" + Site.REPOSITORY_PASSWORD + "@127.0.0.1:1/repo");
      site.holdfast("sync");
      site.stopDaemons();
      List<String> lines = Files.readAllLines(file);
      assertThat(lines)
          .hasSizeGreaterThan(3)
          .anyMatch(line -> line.contains("holdfast has stopped"));
      for (String line : lines) {
        assertThat(new ObjectMapper().readTree(line).path("message").asText()).isNotEmpty();
        assertThat(line).doesNotContain(Site.REPOSITORY_PASSWORD, Site.DATABASE_PASSWORD);
      }
      assertThat(site.log()).isEmpty();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void a_log_file_that_cannot_be_written_does_not_keep_the_agent_from_its_work() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      append(site, "log:\n  file: " + site.passwordFile().resolve("agent.log") + "\n");
      site.terseDaemon();
      site.awaitListening();
      assertThat(site.log()).contains("cannot be written, so the log goes to standard error");
    }
  }

  private static void append(Site site, String section) throws IOException {
    Files.writeString(site.config(), section, StandardOpenOption.APPEND);
  }
}
