package io.holdfast.agent.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.run.AgendaStore.Memory;
import io.holdfast.agent.run.OpenRestores;
import io.holdfast.agent.run.OpenRuns;
import io.holdfast.agent.testing.Fuzz;
import io.holdfast.agent.testing.Records;
import io.holdfast.agent.testing.SettableClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent's own files after a crash, a full disk or a hand that slipped. */
class StateFilesFuzzTest {

  @TempDir private Path directory;

  private static Path onlyIn(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(Files::isRegularFile).toList().getFirst();
    }
  }

  @Test
  void the_files_of_open_runs() throws Exception {
    Path place = directory.resolve("open-runs");
    OpenRuns runs = new OpenRunFiles(place, new SettableClock(Records.NOON));
    runs.open(Records.started(1));
    Path file = onlyIn(place);
    byte[] good = Files.readAllBytes(file);
    Fuzz.bytes(
        "open run",
        List.of(good),
        List.of(),
        input -> {
          Files.write(file, input);
          assertThat(runs.all()).hasSizeLessThan(2);
        });
  }

  @Test
  void the_files_of_open_restores() throws Exception {
    Path place = directory.resolve("open-restores");
    OpenRestores restores = new OpenRestoreFiles(place);
    restores.open(Records.restoreStarted(1));
    Path file = onlyIn(place);
    Fuzz.bytes(
        "open restore",
        List.of(Files.readAllBytes(file)),
        List.of(),
        input -> {
          Files.write(file, input);
          assertThat(restores.all()).hasSizeLessThan(2);
        });
  }

  @Test
  void the_agents_id() throws Exception {
    byte[] good = new InstanceFile(directory).id().toString().getBytes(StandardCharsets.US_ASCII);
    Path file = onlyIn(directory);
    Fuzz.bytes(
        "instance",
        List.of(good),
        List.of(),
        input -> {
          Files.write(file, input);
          assertThat(new InstanceFile(directory).id()).isNotNull();
        });
  }

  @Test
  void since_when_the_login_is_refused() throws Exception {
    new RefusedSinceFile(directory).begin(Records.NOON);
    Path file = onlyIn(directory);
    Fuzz.bytes(
        "login-refused-since",
        List.of(Files.readAllBytes(file)),
        List.of(),
        input -> {
          Files.write(file, input);
          assertThat(new RefusedSinceFile(directory).since()).isNotNull();
        });
  }

  @Test
  void the_agenda() throws Exception {
    AgendaFile agenda = new AgendaFile(directory);
    agenda.save(new Memory(Map.of(), List.of()));
    Path file = onlyIn(directory);
    Fuzz.bytes(
        "agenda",
        List.of(Files.readAllBytes(file)),
        List.of(),
        input -> {
          Files.write(file, input);
          assertThat(agenda.load()).isNotNull();
        });
  }

  @Test
  void the_times_of_restore_tests() throws Exception {
    ProofTimesFile times = new ProofTimesFile(directory);
    Path file = directory.resolve("proofs.json");
    Fuzz.bytes(
        "proofs",
        List.of(
            "{\"11111111-2222-3333-4444-555555555555\":\"2026-11-01T10:00:00Z\"}"
                .getBytes(StandardCharsets.UTF_8)),
        List.of(),
        input -> {
          Files.write(file, input);
          assertThat(times.load()).isNotNull();
        });
  }
}
