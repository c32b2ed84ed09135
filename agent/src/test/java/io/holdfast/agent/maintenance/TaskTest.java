package io.holdfast.agent.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.schedule.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a piece of housekeeping is due again, by how it ended last. */
class TaskTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant END = START.plus(Duration.ofMinutes(10));

  private static Optional<Instant> due(Task.Last last) throws Exception {
    return new Task(
            1,
            Kind.PRUNE,
            Timing.Every.of(Duration.ofDays(1)),
            1,
            START,
            Optional.of(last),
            Optional.empty())
        .dueAt();
  }

  @ParameterizedTest
  @CsvSource({
    "restic-failed, PT70M",
    "repository-locked, PT15M",
    "kept-out, PT15M",
    "no-sign, PT0S",
    "lease-lost, PT0S",
    "agent-stopped, PT0S",
    "no-sign-again, PT70M"
  })
  void what_failed_is_due_again(String code, Duration afterItsStart) throws Exception {
    assertThat(due(new Task.Last(START, Optional.of(END), "failed", code)))
        .contains(START.plus(afterItsStart));
  }

  @Test
  void what_went_well_is_due_by_its_schedule() throws Exception {
    assertThat(due(new Task.Last(START, Optional.of(END), "success", "null")))
        .contains(START.plus(Duration.ofDays(1)));
  }

  @Test
  void what_seems_to_go_on_is_due_and_held_by_its_lease_alone() throws Exception {
    assertThat(due(new Task.Last(START, Optional.empty(), "running", "null"))).contains(START);
  }

  @ParameterizedTest
  @CsvSource({"1, , 1", "1, 1, 1", "3, , 1", "3, 1, 2", "3, 2, 3", "3, 3, 1", "3, 7, 2"})
  void the_parts_of_the_data_are_read_in_turn(int parts, @Nullable Integer lastPart, int next)
      throws Exception {
    Task task =
        new Task(
            1,
            Kind.CHECK_DATA,
            Timing.Every.of(Duration.ofDays(1)),
            parts,
            START,
            Optional.empty(),
            Optional.ofNullable(lastPart));
    assertThat(task.part()).isEqualTo(next);
  }
}
