package io.holdfast.agent.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.files.FileJson;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.sync.ConfigRows.DeviceRow;
import io.holdfast.agent.sync.ConfigRows.JobRow;
import io.holdfast.agent.sync.ConfigRows.LimitColumns;
import io.holdfast.agent.sync.ConfigRows.ScheduleRow;
import io.holdfast.agent.sync.ConfigRows.Server;
import io.holdfast.agent.sync.ConfigRows.SettingRow;
import io.holdfast.agent.sync.ConfigRows.VerifyColumns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCacheTest {

  private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");
  private static final UUID JOB = UUID.fromString("11111111-2222-3333-4444-555555555555");
  private static final ConfigRows ROWS =
      new ConfigRows(
          new DeviceRow("laptop", "Jane's laptop", true, false),
          List.of(
              new JobRow(
                  JOB,
                  "home",
                  List.of("/home/jane", "/srv/ünïcode"),
                  List.of("*.tmp"),
                  List.of("daily"),
                  Optional.of("[\"--one-file-system\"]"),
                  true,
                  Optional.empty(),
                  Optional.of(new UUID(1, 2)),
                  new LimitColumns(3, 60, Optional.of(7200), 300),
                  new VerifyColumns(Optional.of("0 4 * * sun"), 5, 1024),
                  Optional.of("files"))),
          List.of(
              new ScheduleRow(
                  7,
                  JOB,
                  "cron",
                  Optional.of("0 2 * * *"),
                  Optional.empty(),
                  Optional.of("Europe/Berlin"),
                  true,
                  Optional.of(NOON),
                  false)),
          List.of(new SettingRow(true, "repository_password", "plugh")),
          Server.of(NOON, "server-1", false));

  @TempDir private Path directory;

  private ConfigCache cache() {
    return new ConfigCache(directory, "laptop", "db.example/holdfast");
  }

  private Path file() {
    return directory.resolve("config-cache.json");
  }

  @Test
  void what_was_saved_is_there_after_a_restart() {
    cache().save(ROWS, NOON);
    assertThat(cache().load())
        .hasValueSatisfying(cached -> assertThat(cached.rows()).isEqualTo(ROWS))
        .hasValueSatisfying(cached -> assertThat(cached.syncedAt()).isEqualTo(NOON));
    assertThat(cache().problem()).isEmpty();
  }

  @Test
  void nobody_but_the_agents_user_can_read_it() throws IOException {
    cache().save(ROWS, NOON);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
  }

  @Test
  void a_device_that_has_never_synced_has_none() {
    assertThat(cache().load()).isEmpty();
    assertThat(cache().problem()).isEmpty();
  }

  /** Every single byte: there is none whose change could go unnoticed. */
  @Test
  void a_byte_that_flipped_anywhere_is_noticed() throws IOException {
    cache().save(ROWS, NOON);
    byte[] good = Files.readAllBytes(file());
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 1;
      Files.write(file(), bad);
      assertThat(cache().load()).as("byte %d", i).isEmpty();
    }
  }

  @Test
  void a_file_that_is_cut_short_anywhere_is_noticed_and_set_aside_and_told() throws IOException {
    cache().save(ROWS, NOON);
    byte[] good = Files.readAllBytes(file());
    for (int length = 0; length < good.length; length++) {
      Files.write(file(), Arrays.copyOf(good, length));
      ConfigCache cache = cache();
      assertThat(cache.load()).as("%d bytes", length).isEmpty();
      assertThat(file()).doesNotExist();
      assertThat(directory.resolve("config-cache.damaged")).hasSize(length);
      assertThat(cache.problem().map(Problem::code)).contains("config-cache-damaged");
    }
    cache().save(ROWS, NOON);
    assertThat(cache().load()).as("a new one takes its place").isPresent();
  }

  @Test
  void what_belongs_to_the_fleets_repository_is_not_kept_where_the_device_has_its_own()
      throws Exception {
    String rows =
        FileJson.JSON
            .writeValueAsString(ROWS)
            .replace(
                "\"settings\":[",
                "\"settings\":["
                    + setting(false, "repository_url", "rest:https://u:fleet-plugh@nas/")
                    + setting(false, "repository_password", "fleet-plugh")
                    + setting(false, "repository_environment", "{fleet-plugh}")
                    + setting(false, "log_level", "debug")
                    + setting(true, "repository_url", "/own"));
    // As an older agent has kept it.
    ConfigRows read = FileJson.JSON.readValue(rows, ConfigRows.class);
    assertThat(read.settings().stream().map(row -> row.key() + " " + row.ofDevice()))
        .containsExactly("log_level false", "repository_url true", "repository_password true");
    cache().save(read, NOON);
    assertThat(file()).content().contains("/own").doesNotContain("fleet-plugh");
  }

  private static String setting(boolean ofDevice, String key, String value) {
    return "{\"ofDevice\":%s,\"key\":\"%s\",\"value\":\"%s\"},".formatted(ofDevice, key, value);
  }

  @Test
  void that_of_another_device_or_control_plane_is_not_used_and_not_damaged() {
    cache().save(ROWS, NOON);
    assertThat(new ConfigCache(directory, "desktop", "db.example/holdfast").load()).isEmpty();
    assertThat(new ConfigCache(directory, "laptop", "other.example/holdfast").load()).isEmpty();
    assertThat(cache().load()).isPresent();
    assertThat(cache().problem()).isEmpty();
  }

  @Test
  void what_an_older_agent_did_not_know_of_is_as_if_it_were_not_set() throws Exception {
    String old =
        """
        {"id": "11111111-2222-3333-4444-555555555555", "name": "home", "sourcePaths": ["/home"],
         "excludePatterns": [], "tags": [], "enabled": true,
         "limits": {"maxRetries": 3, "retryDelaySeconds": 60, "retryLockSeconds": 300}}
        """;
    JobRow row = FileJson.JSON.readValue(old, JobRow.class);
    assertThat(row.verify()).isEqualTo(VerifyColumns.NONE);
    assertThat(row.kind()).isEmpty();
  }
}
