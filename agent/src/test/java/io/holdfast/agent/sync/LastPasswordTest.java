package io.holdfast.agent.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.sync.ConfigRows.DeviceRow;
import io.holdfast.agent.sync.ConfigRows.Server;
import io.holdfast.agent.sync.ConfigRows.SettingRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastPasswordTest {

  private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");

  @TempDir private Path directory;

  private LastPassword kept() {
    return new LastPassword(directory, "web-01", "db.example/holdfast");
  }

  private static ConfigRows rows(SettingRow... settings) {
    return new ConfigRows(
        new DeviceRow("web-01", "Web 1", true, false),
        List.of(),
        List.of(),
        List.of(settings),
        new Server(NOON, "server", false));
  }

  private static SettingRow url(String value) {
    return new SettingRow(false, "repository_url", value);
  }

  private static SettingRow password(String value) {
    return new SettingRow(false, "repository_password", value);
  }

  private static List<String> passwords(LastPassword.Completed completed) {
    return completed.rows().settings().stream()
        .filter(row -> row.key().equals("repository_password"))
        .map(SettingRow::value)
        .toList();
  }

  @Test
  void the_password_that_opened_the_repository_comes_back_when_its_row_is_gone_or_empty() {
    kept().opened(rows(url("/repo"), password("plugh")), NOON);
    for (ConfigRows without :
        List.of(
            rows(url("/repo")),
            rows(url("/repo"), password("")),
            rows(url("/repo"), password(" ")),
            rows())) {
      LastPassword.Completed completed = kept().complete(without, NOON.plusSeconds(60));
      assertThat(passwords(completed)).containsExactly("plugh");
      assertThat(completed.problem().orElseThrow())
          .satisfies(problem -> {
            assertThat(problem.code()).isEqualTo("repository-password-kept");
            assertThat(problem.message()).contains("until 2026-04-09").doesNotContain("plugh");
            assertThat(problem.remedy())
                .contains("ON CONFLICT", "last-password.json")
                .doesNotContain("plugh");
          });
    }
  }

  @Test
  void nothing_is_added_to_rows_that_have_a_password() {
    kept().opened(rows(url("/repo"), password("plugh")), NOON);
    ConfigRows rows = rows(url("/repo"), password("xyzzy"));
    assertThat(kept().complete(rows, NOON).rows()).isEqualTo(rows);
    assertThat(kept().complete(rows, NOON).problem()).isEmpty();
    assertThat(kept().complete(rows(url("/repo")), NOON).problem()).isPresent();
  }

  @Test
  void it_is_good_for_thirty_days_after_the_repository_was_last_opened() {
    kept().opened(rows(url("/repo"), password("plugh")), NOON);
    Instant later = NOON.plus(Duration.ofDays(2));
    kept().opened(rows(url("/repo"), password("plugh")), later);
    Instant end = later.plus(LastPassword.GOOD_FOR);
    assertThat(kept().complete(rows(url("/repo")), end.minusSeconds(1)).problem()).isPresent();
    assertThat(kept().complete(rows(url("/repo")), end).problem()).isEmpty();
    assertThat(passwords(kept().complete(rows(url("/repo")), end))).isEmpty();
  }

  @Test
  void it_opens_no_other_repository_and_a_device_that_has_moved_keeps_it_no_more() {
    kept().opened(rows(url("/repo"), password("plugh")), NOON);
    assertThat(kept().complete(rows(url("/other")), NOON).problem()).isEmpty();
    assertThat(kept().complete(rows(url("/repo")), NOON).problem()).isPresent();
    kept().complete(rows(url("/other"), password("xyzzy")), NOON);
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void that_of_another_device_or_control_plane_is_not_used() {
    kept().opened(rows(url("/repo"), password("plugh")), NOON);
    for (LastPassword other :
        List.of(
            new LastPassword(directory, "web-02", "db.example/holdfast"),
            new LastPassword(directory, "web-01", "elsewhere/holdfast"))) {
      assertThat(other.complete(rows(url("/repo")), NOON).problem()).isEmpty();
    }
  }

  @Test
  void only_its_owner_reads_the_file_and_a_damaged_one_counts_as_none() throws IOException {
    kept().opened(rows(url("/repo"), password("plugh")), NOON);
    try (Stream<Path> files = Files.list(directory)) {
      Path file = files.findFirst().orElseThrow();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      for (String damaged : List.of("", "null", "[]", "{\"deviceId\": 5", "{}")) {
        Files.writeString(file, damaged);
        assertThat(kept().complete(rows(url("/repo")), NOON).problem()).as(damaged).isEmpty();
      }
    }
    kept().opened(rows(url("/repo"), password("plugh")), NOON);
    assertThat(kept().complete(rows(url("/repo")), NOON).problem()).isPresent();
  }

  @Test
  void rows_without_a_password_are_not_kept() {
    kept().opened(rows(url("/repo")), NOON);
    kept().opened(rows(password("plugh")), NOON);
    assertThat(directory).isEmptyDirectory();
  }
}
