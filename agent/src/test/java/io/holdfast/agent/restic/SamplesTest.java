package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.secret.Redaction;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What real restics of several versions wrote, recorded, and what we make of it. */
class SamplesTest {

  private static final Pattern EXIT_CODE = Pattern.compile("rc=(-?\\d+)");

  private final List<BackupProgress> progress = new ArrayList<>();

  private static String sample(String name) {
    try (InputStream in =
        Objects.requireNonNull(
            SamplesTest.class.getResourceAsStream("/restic/" + name), () -> "no sample " + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private BackupReport report(String sample) {
    BackupOutput output = new BackupOutput(Redaction.none(), progress::add, new Activity());
    sample(sample + ".stdout.jsonl").lines().forEach(output::output);
    sample(sample + ".stderr.txt").lines().forEach(output::error);
    Matcher exit = EXIT_CODE.matcher(sample(sample + ".rc"));
    assertThat(exit.find()).isTrue();
    return output.report(
        new ResticProcess.Ended(
            Integer.parseInt(exit.group(1)),
            Optional.empty(),
            false,
            false,
            Duration.ofSeconds(1)));
  }

  @ParameterizedTest
  @CsvSource({
    "backup-success-0.14, COMPLETE, true",
    "backup-success-0.18, COMPLETE, true",
    "backup-unchanged-0.14, COMPLETE, true",
    "backup-unchanged-0.18, COMPLETE, true",
    "backup-partial-unreadable-0.14, INCOMPLETE, true",
    "backup-partial-unreadable-0.18, INCOMPLETE, true",
    "backup-source-missing-one-0.14, COMPLETE, true",
    "backup-source-missing-one-0.18, COMPLETE, true",
    "backup-source-missing-one-0.19, INCOMPLETE, true",
    "backup-source-missing-all-0.14, FAILED, false",
    "backup-source-missing-all-0.18, FAILED, false",
    "backup-norepo-0.14, NO_REPOSITORY, false",
    "backup-norepo-0.18, NO_REPOSITORY, false",
    "backup-locked-0.14, LOCKED, false",
    "backup-locked-0.18, LOCKED, false",
    "backup-wrongpw-0.14, WRONG_PASSWORD, false",
    "backup-wrongpw-0.18, WRONG_PASSWORD, false",
    "backup-nopw-0.14, FAILED, false",
    "backup-nopw-0.18, FAILED, false",
    "backup-nosource-0.14, FAILED, false",
    "backup-nosource-0.18, FAILED, false",
    "backup-diskfull-0.14, FAILED, false",
    "backup-diskfull-0.18, FAILED, false",
    "backup-SIGINT-0.14, FAILED, false",
    "backup-SIGINT-0.18, FAILED, false",
    "backup-dryrun-0.14, COMPLETE, false",
    "backup-dryrun-0.18, COMPLETE, false",
    "backup-skipunchanged-clean-0.18, COMPLETE, false"
  })
  void the_end_of_a_backup_is_understood_and_a_snapshot_is_only_believed_if_it_exists(
      String sample, ExitMeaning meaning, boolean snapshot) {
    BackupReport report = report(sample);
    assertThat(report.meaning()).isEqualTo(meaning);
    assertThat(report.summary().isPresent()).isEqualTo(snapshot);
  }

  @ParameterizedTest
  @CsvSource({"0.14", "0.18"})
  void a_directory_that_fails_twice_counts_once_and_old_error_numbers_become_words(String version) {
    BackupReport report = report("backup-partial-unreadable-" + version);
    assertThat(report.itemErrorCount()).isEqualTo(2);
    assertThat(report.firstItemErrors())
        .extracting(BackupReport.ItemFailure::item)
        .containsExactly("/lab/src/nodir", "/lab/src/d1/f3.bin");
    assertThat(report.firstItemErrors().get(1).message()).contains("permission denied");
  }

  @ParameterizedTest
  @CsvSource({"0.14", "0.18", "0.19"})
  void a_source_that_restic_skipped_is_named(String version) {
    assertThat(report("backup-source-missing-one-" + version).missingSources())
        .containsExactly("/lab/nope");
  }

  @Test
  void restics_own_reason_is_one_line() {
    assertThat(report("backup-norepo-0.18").fatalMessage())
        .contains(
            "repository does not exist: unable to open config file: stat /lab/repos/none/config: no such file or"
                + " directory Is there a repository at the following location? /lab/repos/none");
    assertThat(report("backup-wrongpw-0.14").fatalMessage())
        .contains("wrong password or no key found");
  }

  @Test
  void the_figures_are_those_of_the_summary() {
    BackupSummary summary = report("backup-source-missing-one-0.18").summary().orElseThrow();
    assertThat(summary.filesNew()).isEqualTo(1);
    assertThat(summary.filesChanged()).isEqualTo(21);
    assertThat(summary.dataAdded()).isEqualTo(9770);
    assertThat(summary.dataAddedPacked()).hasValue(3024);
    assertThat(summary.totalBytesProcessed()).isEqualTo(4006015);
    assertThat(summary.snapshotId().orElseThrow()).hasSize(64);
    assertThat(report("backup-source-missing-one-0.14").summary().orElseThrow().dataAddedPacked())
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"backup-changing-0.14", "backup-changing-0.18", "backup-success-0.18"})
  void progress_stays_within_bounds_whatever_restic_says(String sample) {
    report(sample);
    assertThat(progress).isNotEmpty().allSatisfy(p -> assertThat(p.fraction()).isBetween(0.0, 1.0));
  }

  @Test
  void absurd_figures_are_not_passed_on() {
    BackupOutput output = new BackupOutput(Redaction.none(), progress::add, new Activity());
    output.output(
        "{\"message_type\":\"status\",\"percent_done\":1.026,\"seconds_remaining\":83703116119,\"files_done\":3}");
    assertThat(progress)
        .singleElement()
        .satisfies(p -> assertThat(p.fraction()).isEqualTo(1))
        .satisfies(p -> assertThat(p.secondsRemaining()).isEmpty())
        .satisfies(p -> assertThat(p.totalFiles()).isEmpty());
  }

  @Test
  void the_status_without_percentage_of_old_restics_is_no_progress() {
    BackupOutput output = new BackupOutput(Redaction.none(), progress::add, new Activity());
    output.output("{\"message_type\":\"status\",\"action\":\"scan_finished\",\"total_files\":3}");
    assertThat(progress).isEmpty();
  }
}
