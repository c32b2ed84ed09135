package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.ForgetReport.Kept;
import io.holdfast.agent.restic.ForgetReport.Removed;
import io.holdfast.agent.restic.KeepRules.Dated;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** No snapshot that holds something goes because of one that holds nothing. */
class KeepRulesTest {

  private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");

  private static Dated full(String id, String time) {
    return new Dated(id, OffsetDateTime.parse(time), List.of(), false);
  }

  private static Dated hollow(String id, String time) {
    return new Dated(id, OffsetDateTime.parse(time), List.of(), true);
  }

  private static List<String> kept(ForgetReport report) {
    return report.kept().stream().map(Kept::id).toList();
  }

  private static List<String> removed(ForgetReport report) {
    return report.removed().stream().map(Removed::id).toList();
  }

  @Test
  void a_days_good_snapshot_stays_though_an_empty_one_came_after_it() {
    ForgetReport report =
        new KeepRules(Map.of("daily", 1), Map.of(), List.of())
            .applyTo(
                List.of(
                    full("morning", "2026-11-29T06:00:00Z"),
                    full("noon", "2026-11-29T12:00:00Z"),
                    hollow("evening", "2026-11-29T18:00:00Z")),
                NOW);
    assertThat(kept(report)).containsExactly("evening", "noon");
    assertThat(removed(report)).containsExactly("morning");
  }

  @Test
  void any_number_of_empty_ones_pushes_no_good_one_out() {
    List<Dated> snapshots = new ArrayList<>();
    snapshots.add(full("old", "2026-10-01T00:00:00Z"));
    snapshots.add(full("good", "2026-10-02T00:00:00Z"));
    for (int day = 3; day < 30; day++) {
      snapshots.add(
          hollow("empty-" + day, String.format(Locale.ROOT, "2026-10-%02dT00:00:00Z", day)));
    }
    for (KeepRules rules :
        List.of(
            new KeepRules(Map.of("last", 2), Map.of(), List.of()),
            new KeepRules(Map.of(), Map.of("", "7d"), List.of()))) {
      assertThat(kept(rules.applyTo(snapshots, NOW))).contains("good", "old");
    }
    assertThat(
            removed(new KeepRules(Map.of("last", 2), Map.of(), List.of()).applyTo(snapshots, NOW)))
        .as("of the empty ones the rules keep as many as ever")
        .hasSize(25);
  }

  @Test
  void where_all_are_empty_the_rules_are_what_they_were() {
    assertThat(
            kept(
                new KeepRules(Map.of("last", 1), Map.of(), List.of())
                    .applyTo(
                        List.of(
                            hollow("one", "2026-10-01T00:00:00Z"),
                            hollow("two", "2026-10-02T00:00:00Z")),
                        NOW)))
        .containsExactly("two");
  }
}
