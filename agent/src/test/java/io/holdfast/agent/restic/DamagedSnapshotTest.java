package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A snapshot that restic passes over: what it says of it, in the versions' own words. */
class DamagedSnapshotTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "could not load snapshot c3b9e351: load <snapshot/c3b9e3511d>: invalid data returned",
        "Ignoring \"c3b9e3511d22cac8208ec3345fc1d5af82117b041eac07963d219bd5e50005a0\": failed to"
            + " load snapshot c3b9e351: LoadRaw(<snapshot/c3b9e3511d>): invalid data returned",
        "Ignoring \"c3b9e3511d22cac8208ec3345fc1d5af82117b041eac07963d219bd5e50005a0\": failed to"
            + " load snapshot c3b9e351: Get \"http://nas:8000/\": dial tcp: connection refused"
      })
  void a_list_that_lacks_one_is_not_whole(String line) {
    assertThat(DamagedSnapshot.missingFrom("a line before\n" + line + "\n"))
        .hasValueSatisfying(why ->
            assertThat(why)
                .startsWith("the snapshot c3b9e351 cannot be loaded (")
                .contains("remove snapshots/c3b9e351...")
                .hasLineCount(1));
  }

  @Test
  void one_that_somebody_removes_meanwhile_is_none_that_it_lacks() {
    assertThat(
            DamagedSnapshot.missingFrom(
                "Ignoring \"40cd\": failed to load snapshot 40cdff82: open /repo/snapshots/40cdff82e6:"
                    + " no such file or directory\n"))
        .isEmpty();
    assertThat(DamagedSnapshot.missingFrom("")).isEmpty();
  }
}
