package io.holdfast.agent.state;

import static io.holdfast.agent.testing.Records.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.run.AgendaStore.Memory;
import io.holdfast.agent.run.AgendaStore.WatchedSchedule;
import io.holdfast.agent.run.Owed;
import io.holdfast.agent.run.RunId;
import io.holdfast.agent.run.TriggeredBy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgendaFileTest {

  private static final Memory MEMORY =
      new Memory(
          Map.of(
              7, new WatchedSchedule("cron 0 2 * * * UTC", NOON, Optional.of(NOON.plusNanos(1))),
              8, new WatchedSchedule("every PT1H", NOON, Optional.empty())),
          List.of(
              new Owed(
                  new UUID(1, 2),
                  TriggeredBy.RETRY,
                  Optional.of(NOON),
                  List.of(7, 8),
                  NOON.plusSeconds(90),
                  Duration.ofSeconds(90),
                  2,
                  Optional.of(RunId.at(NOON, new Random(1))),
                  List.of(new UUID(3, 4)),
                  5)));

  @TempDir private Path directory;

  @Test
  void what_was_saved_is_loaded_to_the_last_detail() {
    assertThat(new AgendaFile(directory).load()).isEmpty();
    new AgendaFile(directory).save(MEMORY);
    assertThat(new AgendaFile(directory).load()).contains(MEMORY);
  }

  @Test
  void a_file_that_makes_no_sense_counts_as_none() throws IOException {
    new AgendaFile(directory).save(MEMORY);
    Path file = directory.resolve("agenda.json");
    String good = Files.readString(file);
    for (String bad : List.of("", "{", "[]", "null", good.substring(0, good.length() / 2))) {
      Files.writeString(file, bad);
      assertThat(new AgendaFile(directory).load()).as("\"%s\"", bad).isEmpty();
    }
    new AgendaFile(directory).save(MEMORY);
    assertThat(new AgendaFile(directory).load()).contains(MEMORY);
  }
}
