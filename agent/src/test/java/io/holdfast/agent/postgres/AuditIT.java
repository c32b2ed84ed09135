package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.testing.ControlPlane;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;

/** Who changed what, when, and how it was before. */
class AuditIT {

  private static final String SECRET = "hunter2-s3cr3t";

  private final ControlPlane psql = ControlPlane.fresh();

  private Jdbi as(String group) {
    var address = psql.member(group, "password");
    return Jdbi.create(address.jdbcUrl(), Database.credentials(address));
  }

  private List<Map<String, Object>> entries(String table) {
    return psql.rows(
        "SELECT who::text, operation, device_id, before::text, after::text FROM audit_log"
            + " WHERE table_name = ? ORDER BY id",
        table);
  }

  @Test
  void every_change_of_configuration_is_there_with_what_it_was_and_became() {
    Jdbi admin = as("backup_admin");
    String who =
        admin.withHandle(h -> h.createQuery("SELECT session_user").mapTo(String.class).one());
    admin.useHandle(h -> {
      h.execute("INSERT INTO devices (id, name, platform) VALUES ('web', 'Web', 'linux')");
      h.execute(
          "INSERT INTO backup_jobs (device_id, name, source_paths) VALUES ('web', 'www', '{/srv}')");
      h.execute("UPDATE backup_jobs SET enabled = false");
      h.execute("UPDATE backup_jobs SET enabled = false");
      h.execute(
          "INSERT INTO schedules (job_id, schedule_type, interval_seconds)"
              + " SELECT id, 'interval', 60 FROM backup_jobs");
      h.execute("UPDATE schedules SET interval_seconds = 90");
      h.execute("DELETE FROM backup_jobs");
    });
    assertThat(entries("backup_jobs"))
        .extracting(row -> row.get("operation"))
        .as("a change that changes nothing is none")
        .containsExactly("INSERT", "UPDATE", "DELETE");
    assertThat(entries("backup_jobs").get(1))
        .containsEntry("who", who)
        .containsEntry("device_id", "web")
        .containsEntry("before", "{\"enabled\": true}")
        .containsEntry("after", "{\"enabled\": false}");
    assertThat(entries("schedules").get(1))
        .containsEntry("before", "{\"interval_seconds\": 60}")
        .containsEntry("after", "{\"interval_seconds\": 90}");
    assertThat(entries("devices")).hasSize(1);
  }

  @Test
  void secrets_are_masked() {
    psql.setting("repository_password", SECRET);
    psql.setting("repository_url", "rest:https://user:" + SECRET + "@backup.example/");
    psql.setting("repository_environment", "{\"AWS_SECRET_ACCESS_KEY\": \"" + SECRET + "\"}");
    assertThat(entries("settings")).hasSizeGreaterThanOrEqualTo(3);
    assertThat(psql.rows("SELECT * FROM audit_log").toString())
        .doesNotContain(SECRET)
        .contains("backup.example");
    assertThat(psql.rows("SELECT * FROM settings_public").toString()).doesNotContain(SECRET);
  }

  @Test
  void what_agents_write_is_no_change_of_configuration() {
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web', 'Web', 'linux')");
    UUID job = psql.job("web", "www", "/srv");
    psql.everySeconds(job, 60);
    int before = psql.rows("SELECT FROM audit_log").size();
    psql.execute("UPDATE devices SET last_seen = now(), hostname = 'h', metadata = '{\"a\": 1}'");
    psql.execute("UPDATE schedules SET last_run_at = now(), next_run_at = now()");
    assertThat(psql.rows("SELECT FROM audit_log")).hasSize(before);
  }

  @Test
  void nobody_rewrites_it() {
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web', 'Web', 'linux')");
    for (String group : List.of("backup_admin", "backup_viewer", "backup_client")) {
      Jdbi somebody = as(group);
      for (String sql :
          List.of(
              "DELETE FROM audit_log",
              "UPDATE audit_log SET who = 'x'",
              "TRUNCATE audit_log",
              "INSERT INTO audit_log (table_name, operation, row_id) VALUES ('x', 'INSERT', 'x')")) {
        assertThatThrownBy(() -> somebody.useHandle(h -> h.execute(sql)))
            .as("%s: %s", group, sql)
            .hasMessageContaining("permission denied");
      }
    }
    assertThat(
            as("backup_viewer")
                .<Integer, RuntimeException>withHandle(h ->
                    h.createQuery("SELECT count(*) FROM audit_log").mapTo(Integer.class).one()))
        .isPositive();
  }

  @Test
  void a_login_that_is_given_or_taken_is_a_change_too() {
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web', 'Web', 'linux')");
    psql.client("password", "web");
    psql.rows("SELECT holdfast.retire_device('web')");
    assertThat(entries("device_logins"))
        .extracting(row -> row.get("operation"))
        .containsExactly("INSERT", "UPDATE");
  }
}
