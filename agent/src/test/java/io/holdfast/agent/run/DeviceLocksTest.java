package io.holdfast.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.run.DeviceLocks.Held;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceLocksTest {

  private static final UUID JOB = UUID.fromString("11111111-2222-3333-4444-555555555555");

  @TempDir private Path directory;

  @Test
  void a_job_is_held_by_one_at_a_time() {
    DeviceLocks locks = new DeviceLocks(directory);
    try (Held _ = locks.tryJob(JOB).orElseThrow()) {
      assertThat(new DeviceLocks(directory).tryJob(JOB)).isEmpty();
      locks.tryJob(new UUID(0, 1)).orElseThrow().close();
    }
    locks.tryJob(JOB).orElseThrow().close();
  }

  /** On POSIX systems whoever closes a file drops all locks that his process has on it. */
  @Test
  void a_look_at_a_lock_of_this_process_does_not_drop_it() throws IOException {
    DeviceLocks locks = new DeviceLocks(directory);
    try (Held _ = locks.tryJob(JOB).orElseThrow()) {
      assertThat(locksOfThisProcess()).hasSize(1);
      assertThat(locks.tryJob(JOB)).isEmpty();
      assertThat(new DeviceLocks(directory).tryJob(JOB)).isEmpty();
      assertThat(locksOfThisProcess()).hasSize(1);
    }
    assertThat(locksOfThisProcess()).isEmpty();
  }

  /** What the kernel knows: the lines that name our process and a file in our directory. */
  private List<String> locksOfThisProcess() throws IOException {
    Object lockFile = Files.getAttribute(directory.resolve("job-" + JOB + ".lock"), "unix:ino");
    try (Stream<String> lines = Files.lines(Path.of("/proc/locks"))) {
      return lines
          .filter(line -> line.contains(" POSIX ") && line.contains(":" + lockFile + " "))
          .filter(line -> line.contains(" " + ProcessHandle.current().pid() + " "))
          .toList();
    }
  }

  @Test
  void no_more_run_at_once_than_there_are_slots() {
    DeviceLocks locks = new DeviceLocks(directory);
    Held first = locks.trySlot(2).orElseThrow();
    try (Held _ = locks.trySlot(2).orElseThrow()) {
      assertThat(locks.trySlot(2)).isEmpty();
      first.close();
      locks.trySlot(2).orElseThrow().close();
    }
  }

  @Test
  void the_daemon_is_seen_while_it_holds_its_lock() {
    DeviceLocks locks = new DeviceLocks(directory);
    assertThat(locks.daemonRuns()).isFalse();
    try (Held _ = locks.tryDaemon(4711).orElseThrow()) {
      assertThat(locks.daemonRuns()).isTrue();
      assertThat(locks.daemonsPid()).contains(4711L);
    }
    assertThat(locks.daemonRuns()).isFalse();
  }
}
