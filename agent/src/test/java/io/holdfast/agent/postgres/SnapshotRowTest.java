package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.SnapshotEntry;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who can write into a repository can write what he likes into a snapshot. */
class SnapshotRowTest {

  private static SnapshotRow row(String time, String tag) {
    return SnapshotRow.of(
        new SnapshotEntry("a".repeat(64), Instant.parse(time), "host", List.of(), List.of(tag)));
  }

  @Test
  void a_device_that_is_longer_than_any_of_ours_is_none_of_ours() {
    assertThat(row("2026-01-01T00:00:00Z", "device=" + "x".repeat(256)).deviceId()).isEmpty();
    assertThat(row("2026-01-01T00:00:00Z", "device=" + "x".repeat(255)).deviceId()).isPresent();
  }

  @Test
  void a_time_that_postgresql_would_refuse_is_the_first_that_it_takes() {
    assertThat(row("0000-01-01T00:00:00Z", "x").time()).isEqualTo("0001-01-01T00:00:00Z");
  }
}
