package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.restic.RestoreOrder.Overwrite;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What restic is started with to restore. */
class RestoreArgumentsTest {

  private static final String ID = "a".repeat(64);
  private static final ResticVersion OLD = new ResticVersion(0, 14, 0);
  private static final ResticVersion NEW = new ResticVersion(0, 18, 0);

  private static RestoreOrder order(
      Optional<Overwrite> overwrite, boolean dryRun, String... includes) {
    return new RestoreOrder(
        ID, Path.of("/-r"), List.of(includes), List.of(), overwrite, dryRun, false);
  }

  @Test
  void the_id_stands_after_the_dashes_and_no_value_can_be_taken_for_a_flag() {
    assertThat(RestoreArguments.of(order(Optional.empty(), false, "--password-command=x"), OLD))
        .containsExactly(
            "restore", "--json", "--include=--password-command=x", "--target=/-r", "--", ID);
  }

  @Test
  void a_mark_stands_where_an_orphan_is_looked_for_and_stays_when_what_is_wanted_changes() {
    RestoreOrder order = order(Optional.empty(), false).marked("restore=1").including(List.of("a"));
    assertThat(RestoreArguments.of(order, NEW)).contains("--tag=restore=1", "--include=a");
  }

  @Test
  void on_windows_a_path_in_a_pattern_is_written_as_the_snapshot_has_it() {
    RestoreOrder order = order(Optional.empty(), false, "C:\\Users\\me", "*.tmp");
    assertThat(RestoreArguments.of(order, NEW, true))
        .contains("--include=/C/Users/me", "--include=*.tmp");
    assertThat(RestoreArguments.of(order, NEW, false)).contains("--include=C:\\Users\\me");
  }

  @Test
  void a_newer_restic_gets_what_only_it_knows() {
    assertThat(RestoreArguments.of(order(Optional.of(Overwrite.IF_NEWER), true), NEW))
        .contains("--sparse", "--dry-run", "--verbose=2", "--overwrite=if-newer");
  }

  @Test
  void what_an_older_restic_cannot_do_is_refused_and_not_left_out() {
    for (RestoreOrder order :
        List.of(order(Optional.of(Overwrite.NEVER), false), order(Optional.empty(), true))) {
      assertThat(RestoreArguments.refusal(order, OLD))
          .hasValueSatisfying(refused ->
              assertThat(refused.message())
                  .contains("needs restic 0.17 or newer, and this is 0.14.0"));
      assertThat(RestoreArguments.refusal(order, NEW)).isEmpty();
    }
    assertThat(RestoreArguments.refusal(order(Optional.empty(), false), OLD)).isEmpty();
  }

  @Test
  void what_begins_at_a_directory_writes_to_it_and_names_patterns_from_there() {
    RestoreOrder order =
        new RestoreOrder(
                ID, Path.of("/"), List.of("/srv/www/x"), List.of(), Optional.empty(), false, false)
            .beginningAt("/srv")
            .named();
    assertThat(RestoreArguments.of(order, NEW))
        .contains("--include=/www/x", "--target=/srv", "--verbose=2", ID + ":/srv")
        .doesNotContain("--dry-run");
    assertThat(order.place("/www/x")).isEqualTo(Path.of("/srv/www/x"));
    assertThatThrownBy(() -> order.beginningAt("/etc"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void nothing_but_a_full_id_is_a_snapshot() {
    for (String id : List.of("latest", "", "--target=/", "a".repeat(63), "A".repeat(64))) {
      assertThatThrownBy(() ->
              new RestoreOrder(
                  id, Path.of("/x"), List.of(), List.of(), Optional.empty(), false, false))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
