package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.restic.ForgetReport.Kept;
import io.holdfast.agent.restic.KeepRules.Dated;
import io.holdfast.agent.testing.Campaign;
import io.holdfast.agent.testing.EmptyRepository;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.ResticBinaries;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which snapshots stay is decided here and not by restic, which cannot be told to leave some out:
 * with none to be left out both decide alike, by random rules upon random times.
 */
@Campaign
class RetentionRulesIT {

  private static final int SNAPSHOTS = Campaign.Size.of(40, 300);
  private static final int RULES = Campaign.Size.of(25, 500);
  private static final List<String> PERIODS =
      List.of("last", "hourly", "daily", "weekly", "monthly", "yearly");
  private static final List<String> AGES = List.of("36h", "5d", "1m", "2m20d", "1y1m1d1h", "3y");
  private static final List<String> ZONES =
      List.of("UTC", "Pacific/Auckland", "America/St_Johns", "Europe/Berlin");

  @TempDir private Path directory;

  private String restic(Path binary, String zone, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(binary.toString()));
    command.addAll(arguments);
    Program.Result result =
        Program.run(
            Map.of(
                "RESTIC_REPOSITORY",
                directory.resolve("repo").toString(),
                "RESTIC_PASSWORD",
                "x",
                "TZ",
                zone,
                "RESTIC_CACHE_DIR",
                directory.resolve("cache").toString()),
            command);
    assertThat(result.exitCode()).as(result.all()).isZero();
    return result.out();
  }

  /** Close together and far apart, also at the ends of days, weeks, months and years. */
  private static LocalDateTime time(Random random) {
    LocalDateTime base = LocalDateTime.of(2026, 3, 31, 12, 0);
    return switch (random.nextInt(4)) {
      case 0 -> base.minusMinutes(random.nextInt(600));
      case 1 -> base.minusHours(random.nextInt(24 * 60));
      case 2 -> LocalDateTime.of(2023 + random.nextInt(3), 12, 28 + random.nextInt(4), 23, 59);
      default -> base.minusDays(random.nextInt(1200)).withHour(random.nextInt(24));
    };
  }

  private static KeepRules rules(Random random) {
    Map<String, Integer> counts = new HashMap<>();
    Map<String, String> within = new HashMap<>();
    for (String period : PERIODS) {
      if (random.nextInt(3) == 0) {
        counts.put(period, 1 + random.nextInt(5));
      }
      if (random.nextInt(5) == 0) {
        within.put(period.equals("last") ? "" : period, AGES.get(random.nextInt(AGES.size())));
      }
    }
    if (counts.isEmpty() && within.isEmpty()) {
      counts.put("daily", 3);
    }
    return new KeepRules(counts, within, random.nextInt(3) == 0 ? List.of("gold") : List.of());
  }

  private static List<String> arguments(KeepRules rules) {
    List<String> arguments =
        new ArrayList<>(
            List.of("forget", "--dry-run", "--no-lock", "--json", "--group-by=", "--tag=mine"));
    rules.counts().forEach((period, n) -> arguments.add("--keep-" + period + "=" + n));
    rules
        .within()
        .forEach((period, age) ->
            arguments.add("--keep-within" + (period.isEmpty() ? "" : "-" + period) + "=" + age));
    rules.tags().forEach(tag -> arguments.add("--keep-tag=" + tag));
    return arguments;
  }

  /** Older ones than 0.16 do not keep the oldest of all while a rule keeps something yet. */
  @Test
  void we_keep_what_restic_keeps() throws Exception {
    Path binary = ResticBinaries.current();
    Random random = Campaign.Size.random("RetentionRulesIT", 0);
    EmptyRepository.make(directory.resolve("repo"), "x");
    Path source = Files.createDirectory(directory.resolve("source"));
    // Of two at the same moment restic takes either.
    Set<Instant> moments = new HashSet<>();
    for (int i = 0; i < SNAPSHOTS; i++) {
      String zone;
      LocalDateTime local;
      do {
        local = time(random);
        zone = ZONES.get(random.nextInt(ZONES.size()));
      } while (!moments.add(local.atZone(ZoneId.of(zone)).toInstant()));
      String time = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).format(local);
      restic(
          binary,
          zone,
          List.of(
              "backup",
              "--time=" + time,
              "--tag=mine" + (random.nextInt(8) == 0 ? ",gold" : ""),
              source.toString()));
    }
    byte[] list =
        restic(binary, "UTC", List.of("snapshots", "--json", "--no-lock"))
            .getBytes(StandardCharsets.UTF_8);
    List<Dated> snapshots =
        SnapshotList.read(new ByteArrayInputStream(list)).stream()
            .map(entry ->
                new Dated(entry.id(), entry.time().atOffset(entry.offset()), entry.tags(), false))
            .toList();
    assertThat(snapshots).hasSize(SNAPSHOTS);
    assertThat(snapshots.stream().map(snapshot -> snapshot.time().getOffset()).distinct())
        .as("clocks in several zones")
        .hasSizeGreaterThan(2);
    Instant now = Instant.parse("2026-04-01T00:00:00Z").plus(Duration.ofDays(1));
    for (int i = 0; i < RULES; i++) {
      KeepRules rules = rules(random);
      JsonNode answer =
          new ObjectMapper().readTree(restic(binary, "UTC", arguments(rules))).path(0);
      assertThat(
              rules.applyTo(snapshots, now).kept().stream()
                  .map(Kept::id)
                  .collect(Collectors.toSet()))
          .as("%s", rules)
          .isEqualTo(
              answer
                  .path("keep")
                  .valueStream()
                  .map(snapshot -> snapshot.path("id").asText())
                  .collect(Collectors.toSet()));
    }
  }
}
