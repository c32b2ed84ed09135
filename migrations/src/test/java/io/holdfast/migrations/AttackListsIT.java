package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.migrations.Wall.Part;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What an attack on the whole product tried with a device's login. A statement may well succeed; it
 * does harm if it shows what is another's, or if anything is not as it was that is not the
 * device's.
 */
class AttackListsIT {

  /** Not where the attacker himself has named it, as a plan repeats a condition. */
  private static final Pattern SEEN = Pattern.compile(Wall.SECRET + "(?!%)");

  @ParameterizedTest
  @EnumSource(names = {"DEVICE", "UNBOUND"})
  void no_single_statement_does_harm(Part part) throws Exception {
    List<String> statements = Wall.lines("/wall/single-statements.sql");
    assertThat(statements.size()).isGreaterThan(160);
    try (Wall wall = Wall.closed()) {
      Map<String, Object> before = WallState.belongings(wall);
      List<String> harmful = new ArrayList<>();
      for (String statement : statements) {
        try (Connection device = wall.connect(part)) {
          String outcome = Wall.outcome(device, statement);
          if (SEEN.matcher(outcome).find()) {
            harmful.add(statement + " showed " + outcome);
          }
        }
        Map<String, Object> after = WallState.belongings(wall);
        if (!after.equals(before)) {
          harmful.add(statement + " changed " + WallState.differences(before, after));
          before = after;
        }
      }
      assertThat(harmful).isEmpty();
    }
  }

  /** Statements that build on each other, in one session: findings C1 and its kin. */
  @ParameterizedTest
  @CsvSource({
    "x1, true",
    "x2, true",
    "x4, true",
    "x5, true",
    "x8, true",
    "x2, false",
    "x8, false",
    "settings, true"
  })
  void no_sequence_of_statements_does_harm(String sequence, boolean mayMakeTemporaryObjects)
      throws Exception {
    try (Wall wall = Wall.closed()) {
      if (mayMakeTemporaryObjects) {
        wall.database()
            .execute("GRANT TEMPORARY ON DATABASE " + wall.database().name() + " TO PUBLIC");
      }
      Map<String, Object> before = WallState.belongings(wall);
      List<String> outcomes = new ArrayList<>();
      try (Connection device = wall.connect(Part.DEVICE)) {
        for (String statement :
            Wall.text("/wall/sequences/" + sequence + ".sql").strip().split(";\n", -1)) {
          outcomes.add(Wall.outcome(device, statement));
        }
      }
      assertThat(outcomes)
          .noneMatch(outcome -> outcome.contains("running as"))
          .noneMatch(outcome -> SEEN.matcher(outcome).find());
      assertThat(WallState.belongings(wall)).isEqualTo(before);
    }
  }

  @Test
  void what_is_watched_would_be_seen_to_change() throws Exception {
    try (Wall wall = Wall.closed()) {
      Map<String, Object> before = WallState.belongings(wall);
      wall.database().execute("UPDATE problems SET message = 'x' WHERE device_id = 'bravo'");
      wall.database().execute("GRANT backup_admin TO " + wall.login(Part.DEVICE));
      wall.database().execute("SELECT lo_from_bytea(0, 'x')");
      assertThat(WallState.differences(before, WallState.belongings(wall)))
          .containsExactlyInAnyOrder("problems", "members", "large_objects");
      try (Connection device = wall.connect(Part.DEVICE)) {
        assertThat(SEEN.matcher(Wall.outcome(device, "SELECT * FROM settings")).find()).isTrue();
      }
    }
  }
}
