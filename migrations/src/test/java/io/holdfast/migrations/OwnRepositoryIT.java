package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.embedded.TestPostgres;
import io.holdfast.migrations.Wall.Part;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Finding M2: a device that has a repository of its own is not told the fleet's secrets. */
class OwnRepositoryIT {

  private static final String FLEETS = "of-the-fleet";

  /** All that a device can be told of settings. */
  private static String told(Wall wall) throws SQLException {
    try (Connection device = wall.connect(Part.DEVICE)) {
      return Stream.of(
              "SELECT * FROM settings",
              "SELECT holdfast.agent_sync('alpha', 'a', 'linux', 'h', '{}', '')")
          .map(sql -> Wall.outcome(device, sql))
          .reduce("", String::concat);
    }
  }

  private static void fleet(Wall wall) throws SQLException {
    for (String key : secrets(wall)) {
      wall.database()
          .execute(
              "INSERT INTO settings (key, value) VALUES (?, ?)"
                  + " ON CONFLICT (device_id, key) DO UPDATE SET value = excluded.value",
              key,
              value(key, FLEETS));
    }
  }

  /** From the catalogue, so that the next one that is added cannot be forgotten. */
  private static List<String> secrets(Wall wall) throws SQLException {
    List<String> secrets =
        wall
            .database()
            .rows("SELECT key FROM setting_keys WHERE kind = 'secret' ORDER BY key")
            .stream()
            .map(row -> String.valueOf(row.get("key")))
            .toList();
    assertThat(secrets).hasSizeGreaterThan(1);
    return secrets;
  }

  private static String value(String key, String value) {
    return key.equals("repository_environment") ? "{\"ST_KEY\": \"" + value + "\"}" : value;
  }

  private static void own(Wall wall, String key, String value) throws SQLException {
    wall.database()
        .execute("INSERT INTO settings (device_id, key, value) VALUES ('alpha', ?, ?)", key, value);
  }

  @Test
  void a_device_without_one_is_told_the_fleets() throws Exception {
    try (Wall wall = Wall.create()) {
      fleet(wall);
      for (String key : secrets(wall)) {
        assertThat(told(wall)).contains(value(key, FLEETS));
      }
    }
  }

  @Test
  void its_own_url_keeps_every_secret_of_the_fleet_from_it() throws Exception {
    try (Wall wall = Wall.create()) {
      fleet(wall);
      wall.database()
          .execute(
              "UPDATE settings SET value = 'rest:https://u:of-the-fleet@nas/' WHERE key = 'repository_url'"
                  + " AND device_id IS NULL");
      own(wall, "repository_url", "/of/alpha");
      assertThat(told(wall)).contains("/of/alpha", "max_concurrent_backups").doesNotContain(FLEETS);
      wall.database().execute("DELETE FROM settings WHERE device_id = 'alpha'");
      assertThat(told(wall)).as("what the test could miss").contains(FLEETS);
    }
  }

  @Test
  void each_secret_of_its_own_keeps_the_fleets_from_it_and_no_other() throws Exception {
    try (Wall wall = Wall.create()) {
      fleet(wall);
      for (String key : secrets(wall)) {
        own(wall, key, value(key, "its-own-" + key));
        String told = told(wall);
        assertThat(told).contains("its-own-" + key);
        assertThat(told.split(FLEETS, -1).length - 1)
            .as("the fleet's, by both ways, beside the own %s", key)
            .isEqualTo(2 * (secrets(wall).size() - 1));
        wall.database().execute("DELETE FROM settings WHERE device_id = 'alpha'");
      }
    }
  }

  @Test
  void a_device_that_got_along_with_the_fleets_secrets_gets_along_after_the_upgrade()
      throws Exception {
    String name = TestPostgres.shared().createDatabase();
    MigratedDatabase.flyway(TestPostgres.shared().jdbcUrl(name)).target("37").load().migrate();
    try (MigratedDatabase old = MigratedDatabase.copyOf(name)) {
      old.execute("UPDATE settings SET value = 'fleets' WHERE key = 'repository_password'");
      // A reference that is refused now.
      old.execute(
          "INSERT INTO settings (key, value) VALUES ('repository_environment', 'env:HOLDFAST_SECRET_X')");
      for (String[] device :
          new String[][] {
            {"other-way", "sftp:keeper@nas:/srv/restic"},
            {"own-bucket", "s3:s3.example/own"},
            {"own-password", "/own"},
            {"none", ""}
          }) {
        old.device(device[0]);
        old.execute(
            "INSERT INTO settings (device_id, key, value) VALUES (?, 'repository_url', ?)",
            device[0],
            device[1]);
      }
      old.execute(
          "INSERT INTO settings (device_id, key, value) VALUES ('own-password', 'repository_password', 'own')");
      Object revision = old.value("SELECT revision FROM holdfast.fleet_revision");

      old.migrate();

      assertThat(
              old.rows(
                  "SELECT device_id || ' ' || key || ' ' || value AS row FROM settings"
                      + " WHERE device_id IS NOT NULL AND key <> 'repository_url' ORDER BY 1"))
          .extracting(row -> row.get("row"))
          .containsExactly(
              "other-way repository_password fleets",
              "own-bucket repository_environment env:HOLDFAST_SECRET_X",
              "own-bucket repository_password fleets",
              "own-password repository_password own");
      assertThat(old.value("SELECT revision FROM holdfast.fleet_revision"))
          .as("agents keep the settings anew")
          .isNotEqualTo(revision);
    }
  }
}
