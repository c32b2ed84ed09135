package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageParserTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "text",
        "{",
        "{}",
        "{\"message_type\":",
        "{\"message_type\":17}",
        "{\"message_type\":\"nova\"}",
        "{\"message_type\":\"status\"}",
        "{\"message_type\":null}",
        "[1,2]",
        "{\"message_type\":\"exit_error\""
      })
  void what_it_does_not_know_is_handed_on_as_it_is(String line) {
    assertThat(MessageParser.parse(line)).isEqualTo(new ResticMessage.Other(line));
  }

  @Test
  void nesting_without_end_is_no_message_and_breaks_nothing() {
    String line = "{\"a\":" + "[".repeat(100_000);
    assertThat(MessageParser.parse(line)).isInstanceOf(ResticMessage.Other.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"message_type\":\"summary\",\"files_new\":\"many\",\"snapshot_id\":[]}",
        "{\"message_type\":\"summary\",\"data_added\":1e400,\"snapshot_id\":{}}",
        "{\"message_type\":\"summary\",\"data_added_packed\":-1}"
      })
  void a_summary_of_the_wrong_types_has_no_snapshot(String line) {
    assertThat(MessageParser.parse(line))
        .isInstanceOfSatisfying(
            ResticMessage.Summary.class,
            message -> {
              assertThat(message.summary().snapshotId()).isEmpty();
              assertThat(message.summary().dataAddedPacked()).isEmpty();
            });
  }

  @Test
  void progress_is_a_number_within_bounds_even_where_restic_says_none() {
    for (String percent : new String[] {"\"NaN\"", "-1", "1e400", "\"x\"", "null"}) {
      assertThat(
              MessageParser.parse(
                  "{\"message_type\":\"status\",\"percent_done\":"
                      + percent
                      + ",\"seconds_remaining\":-5,\"total_files\":-1}"))
          .isInstanceOfSatisfying(
              ResticMessage.Status.class,
              status -> {
                assertThat(status.progress().fraction()).as(percent).isBetween(0.0, 1.0);
                assertThat(status.progress().secondsRemaining()).isEmpty();
                assertThat(status.progress().totalFiles()).isEmpty();
              });
    }
  }

  @Test
  void a_nul_that_json_can_spell_and_a_database_cannot_store_is_left_out() {
    assertThat(
            MessageParser.parse(
                "{\"message_type\":\"error\",\"error\":{\"message\":\"a\\u0000b\"},\"item\":\"/c\\u0000d\"}"))
        .isEqualTo(new ResticMessage.ItemError("/cd", "ab"));
    assertThat(
            MessageParser.parse(
                "{\"message_type\":\"exit_error\",\"code\":1,\"message\":\"x\\u0000y\"}"))
        .isEqualTo(new ResticMessage.ExitError(1, "xy"));
  }
}
