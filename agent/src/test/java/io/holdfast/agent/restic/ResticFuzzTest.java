package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.secret.Redaction;
import io.holdfast.agent.testing.Fuzz;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whatever restic writes, or somebody in its place, is read or refused. */
class ResticFuzzTest {

  private static final String SNAPSHOTS =
      """
      [{"time":"2026-11-01T10:00:00.123456789+01:00","tree":"8a","paths":["/srv","C:\\\\x"],"hostname":"h",\
      "username":"root","tags":["backup:3f","n=1"],"program_version":"restic 0.18.0","summary":{\
      "backup_start":"2026-11-01T10:00:00Z","backup_end":"2026-11-01T10:00:01Z","files_new":3,"total_bytes_processed":12},\
      "id":"4bba301e00000000000000000000000000000000000000000000000000000000","short_id":"4bba301e"}]
      """;

  private static List<byte[]> samples() throws IOException, URISyntaxException {
    Path directory =
        Path.of(Objects.requireNonNull(ResticFuzzTest.class.getResource("/restic")).toURI());
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().matches(".*\\.(jsonl|txt)"))
          .sorted()
          .map(ResticFuzzTest::content)
          .toList();
    }
  }

  private static byte[] content(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static ResticProcess.Ended ended() {
    return new ResticProcess.Ended(1, Optional.empty(), false, false, Duration.ofSeconds(1));
  }

  @Test
  void output_of_a_backup() throws Exception {
    Fuzz.bytes(
        "restic backup",
        samples(),
        List.of(),
        input -> {
          BackupOutput output = new BackupOutput(Redaction.none(), _ -> {}, new Activity());
          new LineReader(new ByteArrayInputStream(input), output::output).readToEnd();
          new LineReader(new ByteArrayInputStream(input), output::error).readToEnd();
          assertThat(output.report(ended())).isNotNull();
        });
  }

  @Test
  void output_of_a_restore() throws Exception {
    Fuzz.bytes(
        "restic restore",
        Stream.concat(
                samples().stream(),
                Stream.of(
                    """
                    {"message_type":"status","percent_done":0.66,"total_files":14,"files_restored":4,"total_bytes":3145739,"bytes_restored":2097163}
                    {"message_type":"verbose_status","action":"restored","item":"/a\\nb","size":2}
                    {"message_type":"error","error":{"message":"no space"},"during":"restore","item":"/src"}
                    {"message_type":"summary","total_files":10,"files_restored":10,"files_skipped":4,"total_bytes":3,"bytes_restored":3,"bytes_skipped":3145736}
                    """
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8)))
            .toList(),
        List.of(),
        input -> {
          RestoreOutput output =
              new RestoreOutput(
                  Redaction.none(),
                  new RestoreWatch(_ -> {}, (_, _) -> {}, _ -> {}, new Cancellation()));
          new LineReader(new ByteArrayInputStream(input), output::output).readToEnd();
          new LineReader(new ByteArrayInputStream(input), output::error).readToEnd();
          assertThat(output.report(ended())).isNotNull();
        });
  }

  @Test
  void lists_of_snapshots() throws Exception {
    Fuzz.bytes(
        "restic snapshots",
        List.of(SNAPSHOTS.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
        List.of(IOException.class),
        input -> SnapshotList.read(new ByteArrayInputStream(input)));
  }

  @Test
  void what_is_found() throws Exception {
    Fuzz.bytes(
        "restic find",
        List.of(
            """
            [{"matches":[{"path":"/a","type":"file","size":1,"mtime":"2026-11-01T10:00:00Z"},{"path":"/b","x":{"y":[1]}}],"hits":2,"snapshot":"s1"},{"matches":null,"hits":0,"snapshot":"s2"}]
            """
                .getBytes(java.nio.charset.StandardCharsets.UTF_8)),
        List.of(IOException.class),
        input -> FoundList.read(new ByteArrayInputStream(input), (_, _) -> {}));
  }

  @Test
  void answers_about_one_thing() throws Exception {
    Fuzz.texts(
        "restic cat",
        List.of(
            SNAPSHOTS,
            "{\"version\":2,\"id\":\"f6e8\",\"chunker_polynomial\":\"2e\"}",
            "{\"time\":\"2026-11-01T10:00:00Z\",\"exclusive\":true,\"hostname\":\"h\",\"username\":\"root\",\"pid\":4711,\"uid\":0}"),
        List.of(),
        input -> {
          assertThat(RepositoryJson.snapshot(input)).isNotNull();
          assertThat(RepositoryJson.id(input)).isNotNull();
          assertThat(RepositoryJson.lock("ab", input)).isNotNull();
        });
  }

  @Test
  void additional_arguments() throws Exception {
    ObjectMapper json = new ObjectMapper();
    ResticVersion version = new ResticVersion(0, 18, 0);
    Fuzz.texts(
        "restic_args",
        List.of(
            "--limit-upload\n5\n--exclude-larger-than=2G\n--iexclude\n*.TMP",
            "--stuck-request-timeout\n5m\n--one-file-system\n--pack-size=16",
            "--exclude-if-present=.nobackup\n--compression=max\n--no-scan"),
        List.of(),
        input -> {
          ArgumentCheck check = BackupArguments.check(input.lines().toList(), version);
          if (check instanceof ArgumentCheck.Accepted(List<String> accepted)) {
            assertThat(accepted)
                .as(
                    "none that could be taken for something else: %s",
                    json.writeValueAsString(accepted))
                .allMatch(argument -> argument.matches("(?s)-x|--[a-z0-9-]+(=.*)?"))
                .noneMatch(argument -> argument.indexOf('\0') >= 0);
          }
        });
  }
}
