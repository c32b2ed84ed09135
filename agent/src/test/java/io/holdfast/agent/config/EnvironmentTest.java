package io.holdfast.agent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The usual places of each platform, as paths of the platform that the test runs on. */
class EnvironmentTest {

  private static Environment of(Map<String, String> variables, boolean windows, boolean root) {
    return new Environment(variables, Path.of("/home/me"), "me", windows, root);
  }

  @Test
  void on_windows_all_lies_below_program_data_whoever_asks() {
    for (boolean service : new boolean[] {true, false}) {
      Environment named = of(Map.of("ProgramData", "D:\\Data"), true, service);
      assertThat(named.configFile()).isEqualTo(Path.of("D:\\Data", "Holdfast", "holdfast.yaml"));
      assertThat(named.stateDirectory()).isEqualTo(Path.of("D:\\Data", "Holdfast", "state"));
      assertThat(named.logFile()).contains(Path.of("D:\\Data", "Holdfast", "logs", "holdfast.log"));
      assertThat(of(Map.of(), true, service).configFile())
          .isEqualTo(Path.of("C:\\ProgramData", "Holdfast", "holdfast.yaml"));
    }
  }

  @Test
  void elsewhere_root_has_the_machines_places_and_others_their_own() {
    assertThat(of(Map.of(), false, true).configFile())
        .isEqualTo(Path.of("/etc/holdfast/holdfast.yaml"));
    assertThat(of(Map.of(), false, true).logFile()).isEmpty();
    assertThat(of(Map.of(), false, false).configFile())
        .isEqualTo(Path.of("/home/me/.config/holdfast/holdfast.yaml"));
    assertThat(of(Map.of("XDG_STATE_HOME", "/state"), false, false).stateDirectory())
        .isEqualTo(Path.of("/state/holdfast"));
  }
}
