package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.testing.ResticBinaries;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults that the real restic cannot be brought to: a program of ours stands in for it. */
class FaultyResticIT {

  private static final String SUMMARY =
      "{\"message_type\":\"summary\",\"files_new\":1,\"snapshot_id\":\"caf83f73\"}";

  private static final Repository REPOSITORY =
      new Repository(
          new Secret("sftp:nobody@localhost:/repo"),
          new Secret("hunter22"),
          Optional.empty(),
          Map.of());

  @TempDir private Path directory;

  @BeforeEach
  void makePrivate() throws IOException {
    Files.createDirectory(directory.resolve("private"));
  }

  /** A restic of version 0.18.0 that does this when it is to back up. */
  private Restic restic(String behaviour) throws IOException, ResticUnavailable {
    Path script =
        ResticBinaries.script(
            directory.resolve("restic"),
            "#!/bin/sh\nif [ \"$1\" = version ]; then echo 'restic 0.18.0 compiled with go'; exit 0; fi\n"
                + behaviour
                + "\n");
    return new Restic(
        ResticFinder.find(Optional.of(script), Optional.empty()),
        directory.resolve("private"),
        directory.resolve("cache"),
        Duration.ofMillis(500));
  }

  private BackupReport backup(String behaviour) throws Exception {
    return restic(behaviour).backup(REPOSITORY, command(), Watches.of(_ -> {}));
  }

  private BackupCommand command() {
    return new BackupCommand(
        "host", List.of(directory.toString()), List.of(), List.of(), List.of());
  }

  @Test
  void garbage_between_the_messages_does_no_harm() throws Exception {
    BackupReport report =
        backup(
            "printf 'not json\\n{\"message_type\":\\n[1,2]\\n{\"message_type\":\"nova\",\"x\":1}\\n{}\\n\\377\\376\\n'\n"
                + "printf 'a\\000b\\n' >&2\necho '{\"message_type\":\"error\",\"error\":17}' >&2\necho '"
                + SUMMARY
                + "'");
    assertThat(report.meaning()).isEqualTo(ExitMeaning.COMPLETE);
    assertThat(report.summary()).isPresent();
    assertThat(report.standardOutput()).contains("not json").contains("nova").contains("\uFFFD");
    assertThat(report.standardError()).contains("ab\n").doesNotContain("\0");
  }

  @Test
  void any_amount_of_output_leaves_little_behind() throws Exception {
    BackupReport report =
        backup(
            "yes '{\"message_type\":\"verbose_status\",\"action\":\"new\",\"item\":\"/a/file/with/a/name\"}' | head -n 600000\n"
                + "yes 'a line of text on standard error' | head -n 300000 >&2\necho '"
                + SUMMARY
                + "'");
    assertThat(report.summary()).isPresent();
    assertThat(report.standardOutput().length()).isLessThan(20_000);
    assertThat(report.standardOutput()).contains("characters left out").endsWith(SUMMARY + "\n");
    assertThat(report.standardError().length()).isLessThan(20_000);
  }

  @Test
  void a_line_without_an_end_is_cut() throws Exception {
    BackupReport report =
        backup("head -c 5000000 /dev/zero | tr '\\0' x\necho\necho '" + SUMMARY + "'");
    assertThat(report.summary()).isPresent();
    assertThat(report.standardOutput().length()).isLessThan(20_000);
  }

  @Test
  void progress_is_not_kept_as_output() throws Exception {
    List<BackupProgress> progress = new ArrayList<>();
    BackupReport report =
        restic("echo '{\"message_type\":\"status\",\"percent_done\":0.5}'\necho '" + SUMMARY + "'")
            .backup(REPOSITORY, command(), Watches.of(progress::add));
    assertThat(progress).singleElement().satisfies(p -> assertThat(p.fraction()).isEqualTo(0.5));
    assertThat(report.standardOutput()).isEqualTo(SUMMARY + "\n");
  }

  @Test
  void a_flood_of_progress_reaches_the_listener_thinned_out() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    restic(
            "yes '{\"message_type\":\"status\",\"percent_done\":0.5}' | head -n 100000\necho '"
                + SUMMARY
                + "'")
        .backup(REPOSITORY, command(), Watches.of(_ -> calls.incrementAndGet()));
    assertThat(calls.get()).isBetween(1, 1000);
  }

  @Test
  void a_listener_that_fails_does_not_disturb_the_backup() throws Exception {
    BackupReport report =
        restic(
                "echo '{\"message_type\":\"status\",\"percent_done\":0.5}'\n"
                    // More than a pipe holds: if nobody read on, this would hang.
                    + "head -c 1000000 /dev/zero | tr '\\0' '\\n'\necho '"
                    + SUMMARY
                    + "'")
            .backup(
                REPOSITORY,
                command(),
                Watches.of(_ -> {
                  throw new IllegalStateException("the screen is gone");
                }));
    assertThat(report.summary()).isPresent();
  }

  @Test
  void a_reader_that_breaks_on_a_line_reads_on() throws Exception {
    AtomicInteger lines = new AtomicInteger();
    ResticProcess.Ended ended =
        new ResticProcess(
                List.of("/bin/sh", "-c", "yes | head -n 100000"),
                Map.of(),
                Optional::empty,
                Duration.ofSeconds(1))
            .run(
                _ -> {
                  lines.incrementAndGet();
                  throw new IllegalStateException("a bug of ours");
                },
                _ -> {});
    assertThat(ended.exitCode()).isZero();
    assertThat(lines.get()).isEqualTo(100_000);
  }

  @Test
  void one_that_closes_its_output_early_is_waited_for() throws Exception {
    BackupReport report = backup("echo '" + SUMMARY + "'\nexec >&- 2>&-\nsleep 0.3\nexit 3");
    assertThat(report.meaning()).isEqualTo(ExitMeaning.INCOMPLETE);
    assertThat(report.summary()).isPresent();
  }

  @Test
  void one_that_does_not_tell_its_version_in_time_is_not_used() throws Exception {
    for (String behaviour : List.of("exec sleep 600", "exec yes", "trap '' INT\nexec yes a")) {
      Path script =
          ResticBinaries.script(directory.resolve("slow"), "#!/bin/sh\n" + behaviour + "\n");
      assertThatThrownBy(
              () -> ResticFinder.find(Optional.of(script), Optional.empty(), Duration.ofSeconds(1)))
          .isInstanceOfSatisfying(
              ResticUnavailable.class, e -> assertThat(e.code()).isEqualTo("restic-unusable"))
          .hasMessageContaining("did not end within 1 s");
    }
  }

  @Test
  void one_that_ignores_the_interrupt_is_killed_after_the_grace() throws Exception {
    Cancellation cancellation = new Cancellation();
    cancellation.cancel("here");
    BackupReport report =
        restic("trap '' INT TERM\nwhile :; do sleep 1; done")
            .backup(REPOSITORY, command(), Watches.of(_ -> {}, cancellation));
    assertThat(report.meaning()).isEqualTo(ExitMeaning.CANCELLED);
    assertThat(report.exitCode()).hasValue(137);
  }

  /** On a terminal both get the signal, and restic may be at its end before we hear of it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "echo 'signal interrupt received, cleaning up' >&2; touch ended; exit 1",
        "printf '\\033[2Ksignal interrupt received, cleaning up\\n' >&2; touch ended; exit 1",
        "touch ended; exit 130",
        "echo 'signal terminated received, cleaning up' >&2; touch ended; exit 1"
      })
  void one_that_a_signal_has_ended_is_cancelled_though_we_hear_of_it_a_moment_later(
      String behaviour) throws Exception {
    Path ended = directory.resolve("ended");
    Cancellation later =
        new Cancellation()
            .or(() ->
                isOlderThanASecond(ended) ? Optional.of("on this machine") : Optional.empty());
    BackupReport report =
        restic("cd '" + directory + "'; " + behaviour)
            .backup(REPOSITORY, command(), Watches.of(_ -> {}, later));
    assertThat(report.meaning()).isEqualTo(ExitMeaning.CANCELLED);
  }

  private static boolean isOlderThanASecond(Path file) {
    try {
      return Files.getLastModifiedTime(file).toInstant().isBefore(Instant.now().minusSeconds(1));
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void one_that_a_signal_has_ended_and_nobody_asked_to_has_failed() throws Exception {
    assertThat(backup("exit 130").meaning()).isEqualTo(ExitMeaning.FAILED);
  }

  @Test
  void what_its_storage_refuses_it_is_told_while_it_waits_and_leaves_no_doubt() throws Exception {
    Cancellation cancellation = new Cancellation();
    List<BackupProgress> told = new CopyOnWriteArrayList<>();
    BackupReport report =
        restic(
                "trap 'exit 130' INT\n"
                    + "echo 'Load(<config/>, 0, 0) returned error, retrying after 552ms: dial tcp:"
                    + " connection refused' >&2\nwhile :; do sleep 0.1; done")
            .backup(
                REPOSITORY,
                command(),
                Watches.of(
                    progress -> {
                      told.add(progress);
                      cancellation.cancel("by request of alice");
                    },
                    cancellation));
    assertThat(told)
        .singleElement()
        .satisfies(progress ->
            assertThat(progress.trouble())
                .contains("restic tries again: dial tcp: connection refused"));
    assertThat(report.meaning()).isEqualTo(ExitMeaning.CANCELLED);
    assertThat(report.leavesDoubt()).as("it had not opened its repository").isFalse();
  }

  @Test
  void trouble_is_over_when_something_moves() throws Exception {
    List<BackupProgress> told = new CopyOnWriteArrayList<>();
    var _ =
        restic(
                "status() { echo '{\"message_type\":\"status\",\"percent_done\":0.5,\"bytes_done\":'$1'}';"
                    + " sleep 0.7; }\n"
                    + "status 1\n"
                    + "echo 'Save(<data/1>) returned error, retrying after 1s: server away' >&2\n"
                    + "sleep 0.3\nstatus 1\nstatus 2\necho '"
                    + SUMMARY
                    + "'")
            .backup(REPOSITORY, command(), Watches.of(told::add));
    assertThat(told.stream().map(progress -> progress.trouble().orElse("")).toList())
        .containsExactly("", "restic tries again: server away", "");
  }

  @Test
  void an_answer_of_any_length_leaves_a_short_reason() throws Exception {
    BackupReport report =
        backup(
            "printf '{\"message_type\":\"exit_error\",\"code\":1,\"message\":\"Fatal: ' >&2\n"
                + "yes '<html>日本語' | tr -d '\\n' | head -c 12000 >&2\nprintf '\"}\\n' >&2\nexit 1");
    assertThat(report.fatalMessage()).isPresent();
    assertThat(report.fatalMessage().orElseThrow().getBytes(StandardCharsets.UTF_8).length)
        .isBetween(1000, 1500);
  }

  @Test
  void a_child_that_keeps_the_pipes_open_does_not_hold_us() throws Exception {
    BackupReport report =
        backup("sleep 600 &\necho $! > " + directory + "/child\necho '" + SUMMARY + "'");
    assertThat(report.meaning()).isEqualTo(ExitMeaning.COMPLETE);
    assertThat(report.summary()).isPresent();
    ProcessHandle.of(Long.parseLong(Files.readString(directory.resolve("child")).strip()))
        .ifPresent(ProcessHandle::destroyForcibly);
  }

  @Test
  void one_that_reads_its_standard_input_finds_nothing_there() throws Exception {
    assertThat(backup("cat\necho '" + SUMMARY + "'").standardOutput()).isEqualTo(SUMMARY + "\n");
  }

  @Test
  void secrets_reach_it_by_private_files_alone_and_are_taken_out_of_what_it_says()
      throws Exception {
    BackupReport report =
        backup(
            "env > "
                + directory
                + "/environment\ntr '\\0' '\\n' < /proc/$$/cmdline > "
                + directory
                + "/arguments\nstat -c '%a %n' \"$RESTIC_PASSWORD_FILE\" \"$RESTIC_REPOSITORY_FILE\"\n"
                + "cat \"$RESTIC_PASSWORD_FILE\" >&2\ncat \"$RESTIC_REPOSITORY_FILE\" > "
                + directory
                + "/url\nexit 1");
    assertThat(report.standardOutput()).contains("600 " + directory.resolve("private"));
    // From files of its own: what it says itself has been redacted.
    assertThat(Files.readString(directory.resolve("environment")))
        .contains("RESTIC_PASSWORD_FILE=")
        .doesNotContain("hunter22", "/repo\n", "HOLDFAST", "JAVA");
    assertThat(Files.readString(directory.resolve("arguments")))
        .contains("--json\n", "\n--\n" + directory + "\n")
        .doesNotContain("hunter22", "/repo\n");
    assertThat(report.standardError()).isEqualTo("***\n");
    assertThat(directory.resolve("url")).hasContent("sftp:nobody@localhost:/repo");
    assertThat(directory.resolve("private")).isEmptyDirectory();
  }

  @Test
  void exit_codes_that_nobody_has_documented_are_failures() throws Exception {
    for (int code : new int[] {2, 4, 9, 13, 99, 130, 143}) {
      assertThat(backup("echo '" + SUMMARY + "'\nexit " + code))
          .as("exit code " + code)
          .satisfies(report -> assertThat(report.meaning()).isEqualTo(ExitMeaning.FAILED))
          .satisfies(report -> assertThat(report.summary()).isEmpty());
    }
  }

  @Test
  void one_that_cannot_be_started_is_a_report_too() throws Exception {
    Restic restic = restic("exit 0");
    Files.delete(directory.resolve("restic"));
    BackupReport report = restic.backup(REPOSITORY, command(), Watches.of(_ -> {}));
    assertThat(report.meaning()).isEqualTo(ExitMeaning.NOT_STARTED);
    assertThat(report.exitCode()).isEmpty();
  }

  @Test
  void a_program_that_is_no_restic_or_too_old_is_not_used() throws Exception {
    Path other = ResticBinaries.script(directory.resolve("other"), "#!/bin/sh\necho hello\n");
    assertThatThrownBy(() -> ResticFinder.find(Optional.of(other), Optional.empty()))
        .isInstanceOf(ResticUnavailable.class)
        .hasMessageContaining("'restic version' did not answer with a version, but with: hello");
    for (Map.Entry<String, String> answer :
        Map.of(
                "echo", "with nothing",
                "printf '\\033[1mWelcome\\n\\nrestic 0.18.0\\n'", "with: \\u001b[1mWelcome",
                "echo 'restic v0.18.0'", "with: restic v0.18.0",
                "echo '{\"version\":1}'", "with: {\"version\":1}",
                "echo 'no such module' >&2; exit 1", "with: no such module",
                "yes ü | tr -d '\\n' | head -c 100000", "with: " + "ü".repeat(98) + "…")
            .entrySet()) {
      Path script =
          ResticBinaries.script(directory.resolve("other"), "#!/bin/sh\n" + answer.getKey() + "\n");
      assertThatThrownBy(() -> ResticFinder.find(Optional.of(script), Optional.empty()))
          .hasMessageContaining(answer.getValue());
    }
    Path old =
        ResticBinaries.script(
            directory.resolve("old"), "#!/bin/sh\necho 'restic 0.13.1 compiled'\n");
    assertThatThrownBy(() -> ResticFinder.find(Optional.of(old), Optional.empty()))
        .hasMessageContaining("is restic 0.13.1, and 0.14 is the oldest");
    assertThatThrownBy(() -> ResticFinder.find(Optional.empty(), Optional.of("/nowhere")))
        .hasMessageContaining("restic is not in the PATH of the agent");
  }

  @Test
  void the_secrets_of_a_process_that_died_are_removed() throws Exception {
    Path left = Files.writeString(directory.resolve("private/999999999-password-x"), "hunter22");
    Path ours =
        Files.writeString(
            directory.resolve("private/" + ProcessHandle.current().pid() + "-password-y"), "x");
    Path earlier =
        Files.writeString(
            directory.resolve("private/" + ProcessHandle.current().pid() + "-password-z"), "x");
    // As in a container, where every agent is process 1.
    Files.setLastModifiedTime(earlier, FileTime.fromMillis(0));
    restic("exit 0");
    assertThat(left).doesNotExist();
    assertThat(earlier).doesNotExist();
    assertThat(ours).exists();
  }

  @Test
  void one_that_is_stopped_is_ended_cleanly_when_it_has_shown_no_progress_for_too_long()
      throws Exception {
    BackupReport report =
        restic(
                "trap 'echo cleaned > "
                    + directory
                    + "/end; exit 130' INT\necho '{\"message_type\":\"status\",\"percent_done\":0.5}'\n"
                    + "kill -STOP $$\nsleep 0.1\nexit 0")
            .backup(
                REPOSITORY,
                command(),
                Watches.with(
                    // Enough for the script to have set its trap, on whatever machine.
                    Watches.limits(Optional.empty(), Duration.ofSeconds(5), Duration.ZERO)));
    assertThat(report.meaning()).isEqualTo(ExitMeaning.STALLED);
    assertThat(directory.resolve("end")).hasContent("cleaned");
  }

  @Test
  void the_same_status_over_and_over_is_no_progress() throws Exception {
    BackupReport report =
        restic(
                "trap 'exit 1' INT\nwhile :; do echo"
                    + " '{\"message_type\":\"status\",\"percent_done\":0.5,\"bytes_done\":7}'; sleep 0.1;"
                    + " done")
            .backup(
                REPOSITORY,
                command(),
                Watches.with(
                    Watches.limits(Optional.empty(), Duration.ofSeconds(1), Duration.ZERO)));
    assertThat(report.meaning()).isEqualTo(ExitMeaning.STALLED);
  }

  @Test
  void one_that_goes_on_is_ended_when_its_time_is_up() throws Exception {
    BackupReport report =
        restic(
                "trap 'exit 1' INT\ni=0\nwhile :; do i=$((i+1)); echo"
                    + " '{\"message_type\":\"status\",\"percent_done\":0.5,\"bytes_done\":'$i'}'; sleep"
                    + " 0.1; done")
            .backup(
                REPOSITORY,
                command(),
                Watches.with(
                    Watches.limits(
                        Optional.of(Duration.ofSeconds(1)), Duration.ofMinutes(1), Duration.ZERO)));
    assertThat(report.meaning()).isEqualTo(ExitMeaning.TIMED_OUT);
  }
}
