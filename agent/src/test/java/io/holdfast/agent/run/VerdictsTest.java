package io.holdfast.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.BackupReport;
import io.holdfast.agent.restic.BackupReport.ItemFailure;
import io.holdfast.agent.restic.BackupSummary;
import io.holdfast.agent.restic.BareSource;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.ExitMeaning;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        List.of(),
        errors == 0 ? List.of() : List.of(new ItemFailure("/srv/x", "permission denied")),
        errors,
        Optional.ofNullable(fatal),
        "",
        "",
        true,
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
    Verdict verdict = Verdicts.of(report, cancellation, Shortfall.NONE);
    assertThat(verdict.outcome()).isEqualTo(outcome);
    assertThat(verdict.code()).isEqualTo(code);
    assertThat(verdict.sentence()).contains(sentence);
    assertThat(verdict.remedy().isEmpty()).isEqualTo(outcome == Outcome.SUCCESS);
  }

  @ParameterizedTest
  @EnumSource(ExitMeaning.class)
  void without_a_snapshot_nothing_is_called_a_success(ExitMeaning meaning) {
    assertThat(
            Verdicts.of(
                    report(0, meaning, false, List.of(), 0, null),
                    new Cancellation(),
                    Shortfall.NONE)
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
            Verdicts.of(
                    report(1, ExitMeaning.CANCELLED, false, List.of(), 0, null),
                    stop,
                    Shortfall.NONE)
                .code())
        .isEqualTo(Verdict.AGENT_STOPPED);
  }

  /** Nobody has cancelled it, so it was the agent's own doing. */
  @Test
  void a_run_that_was_ended_though_nobody_asked_for_it_counts_as_stopped_by_the_agent() {
    assertThat(
            Verdicts.of(
                    report(1, ExitMeaning.CANCELLED, false, List.of(), 0, null),
                    new Cancellation(),
                    Shortfall.NONE)
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

  private static Verdict of(BackupReport report, Shortfall shortfall) {
    return Verdicts.of(report, new Cancellation(), shortfall);
  }

  private static Verdict of(BackupReport report) {
    return of(report, Shortfall.NONE);
  }

  private static BackupReport complete(List<BareSource> bare, List<ItemFailure> errors) {
    BackupReport whole = report(0, ExitMeaning.COMPLETE, true, List.of(), 0, null);
    return new BackupReport(
        whole.exitCode(),
        whole.meaning(),
        whole.summary(),
        List.of(),
        bare,
        errors,
        errors.size(),
        Optional.empty(),
        "",
        "",
        true,
        false,
        false,
        whole.duration());
  }

  private static Shortfall shortfall(long files, @Nullable Long before, String... emptied) {
    return new Shortfall(
        Optional.of(new UUID(1, 2)),
        Optional.of(files),
        Optional.ofNullable(before),
        List.of(emptied),
        List.of());
  }

  static Stream<Arguments> hollow() {
    List<BareSource> none = List.of();
    return Stream.of(
        Arguments.of(
            none,
            shortfall(0, null),
            "source-empty",
            "it holds no file at all",
            "Look at exclude_patterns"),
        Arguments.of(
            List.of(new BareSource("/mnt/nas", BareSource.Kind.EMPTY_DIRECTORY)),
            shortfall(0, 500L),
            "source-empty",
            "it holds no file at all, and the last good one held 500",
            "Mount or bring back"),
        Arguments.of(
            List.of(new BareSource("/srv/link", BareSource.Kind.LINK)),
            shortfall(7, null),
            "source-empty",
            "/srv/link is a symbolic link, of which restic stores the link alone",
            "what the link leads to"),
        Arguments.of(
            List.of(new BareSource("/run/x", BareSource.Kind.SPECIAL)),
            shortfall(7, null),
            "source-empty",
            "/run/x is a socket, a pipe or a device",
            "Name a file or a directory"),
        Arguments.of(
            List.of(new BareSource("/mnt/nas", BareSource.Kind.EMPTY_DIRECTORY)),
            shortfall(480, null, "/mnt/nas"),
            "source-empty",
            "below /mnt/nas there is nothing, and the last good run found files there",
            "SELECT holdfast.accept_contents('00000000-0000-0001-0000-000000000002')"),
        Arguments.of(
            none,
            new Shortfall(
                Optional.empty(),
                Optional.of(7L),
                Optional.empty(),
                List.of(),
                List.of("/srv/www")),
            "source-empty",
            "it does not hold /srv/www, which is there and is left out by a pattern",
            "Look at exclude_patterns"),
        Arguments.of(
            none,
            shortfall(12, 5000L),
            "source-shrunken",
            "it holds 12 files, and the last good one held 5000",
            "SELECT holdfast.accept_contents('00000000-0000-0001-0000-000000000002')"));
  }

  @ParameterizedTest
  @MethodSource("hollow")
  void a_snapshot_that_holds_less_than_it_should_is_partial(
      List<BareSource> bare, Shortfall shortfall, String code, String sentence, String remedy) {
    Verdict verdict = of(complete(bare, List.of()), shortfall);
    assertThat(verdict.outcome()).isEqualTo(Outcome.PARTIAL);
    assertThat(verdict.code()).isEqualTo(code);
    assertThat(verdict.sentence()).contains(sentence);
    assertThat(verdict.remedy()).contains(remedy);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "open /srv/x: permission denied | permission denied | Let the agent read",
        "open: permission denied | permission denied | Let the agent read",
        "read /srv/x: input/output error | input/output error | Look at the disk",
        "lstat /srv/x: stale file handle | stale file handle | Look at the disk",
        "xattr.get /srv/x user.y: no data | user.y: no data | Look at restic_errors",
      })
  void the_reason_stays_and_decides_what_to_do(String said, String reason, String remedy) {
    Verdict verdict = of(complete(List.of(), List.of(new ItemFailure("/srv/x", said))));
    assertThat(verdict.sentence()).contains("the first /srv/x (").contains(reason + ")");
    assertThat(verdict.remedy()).contains(remedy);
  }

  @Test
  void of_a_failing_disk_one_learns_behind_any_number_of_files_that_may_not_be_read() {
    Verdict verdict =
        of(
            complete(
                List.of(),
                List.of(
                    new ItemFailure("/srv/a", "open /srv/a: permission denied"),
                    new ItemFailure("/srv/b", "read /srv/b: input/output error"))));
    assertThat(verdict.sentence()).contains("among them /srv/b (input/output error)");
    assertThat(verdict.remedy()).contains("Look at the disk").doesNotContain("exclude them");
  }

  @Test
  void many_long_paths_are_counted_and_not_all_named() {
    List<String> many =
        IntStream.range(0, 140).mapToObj(i -> "/mnt/nas/" + "ü".repeat(2000) + i).toList();
    for (BackupReport report :
        List.of(
            report(0, ExitMeaning.COMPLETE, true, many, 0, null),
            report(1, ExitMeaning.FAILED, false, many, 0, "all sources do not exist"))) {
      assertThat(of(report).sentence())
          .contains("and 135 more")
          .satisfies(sentence -> assertThat(sentence.length()).isLessThan(1500));
    }
  }

  @Test
  void a_pattern_for_many_names_is_no_source_path() {
    for (BackupReport report :
        List.of(
            report(0, ExitMeaning.COMPLETE, true, List.of("/srv/b*"), 0, null),
            report(1, ExitMeaning.FAILED, false, List.of("/srv/b*"), 0, "do not exist"))) {
      assertThat(of(report).remedy()).contains("stand for themselves");
    }
  }

  @Test
  void a_broken_pattern_names_the_column_and_is_not_tried_again() {
    Verdict verdict =
        of(
            report(
                1,
                ExitMeaning.FAILED,
                false,
                List.of(),
                0,
                "--exclude: invalid pattern(s) provided: [a-"));
    assertThat(verdict.code()).isEqualTo("exclude-invalid");
    assertThat(verdict.sentence()).endsWith("[a-");
    assertThat(verdict.remedy()).contains("exclude_patterns");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Cannot run program \"/usr/bin/restic\": error=7, Argument list too long",
        "Cannot run program \"/usr/bin/restic\": Exec failed, error: 7 (Argument list too long) ",
        "Cannot run program \"restic.exe\": CreateProcess error=206, The filename or extension is too long"
      })
  void too_many_arguments_name_the_columns(String said) {
    Verdict verdict = of(report(0, ExitMeaning.NOT_STARTED, false, List.of(), 0, said));
    assertThat(verdict.code()).isEqualTo("arguments-too-long");
    assertThat(verdict.sentence()).contains("exclude_patterns and source_paths");
    assertThat(
            of(report(0, ExitMeaning.NOT_STARTED, false, List.of(), 0, "error=11, out of memory"))
                .code())
        .isEqualTo("restic-not-started");
  }
}
