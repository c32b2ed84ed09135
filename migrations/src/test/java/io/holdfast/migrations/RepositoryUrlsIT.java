package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.embedded.TestPostgres;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What no row may make a machine reach, and what of it people see. */
class RepositoryUrlsIT {

  /** The agent is held to the same: RepositoryUrlTest. */
  private record Vector(String fault, String url, String masked) {}

  private static MigratedDatabase database;

  @BeforeAll
  static void migrate() throws SQLException {
    database = MigratedDatabase.create();
    database.device("alpha");
  }

  @AfterAll
  static void close() throws SQLException {
    database.close();
  }

  private static List<Vector> vectors() throws IOException {
    return Wall.lines("/repository-urls.tsv").stream()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split("\t"))
        .map(part -> new Vector(part[0], part[1].translateEscapes(), part[2].translateEscapes()))
        .toList();
  }

  @Test
  void what_is_wrong_with_a_url_is_found_and_no_secret_in_it_is_shown() throws Exception {
    List<String> otherwise = new ArrayList<>();
    List<Vector> vectors = vectors();
    for (Vector vector : vectors) {
      Map<String, Object> answer =
          database
              .rows(
                  "SELECT coalesce(holdfast.repository_url_fault(v.url), 'ok') AS fault,"
                      + " holdfast.masked_repository_url(v.url) AS masked FROM (SELECT ?::text AS url) v",
                  vector.url())
              .getFirst();
      Vector answered =
          new Vector(
              String.valueOf(answer.get("fault")),
              vector.url(),
              String.valueOf(answer.get("masked")));
      if (!answered.equals(vector)) {
        otherwise.add(vector + " is answered with " + answered);
      }
    }
    assertThat(otherwise).isEmpty();
    assertThat(vectors).hasSizeGreaterThan(200);
  }

  @Test
  void a_row_is_refused_exactly_if_something_is_wrong_and_no_sentence_repeats_it()
      throws Exception {
    for (Vector vector : vectors()) {
      for (String statement :
          List.of(
              "INSERT INTO settings (device_id, key, value) VALUES ('alpha', 'repository_url', ?)"
                  + " ON CONFLICT (device_id, key) DO UPDATE SET value = excluded.value",
              "INSERT INTO copy_targets (name, repository_url, repository_password) VALUES ('t', ?, 'p')"
                  + " ON CONFLICT (name) DO UPDATE SET repository_url = excluded.repository_url")) {
        if (vector.fault().equals("ok")) {
          database.execute(statement, vector.url());
          // The same place for both is refused for another reason.
          database.execute("DELETE FROM settings WHERE device_id = 'alpha'");
          database.execute("DELETE FROM copy_targets");
        } else {
          assertThatThrownBy(() -> database.execute(statement, vector.url()))
              .as(vector.toString())
              .hasMessageContaining("refused: \"repository_url\" ")
              .hasMessageContaining("Hint: ")
              .message()
              .as("of %s", vector)
              .doesNotContain("secret", "TOPSECRET", "hunter2", "evil");
        }
      }
    }
  }

  @Test
  void white_space_around_a_url_is_passed_over_as_the_agent_does() throws SQLException {
    database.execute(
        "UPDATE settings SET value = E' /srv/restic\\n' WHERE key = 'repository_url' AND device_id IS NULL");
    database.execute("SET holdfast.allow_bulk = on");
    database.execute("UPDATE settings SET value = '' WHERE key = 'repository_url'");
    database.execute("RESET holdfast.allow_bulk");
  }

  @Test
  void a_reference_is_refused_unless_it_is_one_for_its_own_setting() throws SQLException {
    for (String key : List.of("repository_url", "repository_password", "repository_environment")) {
      String variable = "env:HOLDFAST_SECRET_" + key.toUpperCase(java.util.Locale.ROOT);
      for (String good : List.of("file:offsite", variable, variable + "_2")) {
        database.execute(
            "INSERT INTO settings (device_id, key, value) VALUES ('alpha', ?, ?)"
                + " ON CONFLICT (device_id, key) DO UPDATE SET value = excluded.value",
            key,
            good);
      }
      for (String bad :
          List.of(
              "file:../x",
              "file:",
              "env:HOME",
              "env:HOLDFAST_SECRET_X",
              variable + "S",
              "enc:v1:x")) {
        assertThatThrownBy(() ->
                database.execute(
                    "UPDATE settings SET value = ? WHERE device_id = 'alpha' AND key = ?",
                    bad,
                    key))
            .as("%s = %s", key, bad)
            .hasMessageContaining("setting refused: \"" + key + "\" ");
      }
    }
    database.execute("DELETE FROM settings WHERE device_id = 'alpha'");
  }

  /** Finding L1: all three places where people see a URL. */
  @Test
  void a_viewer_sees_no_part_of_a_password_wherever_it_ends() throws Exception {
    try (MigratedDatabase other = MigratedDatabase.create()) {
      String url = "rest:https://user:SS-FIRST@SS-TAIL@nas/x";
      other.execute("UPDATE settings SET value = ? WHERE key = 'repository_url'", url);
      other.execute(
          "INSERT INTO copy_targets (name, repository_url, repository_password) VALUES ('t', ?, 'p')",
          url.replace("/x", "/y"));
      // As before the schema refused them.
      other.execute("ALTER TABLE settings DISABLE TRIGGER settings_place_check");
      other.execute("ALTER TABLE copy_targets DISABLE TRIGGER copy_targets_place_check");
      other.execute(
          "UPDATE settings SET value = 'rclone:nas,pass=SS-RCLONE:x' WHERE key = 'repository_url'");
      other.execute("UPDATE copy_targets SET repository_url = 'rclone:nas,pass=SS-RCLONE:y'");
      assertThat(seen(other)).contains("rclone:********").doesNotContain("SS-");
      assertThat(other.rows("SELECT * FROM audit_log").toString())
          .contains("rest:https://user:********@nas/x", "rest:https://user:********@nas/y");
    }
  }

  private static String seen(MigratedDatabase database) throws SQLException {
    return String.valueOf(database.rows("SELECT * FROM settings_public"))
        + database.rows("SELECT * FROM copy_targets_public")
        + database.rows("SELECT before, after FROM audit_log");
  }

  @Test
  void rows_of_before_survive_the_upgrade_and_what_the_audit_log_has_told_is_masked()
      throws Exception {
    String name = TestPostgres.shared().createDatabase();
    MigratedDatabase.flyway(TestPostgres.shared().jdbcUrl(name)).target("37").load().migrate();
    try (MigratedDatabase old = MigratedDatabase.copyOf(name)) {
      old.device("alpha");
      for (String value :
          List.of(
              "rest:https://u:SS-FIRST@SS-TAIL@nas/x", "rclone:nas,pass=SS-RCLONE:x", "srv/x")) {
        old.execute("UPDATE settings SET value = ? WHERE key = 'repository_url'", value);
        old.execute(
            "INSERT INTO copy_targets (name, repository_url, repository_password)"
                + " VALUES (?, ? || 'y', 'env:HOLDFAST_SECRET_X')",
            "t" + value.length(),
            value);
      }
      assertThat(seen(old)).as("finding L1 itself").contains("SS-TAIL", "SS-RCLONE");
      Object entries = old.value("SELECT count(*) FROM audit_log");

      old.migrate();

      assertThat(old.value("SELECT count(*) FROM audit_log")).isEqualTo(entries);
      assertThat(seen(old)).contains("rest:https://u:********@nas/x").doesNotContain("SS-");
      assertThat(old.rows("SELECT value FROM settings WHERE key = 'repository_url'"))
          .containsExactly(Map.of("value", "srv/x"));
      assertThat(old.value("SELECT count(*) FROM copy_targets")).isEqualTo(3L);
      // What else is in such a row can still be changed.
      old.execute("UPDATE copy_targets SET description = 'x', enabled = false");
    }
  }
}
