package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OrphanTest {

  private static final String TAG = "run=01a1fd37-9cee-7228-8aae-d3c54313ee52";
  private static final Duration SHORT = Duration.ofSeconds(2);

  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void end() {
    started.forEach(Process::destroyForcibly);
  }

  private Process process(String... command) throws IOException {
    Process process = new ProcessBuilder(command).start();
    started.add(process);
    return process;
  }

  private static ProcessIdentity identity(Process process) {
    return ProcessIdentity.of(process.toHandle()).orElseThrow();
  }

  @Test
  void the_process_that_was_written_down_is_ended() throws Exception {
    Process orphan = process("sleep", "600");
    assertThat(Orphan.end(Optional.of(identity(orphan)), TAG)).isTrue();
    assertThat(orphan.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(orphan.exitValue()).as("asked by SIGINT").isEqualTo(128 + 2);
  }

  @Test
  void one_that_does_not_listen_is_killed_with_its_children() throws Exception {
    Process deaf = process("sh", "-c", "trap '' INT TERM; sleep 600 & echo ready; wait; wait");
    assertThat((char) deaf.getInputStream().read()).isEqualTo('r');
    List<ProcessHandle> children = deaf.descendants().toList();
    assertThat(children).hasSize(1);
    assertThat(Orphan.end(Optional.of(identity(deaf)), TAG, SHORT)).isTrue();
    assertThat(deaf.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(deaf.exitValue()).isEqualTo(128 + 9);
    children.getFirst().onExit().get(1, TimeUnit.MINUTES);
  }

  @Test
  void a_process_that_has_the_number_by_chance_is_left_alone() throws Exception {
    Process innocent = process("sleep", "600");
    String boot = identity(innocent).started().replaceFirst("/.*", "");
    for (String other : List.of(boot + "/1", "another-boot/" + identity(innocent).started())) {
      ProcessIdentity stale = new ProcessIdentity(innocent.pid(), other);
      assertThat(Orphan.end(Optional.of(stale), TAG)).isTrue();
      assertThat(innocent.isAlive()).isTrue();
    }
  }

  @Test
  void one_that_was_not_written_down_in_time_is_found_by_the_tag_of_its_run() throws Exception {
    // They wait for input that never comes, and have no child that could stay behind.
    Process orphan = process("sh", "-c", "read line", "sh", "backup", "--tag=" + TAG);
    Process other = process("sh", "-c", "read line", "sh", "backup", "--tag=" + TAG + "x");
    assertThat(Orphan.end(Optional.empty(), TAG, SHORT)).isTrue();
    assertThat(orphan.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(other.isAlive()).isTrue();
  }

  @Test
  void one_that_has_ended_and_whose_parent_has_not_asked_counts_as_ended() throws Exception {
    // The shell becomes a program that never waits for its child.
    Process parent = process("sh", "-c", "sleep 0 & echo $!; exec sleep 600");
    byte[] line = new byte[20];
    int length = parent.getInputStream().read(line);
    long pid = Long.parseLong(new String(line, 0, length, StandardCharsets.US_ASCII).strip());
    org.awaitility.Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> ProcessHandle.of(pid).flatMap(ProcessIdentity::of).isEmpty());
  }
}
