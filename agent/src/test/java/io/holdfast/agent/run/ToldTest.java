package io.holdfast.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.run.Told.Word;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Which snapshots count. */
class ToldTest {

  private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");
  private static final UUID JOB = new UUID(1, 1);
  private static final UUID RUN = new UUID(2, 2);
  private static final String ID = "abcdef01" + "2".repeat(56);

  private static SnapshotEntry snapshot(String id, Instant time, String... tags) {
    return new SnapshotEntry(id, time, "web-01", List.of("/srv"), List.of(tags));
  }

  private static SnapshotEntry ours(String id) {
    return snapshot(id, NOW, "backup:" + JOB, "device=web-01", "run=" + RUN);
  }

  private static Told told(String id) {
    return new Told(List.of(new Word(JOB, id, "web-01", Optional.of(RUN))), true);
  }

  @Test
  void the_one_that_a_run_of_its_job_named_counts_and_no_other() {
    assertThat(told(ID).counts(ours(ID), NOW)).isTrue();
    assertThat(told(ID).counts(ours("abcdef01" + "3".repeat(56)), NOW)).isFalse();
    assertThat(told(ID).counts(ours("f".repeat(64)), NOW)).isFalse();
    assertThat(told(ID).counts(snapshot(ID, NOW, "backup:" + new UUID(3, 3)), NOW)).isFalse();
    assertThat(told(ID).counts(snapshot(ID, NOW, "backup:" + JOB, "device=db-01"), NOW)).isFalse();
    assertThat(told(ID).counts(snapshot(ID, NOW, "backup:" + JOB), NOW)).as("Relica's").isTrue();
  }

  @Test
  void the_short_id_of_restic_0_14_needs_the_tag_of_its_run() {
    Told told = told("abcdef01");
    assertThat(told.counts(ours(ID), NOW)).isTrue();
    assertThat(told.counts(snapshot(ID, NOW, "backup:" + JOB, "device=web-01"), NOW)).isFalse();
  }

  @Test
  void what_is_dated_more_than_a_day_from_now_does_not_count() {
    Instant soon = NOW.plus(Duration.ofHours(23));
    Instant later = NOW.plus(Duration.ofHours(25));
    assertThat(told(ID).counts(snapshot(ID, soon, "backup:" + JOB), NOW)).isTrue();
    assertThat(told(ID).counts(snapshot(ID, later, "backup:" + JOB), NOW)).isFalse();
  }

  @Test
  void what_another_device_told_of_is_not_this_ones_own() {
    assertThat(told(ID).countsFor("web-01", ours(ID), NOW)).isTrue();
    assertThat(told(ID).countsFor("web-02", snapshot(ID, NOW, "backup:" + JOB), NOW)).isFalse();
  }
}
