package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Patterns are judged as the agent and restic judge them: exclude-patterns.tsv has the answers. */
class PatternsIT {

  record Vector(String onUnix, String onWindows, String pattern) {}

  private MigratedDatabase database;

  @BeforeEach
  void create() throws SQLException {
    database = MigratedDatabase.create();
    database.job("alpha", "home");
  }

  @AfterEach
  void close() throws SQLException {
    database.close();
  }

  private static List<Vector> vectors() throws Exception {
    return Wall.lines("/exclude-patterns.tsv").stream()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split("\t", -1))
        .map(part -> new Vector(part[0], part[1], part[2].translateEscapes()))
        .toList();
  }

  @Test
  void what_is_wrong_with_a_pattern_is_found() throws Exception {
    List<String> otherwise = new ArrayList<>();
    for (Vector vector : vectors()) {
      Map<String, Object> answer =
          database
              .rows(
                  "SELECT coalesce(holdfast.pattern_fault(p, false), '-') AS x,"
                      + " coalesce(holdfast.pattern_fault(p, true), '-') AS w FROM (SELECT ?::text) v (p)",
                  vector.pattern())
              .getFirst();
      Vector answered =
          new Vector(
              String.valueOf(answer.get("x")), String.valueOf(answer.get("w")), vector.pattern());
      if (!answered.equals(vector)) {
        otherwise.add(vector + " is answered with " + answered);
      }
    }
    assertThat(otherwise).isEmpty();
    assertThat(vectors()).hasSizeGreaterThan(60);
  }

  /** One that is right on some platform is not refused for a machine that nobody has seen. */
  @Test
  void a_row_is_refused_exactly_if_something_is_wrong_with_a_pattern_for_its_machine()
      throws Exception {
    for (String machine :
        List.of(
            "platform = 'linux', last_seen = now()",
            "platform = 'windows', last_seen = now()",
            "platform = 'linux', last_seen = NULL")) {
      database.execute("UPDATE devices SET " + machine);
      database.execute(
          machine.contains("windows")
              ? "UPDATE backup_jobs SET source_paths = ARRAY['C:\\Users']"
              : "UPDATE backup_jobs SET source_paths = '{/srv}'");
      for (Vector vector : vectors()) {
        String fault =
            machine.contains("NULL")
                ? vector.onUnix().equals("-") || vector.onWindows().equals("-")
                    ? "-"
                    : vector.onUnix()
                : machine.contains("windows") ? vector.onWindows() : vector.onUnix();
        for (String statement :
            List.of(
                "UPDATE backup_jobs SET exclude_patterns = ARRAY['*.bak', ?]",
                "UPDATE backup_jobs SET restic_args = jsonb_build_array('--iexclude', ?::text)",
                "UPDATE backup_jobs SET restic_args = jsonb_build_array('-x', '--iexclude=' || ?)")) {
          assertThat(refused(statement, vector.pattern()))
              .as(machine + " " + statement + " " + vector)
              .isEqualTo(!fault.equals("-"));
        }
      }
    }
  }

  private boolean refused(String statement, String pattern) {
    try {
      database.execute(statement, pattern);
      return false;
    } catch (SQLException e) {
      assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo("23514");
      assertThat(e.getMessage()).contains("job refused: ").contains("Hint: ");
      return true;
    }
  }
}
