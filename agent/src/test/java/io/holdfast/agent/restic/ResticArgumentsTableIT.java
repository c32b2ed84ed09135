package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The control plane refuses what the agent would refuse, and nothing that it would take. */
class ResticArgumentsTableIT {

  private static final ResticVersion NEWEST = new ResticVersion(0, 99, 0);

  private static final List<String> VALUES =
      List.of(
          "auto",
          "off",
          "max",
          "better",
          "fastest",
          "best",
          "",
          "0",
          "1",
          "3",
          "4",
          "64",
          "65",
          "99",
          "128",
          "129",
          "5000",
          "1234567890",
          "5m",
          "5s",
          "2h",
          "5d",
          "500M",
          "12T",
          "5X",
          ".nobackup",
          "*.tmp");

  private final ControlPlane psql = ControlPlane.fresh();

  private boolean takenByDatabase(String argument, String value) {
    return Boolean.TRUE.equals(
        psql.row(
                "SELECT holdfast.arguments_problem(jsonb_build_array(?::text, ?::text)) IS NULL AS ok",
                argument,
                value)
            .get("ok"));
  }

  private static boolean takenByAgent(String argument, String value) {
    return BackupArguments.check(List.of(argument, value), NEWEST, true)
        instanceof ArgumentCheck.Accepted;
  }

  @Test
  void both_know_the_same_arguments() {
    assertThat(
            psql.rows("SELECT argument FROM restic_arguments").stream()
                .map(row -> (String) row.get("argument"))
                .collect(Collectors.toSet()))
        .isEqualTo(BackupArguments.names());
  }

  @Test
  void both_take_the_same_values() {
    for (Map<String, Object> row : psql.rows("SELECT argument FROM restic_arguments")) {
      String argument = String.valueOf(row.get("argument"));
      for (String value : VALUES) {
        assertThat(takenByDatabase(argument, value))
            .as("%s %s", argument, value)
            .isEqualTo(takenByAgent(argument, value));
      }
    }
  }
}
