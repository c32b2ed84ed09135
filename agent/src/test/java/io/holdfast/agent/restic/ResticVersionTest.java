package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.ResticVersion.Tier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResticVersionTest {

  @ParameterizedTest
  @CsvSource({
    "restic 0.13.1 compiled with go1.18 on linux/amd64, UNSUPPORTED",
    "restic 0.14.0 compiled with go1.19.8 on linux/amd64, DEGRADED",
    "restic 0.17.0 compiled with go1.22 on linux/amd64, DEGRADED",
    "restic 0.17.1 compiled with go1.22 on linux/amd64, FULL",
    "restic 0.18.0 compiled with go1.24.4 on linux/amd64, RECOMMENDED",
    "restic 0.18.0-dev (compiled manually) compiled with go1.24 on windows/amd64, RECOMMENDED",
    "restic 1.0 compiled, RECOMMENDED"
  })
  void its_tier_follows_from_what_restic_says(String said, Tier tier) {
    assertThat(ResticVersion.parse(said).map(ResticVersion::tier)).contains(tier);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "hello", "restic", "restic x.y", "restic 99999999999.1.1", "rustic 0.18.0"})
  void anything_else_is_no_version(String said) {
    assertThat(ResticVersion.parse(said)).isEmpty();
  }
}
