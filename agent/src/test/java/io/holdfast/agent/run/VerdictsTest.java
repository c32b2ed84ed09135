package io.holdfast.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.BackupReport;
import io.holdfast.agent.restic.BackupReport.ItemFailure;
import io.holdfast.agent.restic.BackupSummary;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.ExitMeaning;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class VerdictsTest {

  private static BackupReport report(
      int exitCode,
      ExitMeaning meaning,
      boolean snapshot,
      List<String> missing,
      long errors,
      @Nullable String fatal) {
    return new BackupReport(
        OptionalInt.of(exitCode),
        meaning,
        snapshot
            ? Optional.of(
                new BackupSummary(
                    1,
                    0,
                    0,
                    0,
                    0,
                    0,
                    5,
                    OptionalLong.empty(),
                    1,
                    5,
                    false,
                    Optional.of("caf83f73")))
            : Optional.empty(),
        missing,
        errors == 0 ? List.of() : List.of(new ItemFailure("/srv/x", "permission denied")),
        errors,
        Optional.ofNullable(fatal),
        "",
        "",
        false,
        false,
        Duration.ofSeconds(1));
  }

  static Stream<Arguments> ends() {
    List<String> none = List.of();
    List<String> gone = List.of("/gone");
    return Stream.of(
        Arguments.of(
            report(0, ExitMeaning.COMPLETE, true, none, 0, null), Outcome.SUCCESS, "ok", ""),
        Arguments.of(
            report(0, ExitMeaning.COMPLETE, true, gone, 0, null),
            Outcome.PARTIAL,
            "source-missing",
            "the source path /gone does not exist"),
        Arguments.of(
            report(3, ExitMeaning.INCOMPLETE, true, gone, 0, null),
            Outcome.PARTIAL,
            "source-missing",
            "the source path /gone does not exist"),
        Arguments.of(
            report(3, ExitMeaning.INCOMPLETE, true, none, 2, null),
            Outcome.PARTIAL,
            "source-unreadable",
            "2 files or directories could not be read, the first /srv/x (permission denied)"),
        Arguments.of(
            report(3, ExitMeaning.INCOMPLETE, true, none, 0, null),
            Outcome.PARTIAL,
            "source-unreadable",
            "restic says that some source data could not be read"),
        Arguments.of(
            report(3, ExitMeaning.INCOMPLETE, false, none, 0, null),
            Outcome.FAILED,
            "restic-failed",
            "restic failed (exit code 3)"),
        Arguments.of(
            report(0, ExitMeaning.COMPLETE, false, none, 0, null),
            Outcome.FAILED,
            "no-snapshot",
            "named no snapshot"),
        Arguments.of(
            report(1, ExitMeaning.FAILED, false, none, 0, "disk full"),
            Outcome.FAILED,
            "restic-failed",
            "restic failed (exit code 1): disk full"),
        Arguments.of(
            report(
                1, ExitMeaning.FAILED, false, gone, 0, "all source directories/files do not exist"),
            Outcome.FAILED,
            "source-missing",
            "none of the source paths exists: /gone"),
        Arguments.of(
            report(137, ExitMeaning.FAILED, false, none, 0, null),
            Outcome.FAILED,
            "restic-killed",
            "restic was ended from outside by signal 9"),
        Arguments.of(
            report(10, ExitMeaning.NO_REPOSITORY, false, none, 0, null),
            Outcome.FAILED,
            "repository-missing",
            "there is no restic repository"),
        Arguments.of(
            report(11, ExitMeaning.LOCKED, false, none, 0, null),
            Outcome.FAILED,
            "repository-locked",
            "is locked"),
        Arguments.of(
            report(12, ExitMeaning.WRONG_PASSWORD, false, none, 0, null),
            Outcome.FAILED,
            "repository-password-wrong",
            "refuses the password"),
        Arguments.of(
            report(1, ExitMeaning.CANCELLED, false, none, 0, null),
            Outcome.CANCELLED,
            "cancelled",
            "the run was cancelled by request of alice"),
        Arguments.of(
            report(1, ExitMeaning.TIMED_OUT, false, none, 0, null),
            Outcome.FAILED,
            "run-timeout",
            "longer than timeout_seconds"),
        Arguments.of(
            report(1, ExitMeaning.STALLED, false, none, 0, null),
            Outcome.FAILED,
            "restic-stalled",
            "no progress"),
        Arguments.of(
            report(1, ExitMeaning.FAILED, false, none, 0, "write: no space left on device"),
            Outcome.FAILED,
            "repository-full",
            "no space left on a device"));
  }

  @ParameterizedTest
  @MethodSource("ends")
  void every_end_has_its_outcome_its_code_and_its_sentence(
      BackupReport report, Outcome outcome, String code, String sentence) {
    Cancellation cancellation = new Cancellation();
    if (report.meaning() == ExitMeaning.CANCELLED) {
      cancellation.cancel("by request of alice");
    }
    Verdict verdict = Verdicts.of(report, cancellation);
    assertThat(verdict.outcome()).isEqualTo(outcome);
    assertThat(verdict.code()).isEqualTo(code);
    assertThat(verdict.sentence()).contains(sentence);
    assertThat(verdict.remedy().isEmpty()).isEqualTo(outcome == Outcome.SUCCESS);
  }

  @ParameterizedTest
  @EnumSource(ExitMeaning.class)
  void without_a_snapshot_nothing_is_called_a_success(ExitMeaning meaning) {
    assertThat(
            Verdicts.of(report(0, meaning, false, List.of(), 0, null), new Cancellation())
                .outcome())
        .isIn(Outcome.FAILED, Outcome.CANCELLED);
  }

  @Test
  void anything_short_of_complete_has_failed_in_the_words_of_the_seed() {
    assertThat(Stream.of(Outcome.values()).map(Outcome::status))
        .containsExactly("success", "failed", "failed", "cancelled");
  }

  @Test
  void a_run_that_the_agents_stop_has_ended_is_told_from_one_that_somebody_did_not_want() {
    Cancellation stop = new Cancellation();
    stop.agentStops();
    assertThat(
            Verdicts.of(report(1, ExitMeaning.CANCELLED, false, List.of(), 0, null), stop).code())
        .isEqualTo(Verdict.AGENT_STOPPED);
  }

  /** Nobody has cancelled it, so it was the agent's own doing. */
  @Test
  void a_run_that_was_ended_though_nobody_asked_for_it_counts_as_stopped_by_the_agent() {
    assertThat(
            Verdicts.of(
                    report(1, ExitMeaning.CANCELLED, false, List.of(), 0, null), new Cancellation())
                .code())
        .isEqualTo(Verdict.AGENT_STOPPED);
    assertThat(Verdicts.ofStoppedDump(ExitMeaning.CANCELLED, new Cancellation()).code())
        .isEqualTo(Verdict.AGENT_STOPPED);
  }

  @Test
  void a_dump_that_we_ended_says_why() {
    Cancellation wish = new Cancellation();
    wish.cancel("by request of alice");
    assertThat(Verdicts.ofStoppedDump(ExitMeaning.CANCELLED, wish).code()).isEqualTo("cancelled");
    Cancellation stop = new Cancellation();
    stop.agentStops();
    assertThat(Verdicts.ofStoppedDump(ExitMeaning.CANCELLED, stop).code())
        .isEqualTo(Verdict.AGENT_STOPPED);
    assertThat(Verdicts.ofStoppedDump(ExitMeaning.TIMED_OUT, wish).code()).isEqualTo("run-timeout");
    assertThat(Verdicts.ofStoppedDump(ExitMeaning.STALLED, wish).code())
        .isEqualTo("pg-dump-stalled");
  }
}
