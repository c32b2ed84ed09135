package io.holdfast.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.job.Problem;
import io.holdfast.agent.state.RefusedSinceFile;
import io.holdfast.agent.sync.ConfigSource;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetirementTest {

  private static final Instant NOON = Instant.parse("2026-11-30T12:00:00Z");

  @TempDir private Path directory;

  private Retirement retirement() {
    return new Retirement(new RefusedSinceFile(directory));
  }

  private static Problem problem(String code) {
    return Problem.ofDevice(code, "the database has closed the login", "Stop the agent.");
  }

  @Test
  void what_the_control_plane_says_counts_at_once() {
    assertThat(retirement().after(problem(ConfigSource.RETIRED), NOON))
        .contains(problem(ConfigSource.RETIRED));
  }

  @Test
  void a_login_that_is_refused_for_a_day_counts_as_one_that_was_retired() {
    for (String code : List.of(ConfigSource.LOGIN_CLOSED, ConfigSource.LOGIN_OF_ANOTHER)) {
      Retirement retirement = retirement();
      assertThat(retirement.after(problem(code), NOON)).isEmpty();
      assertThat(retirement.after(problem(code), NOON.plus(Duration.ofHours(23)))).isEmpty();
      assertThat(retirement().after(problem(code), NOON.plus(Duration.ofHours(24))))
          .as("also by an agent that was started anew meanwhile")
          .hasValueSatisfying(found -> {
            assertThat(found.code()).isEqualTo(ConfigSource.RETIRED);
            assertThat(found.message())
                .isEqualTo(
                    "the database has closed the login; it has done so since 2026-11-30T12:00:00Z,"
                        + " so the device counts as retired and makes no backups by schedule any"
                        + " more");
          });
      retirement().deny();
    }
  }

  @Test
  void a_login_that_is_closed_behind_the_word_of_retirement_does_not_take_it_back() {
    Retirement retirement = retirement();
    retirement.after(problem(ConfigSource.RETIRED), NOON);
    assertThat(retirement.after(problem(ConfigSource.LOGIN_CLOSED), NOON.plusSeconds(10)))
        .contains(problem(ConfigSource.RETIRED));
    retirement.deny();
    assertThat(retirement.after(problem(ConfigSource.LOGIN_CLOSED), NOON.plusSeconds(20)))
        .isEmpty();
  }

  @Test
  void nothing_else_ever_counts() {
    for (String code :
        List.of("database-login-refused", "database-unreachable", "database-right-missing")) {
      assertThat(retirement().after(problem(code), NOON)).isEmpty();
      assertThat(retirement().after(problem(code), NOON.plus(Duration.ofDays(400)))).isEmpty();
    }
  }

  @Test
  void an_answer_in_between_begins_it_anew() {
    Retirement retirement = retirement();
    assertThat(retirement.after(problem(ConfigSource.LOGIN_CLOSED), NOON)).isEmpty();
    retirement.deny();
    assertThat(directory).isEmptyDirectory();
    assertThat(
            retirement.after(problem(ConfigSource.LOGIN_CLOSED), NOON.plus(Duration.ofHours(30))))
        .isEmpty();
  }
}
