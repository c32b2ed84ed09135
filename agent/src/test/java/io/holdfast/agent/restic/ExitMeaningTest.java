package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Before restic 0.17 the exit code is 1 for all, and the words must tell. */
class ExitMeaningTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Fatal: unable to open config file: stat /repo/config: no such file or directory",
        "Fatal: unable to open config file: <config/> does not exist",
        "Fatal: unable to open config file: Lstat: file does not exist",
        "Fatal: unable to open config file: Stat: The specified key does not exist.",
        "Fatal: unable to open config file: CreateFile C:\\repo\\config: The system cannot find the path specified."
      })
  void a_storage_that_answers_and_has_no_repository(String line) {
    assertThat(
            ExitMeaning.of(
                1, line + "\nIs there a repository at the following location?\n/somewhere\n"))
        .isEqualTo(ExitMeaning.NO_REPOSITORY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Fatal: unable to open config file: stat /mnt/404/config: permission denied",
        "Fatal: unable to open config file: unexpected HTTP response (403): 403 Forbidden",
        "Fatal: unable to open config file: unexpected HTTP response (500): 500 Internal Server Error",
        "Fatal: unable to open config file: client.Head: Head \"http://user:***@127.0.0.1:1/config\": dial tcp 127.0.0.1:1: connect: connection refused",
        "Fatal: unable to open config file: stat /no such file or directory/config: input/output error",
        "Fatal: unable to open config file: Stat: The specified bucket does not exist",
        "Fatal: unable to open repository at sftp:u@h:/r: unable to start the sftp session, error: EOF",
        "unable to open cache: stat /cache: no such file or directory\nFatal: unable to open config file: stat /r/config: permission denied"
      })
  void one_that_cannot_be_asked_is_no_missing_repository_whatever_numbers_and_words_it_says(
      String text) {
    assertThat(
            ExitMeaning.of(
                1,
                text
                    + "\nIs there a repository at the following location?\nrest:http://host:18404/404\n"))
        .isEqualTo(ExitMeaning.FAILED);
  }

  @ParameterizedTest
  @CsvSource({
    "0, COMPLETE",
    "3, INCOMPLETE",
    "10, NO_REPOSITORY",
    "11, LOCKED",
    "12, WRONG_PASSWORD",
    "1, FAILED",
    "2, FAILED",
    "130, FAILED",
    "137, FAILED",
    "-1, FAILED"
  })
  void a_code_that_says_it_needs_no_words(int code, ExitMeaning meaning) {
    assertThat(ExitMeaning.of(code, "")).isEqualTo(meaning);
  }

  @Test
  void the_words_of_old_restics() {
    assertThat(ExitMeaning.of(1, "Fatal: wrong password or no key found\n"))
        .isEqualTo(ExitMeaning.WRONG_PASSWORD);
    assertThat(
            ExitMeaning.of(
                1,
                "unable to create lock in backend: repository is already locked exclusively by PID 1\n"))
        .isEqualTo(ExitMeaning.LOCKED);
  }
}
