package io.holdfast.agent.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.job.Policy;
import io.holdfast.agent.secret.SecretSource;
import io.holdfast.agent.sync.ConfigRows.DeviceRow;
import io.holdfast.agent.sync.ConfigRows.JobRow;
import io.holdfast.agent.sync.ConfigRows.LimitColumns;
import io.holdfast.agent.sync.ConfigRows.ScheduleRow;
import io.holdfast.agent.sync.ConfigRows.Server;
import io.holdfast.agent.sync.ConfigRows.SettingRow;
import io.holdfast.agent.testing.Fuzz;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows with anything in them make a configuration, with problems for what cannot be used. */
class RowsFuzzTest {

  private static final UUID JOB = new UUID(1, 2);

  @TempDir private Path directory;

  private static ConfigRows rows(
      String args, String path, String cron, String zone, List<SettingRow> settings) {
    return new ConfigRows(
        new DeviceRow("d", "D", true, false),
        List.of(
            new JobRow(
                JOB,
                "home",
                List.of(path),
                List.of(path),
                List.of(path),
                Optional.of(args),
                true,
                Optional.empty(),
                Optional.empty(),
                new LimitColumns(2, 60, Optional.of(3600), 300))),
        List.of(
            new ScheduleRow(
                1,
                JOB,
                "cron",
                Optional.of(cron),
                Optional.empty(),
                Optional.of(zone),
                true,
                Optional.empty(),
                true)),
        settings,
        Server.of(Instant.EPOCH, "", false));
  }

  @Test
  void jobs_and_settings() throws Exception {
    Fuzz.texts(
        "rows",
        List.of(
            """
            ["--limit-upload", "5"]
            /home/jane
            0 2 * * *
            Europe/Berlin
            repository_url=rest:https://user:pw@nas/
            repository_password=xyzzy
            repository_environment={"AWS_ACCESS_KEY_ID": "x"}
            max_concurrent_backups=2
            sync_interval_seconds=60
            log_level=debug
            """),
        List.of(),
        input -> {
          List<String> lines = new ArrayList<>(input.lines().toList());
          while (lines.size() < 4) {
            lines.add("");
          }
          List<SettingRow> settings =
              lines.stream()
                  .skip(4)
                  .filter(line -> line.contains("="))
                  .map(line -> line.split("=", 2))
                  .map(parts -> new SettingRow(true, parts[0], parts[1]))
                  .toList();
          DeviceConfig config =
              DeviceConfig.from(
                  rows(lines.get(0), lines.get(1), lines.get(2), lines.get(3), settings),
                  ZoneId.of("UTC"),
                  SecretSource.plain(),
                  Policy.NONE);
          assertThat(config.settings()).isNotNull();
        });
  }

  @Test
  void the_cache() throws Exception {
    ConfigCache cache = new ConfigCache(directory, "d", "db/holdfast");
    cache.save(rows("[]", "/srv", "0 2 * * *", "UTC", List.of()), Instant.EPOCH);
    Path file = directory.resolve("config-cache.json");
    Fuzz.bytes(
        "configuration cache",
        List.of(Files.readAllBytes(file)),
        List.of(),
        input -> {
          Files.write(file, input);
          assertThat(cache.load()).isNotNull();
        });
  }
}
