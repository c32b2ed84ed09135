package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.secret.Redaction;
import io.holdfast.agent.secret.Secret;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How much is kept of what a backup writes, and which of two contradicting messages counts. */
class BackupOutputTest {

  private static final String SNAPSHOT = "caf83f73";
  private static final String REPEATED =
      "Load(<key/1>, 0, 0) returned error, retrying after 1.2s: connection refused";

  private final BackupOutput output = output(Redaction.none());

  private static BackupOutput output(Redaction redaction) {
    return new BackupOutput(redaction, _ -> {}, new Activity());
  }

  private static String summary(String rest) {
    return "{\"message_type\":\"summary\",\"files_new\":1" + rest + "}";
  }

  private static final String WITH_SNAPSHOT = summary(",\"snapshot_id\":\"" + SNAPSHOT + "\"");

  private void itemError(int number) {
    output.error(
        "{\"message_type\":\"error\",\"error\":{\"message\":\"permission denied\"},\"item\":\"/srv/"
            + number
            + "\"}");
  }

  private BackupReport ended(int exitCode) {
    return ended(output, exitCode, Optional.empty());
  }

  private static BackupReport ended(
      BackupOutput output, int exitCode, Optional<ExitMeaning> stoppedBy) {
    return output.report(
        new ResticProcess.Ended(exitCode, stoppedBy, false, false, Duration.ofSeconds(1)));
  }

  @Test
  void of_many_items_that_fail_the_first_twenty_are_kept_and_all_are_counted() {
    IntStream.range(0, 25).forEach(this::itemError);
    assertThat(ended(3).itemErrorCount()).isEqualTo(25);
    assertThat(ended(3).firstItemErrors())
        .extracting(BackupReport.ItemFailure::item)
        .containsExactlyElementsOf(IntStream.range(0, 20).mapToObj(i -> "/srv/" + i).toList());
  }

  @Test
  void an_item_that_fails_twice_is_counted_once_as_long_as_it_is_remembered() {
    IntStream.range(0, 9_999).forEach(this::itemError);
    itemError(0);
    assertThat(ended(3).itemErrorCount()).isEqualTo(9_999);
    itemError(9_999);
    itemError(0);
    assertThat(ended(3).itemErrorCount())
        .as("10,000 are remembered, and more are not looked up")
        .isEqualTo(10_001);
  }

  @Test
  void of_many_sources_that_are_missing_ten_thousand_are_kept() {
    IntStream.range(0, 10_001)
        .forEach(i -> output.error("/srv/" + i + " does not exist, skipping"));
    assertThat(ended(3).missingSources())
        .hasSize(10_000)
        .startsWith("/srv/0")
        .endsWith("/srv/9999");
  }

  @Test
  void a_summary_without_a_snapshot_does_not_hide_one_that_names_it() {
    output.output(WITH_SNAPSHOT);
    output.output(summary(""));
    output.output("{\"message_type\":\"new in some version\"}");
    assertThat(ended(0).summary().flatMap(BackupSummary::snapshotId)).contains(SNAPSHOT);
  }

  @Test
  void the_snapshot_that_is_named_last_counts() {
    output.output(summary(""));
    output.output(summary(",\"snapshot_id\":\"0c049640\""));
    output.output(WITH_SNAPSHOT);
    assertThat(ended(0).summary().flatMap(BackupSummary::snapshotId)).contains(SNAPSHOT);
  }

  @ParameterizedTest
  @CsvSource({"0, true", "1, false", "2, false", "3, true", "4, false", "130, false"})
  void a_snapshot_is_believed_only_if_restic_ended_with_0_or_3(int exitCode, boolean believed) {
    output.output(WITH_SNAPSHOT);
    assertThat(ended(exitCode).summary().isPresent()).isEqualTo(believed);
  }

  @Test
  void neither_a_dry_run_nor_a_summary_without_a_name_is_a_snapshot() {
    output.output(summary(",\"dry_run\":true,\"snapshot_id\":\"" + SNAPSHOT + "\""));
    assertThat(ended(0).summary()).isEmpty();
    BackupOutput unchanged = output(Redaction.none());
    unchanged.output(summary(""));
    assertThat(ended(unchanged, 0, Optional.empty()).summary()).isEmpty();
  }

  @Test
  void a_backup_that_was_done_before_our_signal_came_is_done() {
    output.output(WITH_SNAPSHOT);
    BackupReport complete = ended(output, 0, Optional.of(ExitMeaning.TIMED_OUT));
    assertThat(complete.meaning()).isEqualTo(ExitMeaning.COMPLETE);
    assertThat(complete.summary()).isPresent();
    assertThat(ended(output, 3, Optional.of(ExitMeaning.CANCELLED)).meaning())
        .isEqualTo(ExitMeaning.INCOMPLETE);
    assertThat(ended(output, 130, Optional.of(ExitMeaning.CANCELLED)).meaning())
        .isEqualTo(ExitMeaning.CANCELLED);
  }

  @Test
  void what_the_program_said_that_leads_to_the_storage_is_part_of_the_reason() {
    output.error("subprocess ssh: Warning: Permanently added 'nas' to the list of known hosts.");
    output.error("Fatal: unable to open repository: unexpected EOF");
    assertThat(ended(1).fatalMessage()).contains("unable to open repository: unexpected EOF");
    output.error("subprocess ssh: backup@nas: Permission denied (publickey).");
    assertThat(ended(1).fatalMessage())
        .contains(
            "ssh said: backup@nas: Permission denied (publickey).;"
                + " unable to open repository: unexpected EOF");
    output.error("rclone: 2026/11/30 CRITICAL: didn't find section in config file");
    assertThat(ended(1).fatalMessage().orElseThrow()).startsWith("rclone said: 2026/11/30");
  }

  @Test
  void the_reason_is_restics_last_word_else_its_last_fault_else_what_it_tried_again() {
    assertThat(ended(1).fatalMessage()).isEmpty();
    output.error(REPEATED);
    assertThat(ended(1).fatalMessage()).contains("connection refused");
    output.error("Fatal: wrong password");
    assertThat(ended(1).fatalMessage()).contains("wrong password");
    output.error("{\"message_type\":\"exit_error\",\"code\":1,\"message\":\"Fatal: one\\n  two\"}");
    assertThat(ended(1).fatalMessage()).contains("one two");
    assertThat(ended(output, 130, Optional.of(ExitMeaning.TIMED_OUT)).fatalMessage())
        .as("the last words of one that we have ended are about its end")
        .contains("connection refused");
  }

  @Test
  void no_secret_leaves_it_and_a_secret_that_is_a_word_of_restics_hides_no_meaning() {
    BackupOutput secret = output(Redaction.of(List.of(new Secret("password"))));
    secret.output("password on standard output");
    secret.error("\u001b[31mFatal: wrong password or no key found\u001b[0m");
    secret.error(
        "{\"message_type\":\"error\",\"error\":{\"message\":\"password\"},\"item\":\"/password\"}");
    BackupReport report = ended(secret, 1, Optional.empty());
    assertThat(report.meaning()).isEqualTo(ExitMeaning.WRONG_PASSWORD);
    assertThat(report.fatalMessage()).contains("wrong *** or no key found");
    assertThat(report.standardOutput()).isEqualTo("*** on standard output\n");
    assertThat(report.standardError())
        .startsWith("Fatal: wrong *** or no key found\n")
        .doesNotContain("password");
    assertThat(report.firstItemErrors())
        .containsExactly(new BackupReport.ItemFailure("/***", "***"));
  }
}
