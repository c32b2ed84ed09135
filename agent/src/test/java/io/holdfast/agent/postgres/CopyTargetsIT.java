package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.testing.ControlPlane;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The rows of copy targets, and who sees what of them. */
class CopyTargetsIT {

  private static final String SECRET = "hunter2-s3cr3t";
  private static final UUID JOB = new UUID(1, 1);

  private final ControlPlane psql = ControlPlane.fresh();

  @BeforeEach
  void aTargetAndAJob() {
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web-01', 'Web 1', 'linux')");
    psql.execute(
        "INSERT INTO copy_targets (name, repository_url, repository_password, repository_environment)"
            + " VALUES ('offsite', ?, ?, ?)",
        "rest:https://me:" + SECRET + "@host/repo",
        SECRET,
        "{\"AWS_SECRET_ACCESS_KEY\": \"" + SECRET + "\"}");
    psql.execute(
        "INSERT INTO backup_jobs (id, device_id, name, source_paths, copy_to)"
            + " VALUES (?, 'web-01', 'www', '{/srv}', '{offsite}')",
        JOB);
  }

  @Test
  void no_secret_of_a_target_reaches_a_viewer_or_the_audit_log() throws Exception {
    psql.execute("UPDATE copy_targets SET repository_password = 'another-' || ?", SECRET);
    psql.execute(
        "UPDATE copy_targets SET repository_url = 'rest:https://me:x' || ? || '@b/r'", SECRET);
    psql.execute("UPDATE copy_targets SET repository_environment = NULL");
    psql.execute("DELETE FROM copy_targets");
    assertThat(psql.rows("SELECT * FROM audit_log WHERE table_name = 'copy_targets'"))
        .hasSize(5)
        .extracting(Object::toString)
        .noneMatch(row -> row.contains(SECRET))
        .anyMatch(row -> row.contains("repository_password"));
  }

  @Test
  void a_viewer_sees_where_copies_go_and_no_password() throws Exception {
    assertThat(psql.row("SELECT * FROM copy_targets_public").toString())
        .contains("rest:https://me:********@host/repo")
        .doesNotContain(SECRET);
    var viewer = psql.member("backup_viewer", "viewer-password");
    try (Connection connection =
            DriverManager.getConnection(viewer.jdbcUrl(), Database.credentials(viewer));
        Statement statement = connection.createStatement()) {
      assertThat(statement.executeQuery("TABLE copy_targets_public").next()).isTrue();
      assertThatThrownBy(() -> statement.executeQuery("TABLE copy_targets"))
          .hasMessageContaining("permission denied");
    }
  }

  @Test
  void jobs_follow_a_target_that_is_renamed_or_goes() {
    psql.execute("UPDATE copy_targets SET name = 'elsewhere'");
    assertThat(psql.row("SELECT copy_to::text AS c FROM backup_jobs"))
        .containsEntry("c", "{elsewhere}");
    psql.execute(
        "INSERT INTO housekeeping (kind, target, schedule_type, interval_seconds) VALUES ('copy', 'elsewhere', 'interval', 60)");
    psql.execute("DELETE FROM copy_targets");
    assertThat(psql.row("SELECT copy_to::text AS c FROM backup_jobs")).containsEntry("c", "{}");
    assertThat(psql.rows("SELECT FROM housekeeping")).isEmpty();
  }

  @Test
  void a_target_at_another_place_is_another_repository() {
    psql.execute("UPDATE copy_targets SET repository_id = 'abc'");
    psql.execute("UPDATE copy_targets SET description = 'the same place'");
    assertThat(psql.row("SELECT repository_id FROM copy_targets"))
        .containsEntry("repository_id", "abc");
    psql.execute("UPDATE copy_targets SET repository_url = '/elsewhere'");
    assertThat(psql.row("SELECT repository_id FROM copy_targets"))
        .containsEntry("repository_id", null);
  }

  @Test
  void an_agent_that_knows_no_targets_hears_nothing_of_what_is_to_be_done_there() {
    psql.execute("UPDATE devices SET housekeeper = true");
    psql.execute(
        "INSERT INTO housekeeping (kind, target, schedule_type, interval_seconds) VALUES ('prune', 'offsite', 'interval', 60)");
    assertThat(psql.rows("SELECT FROM holdfast.housekeeping_of('web-01', 'repo')")).isEmpty();
    assertThat(psql.rows("SELECT FROM holdfast.housekeeping_of('web-01', 'repo', 'offsite')"))
        .hasSize(1);
  }
}
