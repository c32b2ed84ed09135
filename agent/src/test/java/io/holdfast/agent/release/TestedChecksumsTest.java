package io.holdfast.agent.release;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whoever moves to another tested version brings its checksums along. */
class TestedChecksumsTest {

  @ParameterizedTest
  @CsvSource({"linux,amd64", "linux,arm64", "windows,amd64"})
  void the_tested_version_is_known_for_the_usual_machines(String os, String architecture)
      throws CannotInstall {
    Release tested = Release.of(Release.TESTED, new Platform(os, architecture));
    assertThat(TestedChecksums.of(tested).map(sum -> sum.hex().length())).contains(64);
    assertThat(TestedChecksums.of(Release.of("0.17.3", tested.platform()))).isEmpty();
  }
}
