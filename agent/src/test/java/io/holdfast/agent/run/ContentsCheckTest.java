package io.holdfast.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.BareSource;
import io.holdfast.agent.run.ContentsCheck.Found;
import io.holdfast.agent.testing.Records;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContentsCheckTest {

  /** A machine's memory, and a control plane that may be away. */
  private static final class Memory implements LastContents {
    private final Map<UUID, Contents> known = new HashMap<>();
    private Optional<Known> controlPlane = Optional.empty();
    private int asked;

    @Override
    public Optional<Contents> of(UUID job) {
      return Optional.ofNullable(known.get(job));
    }

    @Override
    public void remember(UUID job, Contents contents) {
      known.put(job, contents);
    }

    @Override
    public Optional<Known> known(UUID job, Instant run) {
      asked++;
      return controlPlane;
    }
  }

  private static final RunRecord.RunStarted RUN = Records.started(1);
  private static final BareSource EMPTIED =
      new BareSource("/mnt/nas", BareSource.Kind.EMPTY_DIRECTORY);

  private final Memory memory = new Memory();
  private final ContentsCheck check = new ContentsCheck(memory);

  private void held(long files) {
    memory.remember(RUN.jobId(), new LastContents.Contents(files, Set.of("/etc", "/mnt/nas"), "a"));
  }

  private Shortfall shortfall(long files, BareSource... bare) {
    return check.shortfall(RUN, found(Optional.of(files), bare));
  }

  private static Found found(Optional<Long> files, BareSource... bare) {
    return new Found(files, List.of(bare), "a", List::of);
  }

  @ParameterizedTest
  @CsvSource({
    "500, 0, true",
    "500, 49, true",
    "500, 50, false",
    "10, 1, false",
    "10, 0, true",
    "9, 1, false",
    "11, 1, true",
    "1, 0, true",
    "500, 5000, false"
  })
  void nine_tenths_less_than_the_last_good_run_is_too_little(long before, long now, boolean told) {
    held(before);
    assertThat(shortfall(now).before().isPresent()).isEqualTo(told);
  }

  @Test
  void nobody_is_asked_as_long_as_nothing_looks_wrong() {
    held(500);
    assertThat(shortfall(480).before()).isEmpty();
    assertThat(memory.asked).isZero();
  }

  @Test
  void a_first_run_is_compared_with_what_the_control_plane_knows() {
    memory.controlPlane = Optional.of(new LastContents.Known(Optional.of(500L), false));
    assertThat(shortfall(3).before()).contains(500L);
  }

  @Test
  void a_first_run_with_nothing_is_empty_though_nobody_knows_of_an_earlier_one() {
    Shortfall nothing = shortfall(0);
    assertThat(nothing.isEmpty()).isTrue();
    assertThat(nothing.before()).isEmpty();
  }

  @Test
  void without_the_control_plane_the_machines_own_memory_counts() {
    held(500);
    assertThat(shortfall(3).before()).contains(500L);
  }

  @Test
  void what_an_admin_has_accepted_is_no_shortfall_but_nothing_at_all_still_is() {
    held(500);
    memory.controlPlane = Optional.of(new LastContents.Known(Optional.of(500L), true));
    assertThat(shortfall(3, EMPTIED))
        .satisfies(accepted -> {
          assertThat(accepted.before()).isEmpty();
          assertThat(accepted.emptied()).isEmpty();
        });
    assertThat(shortfall(0).isEmpty()).isTrue();
  }

  @Test
  void a_source_that_is_empty_now_and_was_not_then_is_told_however_many_files_the_others_have() {
    held(500);
    assertThat(shortfall(480, EMPTIED).emptied()).containsExactly("/mnt/nas");
    memory.remember(RUN.jobId(), new LastContents.Contents(500, Set.of("/etc"), "a"));
    assertThat(shortfall(480, EMPTIED).emptied()).as("it never held anything").isEmpty();
  }

  @Test
  void the_snapshot_is_looked_into_once_for_each_definition_of_the_job() {
    held(500);
    Found same =
        new Found(
            Optional.of(500L),
            List.of(),
            "a",
            () -> {
              throw new AssertionError("it was looked into before");
            });
    assertThat(check.shortfall(RUN, same).leftOut()).isEmpty();
    Found changed = new Found(Optional.of(500L), List.of(), "b", () -> List.of("/mnt/nas"));
    assertThat(check.shortfall(RUN, changed).leftOut()).containsExactly("/mnt/nas");
  }

  @Test
  void only_a_good_run_is_remembered() {
    check.remember(
        Records.finished(RUN), List.of("/etc", "/mnt/nas"), found(Optional.empty(), EMPTIED));
    assertThat(memory.of(RUN.jobId()))
        .contains(new LastContents.Contents(3_000_000_005L, Set.of("/etc"), "a"));
    held(500);
    for (String code : List.of("source-empty", "source-shrunken", "source-missing")) {
      check.remember(
          Records.finished(RUN, Verdict.partial(code, "less", "Mend it.")),
          List.of(),
          found(Optional.empty()));
    }
    assertThat(memory.of(RUN.jobId()).orElseThrow().files()).isEqualTo(500);
  }
}
