package io.holdfast.agent.state;

import static io.holdfast.agent.testing.Records.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.ProcessIdentity;
import io.holdfast.agent.run.OpenRun;
import io.holdfast.agent.run.OpenRun.Stage;
import io.holdfast.agent.run.OpenRuns;
import io.holdfast.agent.run.RunRecord.RunStarted;
import io.holdfast.agent.testing.Records;
import io.holdfast.agent.testing.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenRunFilesTest {

  private static final RunStarted FIRST = Records.started(1);
  private static final ProcessIdentity RESTIC = new ProcessIdentity(4711, "boot/123");

  @TempDir private Path directory;
  private final SettableClock clock = new SettableClock(NOON);

  /** As the next life of the agent, or another process of it, sees them. */
  private OpenRuns runs() {
    return new OpenRunFiles(directory.resolve("open-runs"), clock);
  }

  private OpenRun only() {
    List<OpenRun> all = runs().all();
    assertThat(all).hasSize(1);
    return all.getFirst();
  }

  @Test
  void a_run_is_found_again_with_its_process_until_it_is_closed() {
    runs().open(FIRST);
    assertThat(only().start()).isEqualTo(FIRST);
    assertThat(only().restic()).isEmpty();
    assertThat(only().stage()).isEqualTo(Stage.RUNNING);
    runs().restic(FIRST.id(), RESTIC);
    assertThat(only().restic()).contains(RESTIC);
    runs().close(FIRST.id());
    assertThat(runs().all()).isEmpty();
    assertThat(directory.resolve("open-runs")).isEmptyDirectory();
  }

  @Test
  void a_dump_before_restic_is_a_process_of_its_own() throws IOException {
    runs().open(FIRST);
    runs().dump(FIRST.id(), RESTIC);
    assertThat(only().dump()).contains(RESTIC);
    assertThat(only().restic()).as("it can have left no lock").isEmpty();
    runs().restic(FIRST.id(), new ProcessIdentity(4712, "boot/124"));
    assertThat(only().dump()).contains(RESTIC);
  }

  @Test
  void a_run_that_an_older_agent_has_left_open_is_read() throws IOException {
    runs().open(FIRST);
    Path file = directory.resolve("open-runs").resolve(FIRST.id() + ".json");
    String written = Files.readString(file);
    assertThat(written).contains(",\"dump\":null");
    Files.writeString(file, written.replace(",\"dump\":null", ""));
    assertThat(only().dump()).isEmpty();
  }

  @Test
  void the_oldest_comes_first() {
    runs().open(Records.started(2));
    runs().open(FIRST);
    assertThat(runs().all()).extracting(OpenRun::start).containsExactly(FIRST, Records.started(2));
  }

  @Test
  void the_last_sign_of_life_is_known_to_the_half_minute() {
    runs().open(FIRST);
    clock.set(NOON.plusSeconds(300));
    runs().alive(FIRST.id(), false);
    assertThat(only().lastSign()).isEqualTo(NOON.plusSeconds(300));
    clock.set(NOON.plusSeconds(310));
    runs().alive(FIRST.id(), false);
    assertThat(only().lastSign()).as("not worth a write").isEqualTo(NOON.plusSeconds(300));
    assertThat(only().itemErrors()).isFalse();
    runs().alive(FIRST.id(), true);
    assertThat(only().itemErrors()).as("always worth a write").isTrue();
  }

  @Test
  void a_run_that_was_told_provisionally_keeps_what_was_told() {
    runs().open(FIRST);
    runs().restic(FIRST.id(), RESTIC);
    runs().provisional(Records.finished(FIRST));
    assertThat(only().stage()).isEqualTo(Stage.PROVISIONAL);
    assertThat(only().told()).contains(Records.finished(FIRST));
    runs().aftermath(FIRST.id());
    assertThat(only().stage()).isEqualTo(Stage.AFTERMATH);
    assertThat(only().told()).isEmpty();
    assertThat(only().restic()).contains(RESTIC);
  }

  @Test
  void whoever_carries_it_out_hears_that_it_is_to_end() {
    runs().open(FIRST);
    assertThat(runs().askedToEnd(FIRST.id())).isEmpty();
    runs().askToEnd(FIRST.id(), "on this machine");
    assertThat(runs().askedToEnd(FIRST.id())).contains("on this machine");
    assertThat(runs().askedToEnd(Records.started(2).id())).isEmpty();
    runs().close(FIRST.id());
    assertThat(runs().askedToEnd(FIRST.id())).isEmpty();
  }

  @Test
  void a_damaged_file_is_set_aside_and_hides_no_other() throws IOException {
    runs().open(FIRST);
    Path broken = directory.resolve("open-runs/00000000-broken.json");
    Files.writeString(broken, "{\"start\":");
    assertThat(only().start()).isEqualTo(FIRST);
    assertThat(broken).doesNotExist();
    assertThat(broken.resolveSibling("00000000-broken.json.damaged")).exists();
  }
}
