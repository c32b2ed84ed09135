package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.location.MachineVariables;
import io.holdfast.agent.testing.ControlPlane;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The control plane refuses the variables that the agent would refuse, and takes the others. */
class BackendVariablesIT {

  private final ControlPlane psql = ControlPlane.fresh();

  private Set<String> said(String function) {
    return psql.rows("SELECT unnest(holdfast." + function + "()) AS name").stream()
        .map((Map<String, Object> row) -> String.valueOf(row.get("name")))
        .collect(Collectors.toSet());
  }

  @Test
  void both_know_the_same_variables() {
    assertThat(said("backend_variables")).isEqualTo(BackendEnvironment.ALLOWED);
    assertThat(said("machine_variables"))
        .isEqualTo(MachineVariables.NAMES)
        .doesNotContainAnyElementsOf(BackendEnvironment.ALLOWED);
  }
}
