package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One statement by mistake does not cost the fleet its repository's password. */
class LostPasswordIT {

  @TempDir private Path directory;

  /** What a person pastes who reads the sentence. */
  private static String statement(String remedy, String value) {
    assertThat(remedy).contains("INSERT INTO settings", "excluded.value");
    return remedy
        .substring(
            remedy.indexOf("INSERT INTO"),
            remedy.indexOf("excluded.value") + "excluded.value".length())
        .replace("'...'", "'" + value + "'");
  }

  private static Map<String, Object> requested(Site site, UUID job) {
    ControlPlane psql = site.controlPlane();
    Object id =
        psql.row("INSERT INTO requests (kind, job_id) VALUES ('backup', ?) RETURNING id", job)
            .get("id");
    Site.eventually()
        .until(() ->
            !psql.rows("SELECT FROM requests WHERE id = ? AND finished_at IS NOT NULL", id)
                .isEmpty());
    return psql.row("SELECT status, message FROM requests WHERE id = ?", id);
  }

  @Test
  void backups_go_on_without_the_row_and_what_is_said_to_do_about_it_works() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      UUID job = psql.job(Site.DEVICE, "www", site.source("www", 2).toString());
      site.daemon();
      assertThat(requested(site, job)).containsEntry("status", "done");
      assertThat(site.lastPassword()).exists();

      assertThatThrownBy(() -> psql.execute("DELETE FROM settings"))
          .hasMessageContaining("would be gone");
      assertThatThrownBy(() ->
              psql.execute("UPDATE settings SET value = 'x' WHERE key = 'repository_password'"))
          .hasMessageContaining("opens a repository that has snapshots");
      psql.meant("DELETE FROM settings WHERE key = 'repository_password'");

      Site.eventually()
          .until(() ->
              !psql.rows("SELECT FROM problems WHERE code = 'repository-password-kept'").isEmpty());
      assertThat(requested(site, job)).containsEntry("status", "done");
      assertThat(site.holdfast("backup", "www").exitCode()).isZero();
      Result doctor = site.holdfast("doctor");
      assertThat(doctor.all()).contains("\"repository_password\" is gone or empty");
      assertThat(site.holdfast("status").all())
          .contains("\"repository_password\" is gone or empty")
          .doesNotContain(Site.REPOSITORY_PASSWORD);

      String remedy =
          String.valueOf(
              psql.row("SELECT remedy FROM problems WHERE code = 'repository-password-kept'")
                  .get("remedy"));
      assertThat(Files.readString(site.lastPassword())).contains(Site.REPOSITORY_PASSWORD);
      assertThat(remedy).contains(site.lastPassword().toString());
      psql.execute(statement(remedy, Site.REPOSITORY_PASSWORD));
      Site.eventually()
          .until(() ->
              psql.rows("SELECT FROM problems WHERE code = 'repository-password-kept'").isEmpty());
      assertThat(requested(site, job)).containsEntry("status", "done");
    }
  }

  @Test
  void what_is_said_of_settings_that_are_missing_works_when_it_is_pasted() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.job(Site.DEVICE, "www", site.source("www", 1).toString());
      psql.meant("DELETE FROM settings WHERE device_id IS NULL");
      Result withoutUrl = site.holdfast("backup", "www");
      assertThat(withoutUrl.exitCode()).isNotZero();
      psql.execute(
          statement(withoutUrl.all().replaceAll("\\s+", " "), "")
              .replace("sftp:user@host:/path/to/repo", site.repository().toString()));
      Result withoutPassword = site.holdfast("backup", "www");
      assertThat(withoutPassword.exitCode()).isNotZero();
      psql.execute(
          statement(withoutPassword.all().replaceAll("\\s+", " "), Site.REPOSITORY_PASSWORD));
      Result backup = site.holdfast("backup", "www");
      assertThat(backup.exitCode()).as(backup.all()).isZero();
    }
  }
}
