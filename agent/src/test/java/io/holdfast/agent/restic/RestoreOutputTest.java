package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.secret.Redaction;
import io.holdfast.agent.secret.Secret;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is kept of a restore's output, of each version. The lines are restic's own. */
class RestoreOutputTest {

  private final List<BackupProgress> progress = new ArrayList<>();
  private final List<String> items = new ArrayList<>();
  private final List<String> troubles = new ArrayList<>();
  private final RestoreOutput output =
      new RestoreOutput(
          Redaction.of(List.of(new Secret("hunter2"))),
          new RestoreWatch(
              progress::add,
              (action, path) -> items.add(action + " " + path),
              troubles::add,
              new Cancellation()));

  private RestoreReport ended(int exitCode) {
    return output.report(
        new ResticProcess.Ended(exitCode, Optional.empty(), false, false, Duration.ofSeconds(1)));
  }

  @Test
  void progress_and_totals_are_restics_own() {
    output.output(
        "{\"message_type\":\"status\",\"percent_done\":0.66,\"total_files\":14,\"files_restored\":4,"
            + "\"total_bytes\":3145739,\"bytes_restored\":2097163}");
    output.output(
        "{\"message_type\":\"verbose_status\",\"action\":\"restored\",\"item\":\"/a\\nb\",\"size\":2}");
    output.output(
        "{\"message_type\":\"summary\",\"total_files\":10,\"files_restored\":10,\"files_skipped\":4,"
            + "\"total_bytes\":3,\"bytes_restored\":3,\"bytes_skipped\":3145736}");
    RestoreReport report = ended(0);
    assertThat(report.meaning()).isEqualTo(ExitMeaning.COMPLETE);
    assertThat(report.totals()).contains(new RestoreReport.Totals(10, 3, 4, 3145736));
    assertThat(progress)
        .singleElement()
        .satisfies(p -> assertThat(p.filesDone()).isEqualTo(4))
        .satisfies(p -> assertThat(p.totalBytes()).hasValue(3145739));
    assertThat(items).containsExactly("restored /a\nb");
  }

  @Test
  void owners_that_could_not_be_set_are_told_apart_from_files_that_are_missing() {
    output.error("ignoring error for /src/a: Lchown: lchown /out/src/a: operation not permitted");
    output.error(
        "{\"message_type\":\"error\",\"error\":{\"message\":\"xattr.LSet /out/b trusted.x: operation"
            + " not permitted\"},\"during\":\"restore\",\"item\":\"/src/b\"}");
    output.error("Fatal: There were 2 errors");
    assertThat(ended(1).lacksOnlyAttributes()).isTrue();
    output.error("ignoring error for /src/c: open /out/src/c: no space left on device");
    assertThat(ended(1).lacksOnlyAttributes()).isFalse();
  }

  @Test
  void what_could_not_be_written_makes_it_incomplete_and_counts_once() {
    String error =
        "{\"message_type\":\"error\",\"error\":{\"message\":\"write /ro/hunter2: no space left on"
            + " device\"},\"during\":\"restore\",\"item\":\"/src/sparse\"}";
    output.error(error);
    output.error(error);
    output.error(
        "{\"message_type\":\"exit_error\",\"code\":1,\"message\":\"Fatal: There were 2 errors\\n\"}");
    RestoreReport report = ended(1);
    assertThat(report.meaning()).isEqualTo(ExitMeaning.INCOMPLETE);
    assertThat(report.errorCount()).isEqualTo(1);
    assertThat(report.firstErrors().getFirst().item()).isEqualTo("/src/sparse");
    assertThat(report.firstErrors().getFirst().message())
        .isEqualTo("write /ro/***: no space left on device");
    assertThat(report.reason()).isEmpty();
  }

  @Test
  void restic_0_14_says_the_same_in_plain_words() {
    output.output(
        "restoring <Snapshot 75dcb9b7 of [/src] at 2026-11-21 11:58:47 by root@vm> to ro");
    output.error(
        "ignoring error for /src/a/sparse: write /ro/src/a/sparse: no space left on device");
    output.error(
        "ignoring error for /src/a/sparse: write /ro/src/a/sparse: no space left on device");
    output.error("Fatal: There were 2 errors");
    RestoreReport report = ended(1);
    assertThat(report.meaning()).isEqualTo(ExitMeaning.INCOMPLETE);
    assertThat(report.errorCount()).isEqualTo(1);
    assertThat(report.totals()).isEmpty();
  }

  @Test
  void an_error_of_the_repository_is_no_partial_success() {
    output.error("ignoring error for /a: x");
    output.error("Fatal: unable to load index hunter2: no such file");
    RestoreReport report = ended(1);
    assertThat(report.meaning()).isEqualTo(ExitMeaning.FAILED);
    assertThat(report.reason()).contains("unable to load index ***: no such file");
  }

  @Test
  void one_that_was_killed_in_the_middle_is_no_partial_success_though_it_told_of_an_item() {
    output.error("ignoring error for /a: x");
    assertThat(ended(137).meaning()).isEqualTo(ExitMeaning.FAILED);
    output.error("panic: runtime error: out of memory");
    assertThat(ended(2).meaning()).isEqualTo(ExitMeaning.FAILED);
  }

  @Test
  void a_person_is_told_once_why_nothing_happens() {
    String lock =
        "Save(<lock/1f02a1b1c2>) returned error, retrying after 552.330144ms: open /r/locks/hunter2:"
            + " read-only file system";
    output.error(lock);
    output.error(lock);
    assertThat(troubles)
        .singleElement()
        .asString()
        .contains("open /r/locks/***: read-only file system", "--no-lock");
  }

  @Test
  void a_signal_that_comes_too_late_makes_no_cancelled_one_of_a_success() {
    Optional<ExitMeaning> cancelled = Optional.of(ExitMeaning.CANCELLED);
    assertThat(
            output
                .report(new ResticProcess.Ended(0, cancelled, false, false, Duration.ZERO))
                .meaning())
        .isEqualTo(ExitMeaning.COMPLETE);
    assertThat(
            output
                .report(new ResticProcess.Ended(1, cancelled, false, false, Duration.ZERO))
                .meaning())
        .isEqualTo(ExitMeaning.CANCELLED);
  }
}
